"""The tables of docs/api.md, from the route table, the error codes and the views."""

from __future__ import annotations

from typing import Any

from functions.openapi import document
from functions.routes import ROUTES
from shared.errors import ErrorCode
from shared.views.schema import REFERENCE

Schema = dict[str, Any]
FIRST = ("Rollout", "RolloutDetail", "Page", "Endpoint", "Halt", "Error")


def operations_table() -> str:
    """Return the operations as a Markdown table."""
    rows = ["| operation | does | answers | role | query | body |", "|---|---|---|---|---|---|"]
    for route in ROUTES:
        answer = route.view.partition(":")[2].removesuffix("View")
        query, body = (", ".join(f"`{each.name}`" for each in inputs) for inputs in (route.query, route.body))
        shown = f"{route.status} [{answer}](#{answer.lower()})" if answer else f"{route.status}"
        role = f"`{route.role}`" if route.role else ""
        rows.append(f"| `{route.method} /api/{route.path}` | {route.summary} | {shown} | {role} | {query} | {body} |")
    return "\n".join(rows) + "\n"


def details_list() -> str:
    """Return the details of operations that have any, as a Markdown list."""
    return "".join(f"- **{route.summary}.** {route.details}\n" for route in ROUTES if route.details)


def inputs_table() -> str:
    """Return every parameter and request field, each once, as a Markdown table."""
    rows: dict[str, None] = {}
    for place in ("path", "query", "body"):
        for route in ROUTES:
            for each in {"path": route.parts, "query": route.query, "body": route.body}[place]:
                words = f"| `{each.name}` | {place} | {each.meaning} | {each.wanted} |"
                rows[words] = None
    return "\n".join(["| name | in | meaning | valid values |", "|---|---|---|---|", *rows]) + "\n"


def errors_table() -> str:
    """Return the error codes as a Markdown table."""
    rows = [f"| {code.status} | `{code}` | {code.meaning} |" for code in ErrorCode]
    return "\n".join(["| status | code | meaning |", "|---|---|---|", *rows]) + "\n"


def fields_tables() -> str:
    """Return the fields of every response type in Markdown."""
    schemas: dict[str, Schema] = document()["components"]["schemas"]
    names = [*FIRST, *(name for name in schemas if name not in FIRST)]
    inherited = schemas["Rollout"]["properties"].keys()
    parts = []
    for name in names:
        own = {field: found for field, found in schemas[name]["properties"].items() if _own(name, field, inherited)}
        head = "All fields of [Rollout](#rollout), and these.\n\n" if name == "RolloutDetail" else ""
        rows = [f"| `{field}` | {_kind(found)} | {found['description']} |" for field, found in own.items()]
        table = "\n".join(["| field | type | meaning |", "|---|---|---|", *rows])
        parts.append(f"### {name}\n\n{schemas[name]['description']} {head}\n\n{table}\n".replace(" \n", "\n"))
    return "\n" + "\n".join(parts) + "\n"


def _own(name: str, field: str, inherited: Any) -> bool:  # noqa: ANN401 -- a view of keys
    return name != "RolloutDetail" or field not in inherited


def _kind(schema: Schema) -> str:
    """Return the type of a field as text."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(REFERENCE)
        return f"[{name}](#{name.lower()})"
    if "oneOf" in schema:
        return " or ".join(_kind(each) for each in schema["oneOf"])
    kinds = schema.get("type", "any")
    words = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_named(kind, schema) for kind in words)


def _named(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "object" and schema.get("additionalProperties"):
        return f"object of {_kind(schema['additionalProperties'])}"
    return "time" if schema.get("format") == "date-time" and kind == "string" else kind
