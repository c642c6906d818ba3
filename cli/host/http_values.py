"""Converts HTTP requests and responses to and from the form that functions use. No routing, no keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web
from azure.functions.meta import Datum
from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import MultiMapping


def request_datum(request: web.Request, parameters: Mapping[str, str], body: bytes) -> Datum:
    """Return the request as the worker receives it: lower-case header names, no empty parameters, body as bytes."""
    return Datum(
        {
            "method": _text(request.method),
            "url": _text(str(request.url)),
            "headers": {name.lower(): text for name, text in _texts(request.headers).items()},
            "query": {name: text for name, text in _texts(request.query).items() if text.value},
            "params": {name: _text(value) for name, value in parameters.items()},
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def _text(value: str) -> Datum:
    return Datum(value, "string")


def _texts(values: MultiMapping[str]) -> dict[str, Datum]:
    return {name: _text(",".join(values.getall(name))) for name in values}


def response(datum: Datum | None) -> web.Response:
    """Return the HTTP response for a function's result: 204 if it set nothing."""
    if datum is None or datum.value is None:
        return web.Response(status=204)
    if datum.type == "http":
        return _from_http(datum.value)
    if datum.type == "bytes":
        return web.Response(body=datum.value)
    shaped = _response_object(datum.value)
    return web.Response(text=datum.value) if shaped is None else _from_object(shaped)


def _from_http(value: dict[str, Any]) -> web.Response:
    headers = CIMultiDict({name: header.value for name, header in value["headers"].items()})
    for cookie in value.get("cookies") or []:
        for morsel in cookie.values():
            headers.add("Set-Cookie", morsel.OutputString())
    return web.Response(status=int(value["status_code"].value), headers=headers, body=value["body"].value)


def _response_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "body" in value else None


def _from_object(value: dict[str, Any]) -> web.Response:
    """Build the response described by a JSON object with a `body`, as the real host does for such text."""
    status = int(value.get("statusCode") or value.get("status") or 200)
    headers = CIMultiDict({name: str(header) for name, header in (value.get("headers") or {}).items()})
    body = value["body"]
    if isinstance(body, str):
        headers.setdefault("Content-Type", "text/plain; charset=utf-8")
        return web.Response(status=status, headers=headers, body=body.encode())
    headers.setdefault("Content-Type", "application/json; charset=utf-8")
    return web.Response(status=status, headers=headers, body=json.dumps(body).encode())
