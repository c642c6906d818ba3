"""Log Analytics' error documents: what the SDKs parse, with the codes of its query engine. Pure.

Azure's documents are known from many public bug reports: a `BadArgumentError` around a `SyntaxError` or a
`SemanticError`, around the engine's own code (SYN0002, SEM0100) and message.
"""

from __future__ import annotations

import json
import re
import uuid

from aiohttp import web
from duckdb_kql import KqlSyntaxError

from emulator.resources import Json

INVALID = "The request had some invalid properties"
_TAKES_A_TABLE = re.compile(r"(union|join|lookup)\b[^|;()]*$")
_TOKEN = re.compile(r"(?:input|at:) '([^']*)'")
_COMMENT = re.compile(r"//[^\n]*")


def error_document(code: str, message: str) -> Json:
    """Return the innermost part that every error has."""
    return {"message": message, "code": code, "correlationId": str(uuid.uuid4())}


def error(kind: type[web.HTTPException], code: str, message: str, **more: Json) -> web.HTTPException:
    """Return a response with Azure's error body."""
    body = json.dumps({"error": error_document(code, message) | more})
    return kind(text=body, content_type="application/json")


def bad_argument(code: str, detail: str) -> web.HTTPException:
    """Return Azure's 400 with the cause as its inner error."""
    return error(web.HTTPBadRequest, "BadArgumentError", INVALID, innererror={"code": code, "message": detail})


def syntax_error(fault: KqlSyntaxError) -> web.HTTPException:
    """Return Azure's 400 for a query that cannot be parsed, with the place where this parser gave up."""
    found = next(((each.span, each.message) for each in fault.diagnostics if each.span), None)
    inner: Json = {"code": "SYN0002", "message": f"Query could not be parsed: {fault}"}
    token = _TOKEN.search(found[1]) if found else None
    if found and token:
        place = {"line": found[0].line, "pos": found[0].column}
        message = f"Query could not be parsed at '{token[1]}' on line [{place['line']},{place['pos']}]"
        inner |= {"message": message, **place, "token": token[1]}
    return _nested("SyntaxError", "A recognition error occurred in the query.", inner)


def unknown_column(name: str) -> web.HTTPException:
    """Return Azure's 400 for a column that no table of the query has."""
    return _semantic(f"Failed to resolve scalar expression named '{name}'")


def unknown_table(query: str, name: str) -> web.HTTPException:
    """Return Azure's 400 for a table that has had no row so far: it names the operator that needs the table."""
    operator, combines = _operator(_COMMENT.sub("", query), name)
    what = "table expression" if combines else "table or column expression"
    where = f"'{operator}' operator: " if operator else ""
    return _semantic(f"{where}Failed to resolve {what} named '{name}'")


def _operator(query: str, table: str) -> tuple[str, bool]:
    """Return the operator that reads the table (empty if none does), and whether it is one that combines tables."""
    found = re.search(rf"\b{table}\b\s*(?:\|\s*([a-z-]+))?", query)
    combining = _TAKES_A_TABLE.search(query[: found.start()]) if found else None
    if combining:
        return combining[1], True
    return (found[1] or "" if found else ""), False


def _semantic(message: str) -> web.HTTPException:
    return _nested("SemanticError", "A semantic error occurred.", {"code": "SEM0100", "message": message})


def _nested(code: str, message: str, inner: Json) -> web.HTTPException:
    return error(
        web.HTTPBadRequest,
        "BadArgumentError",
        INVALID,
        innererror={"code": code, "message": message, "innererror": inner},
    )
