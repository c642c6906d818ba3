"""The API's OpenAPI 3.1 document, generated from the route table and the types of the views."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from functions.inputs import Input
from functions.requests import Call, resolved
from functions.routes import ROUTES, Route
from shared.errors import ErrorCode
from shared.views import ErrorView
from shared.views.schema import Schema, reference

DESCRIPTION = (
    "Start, follow and control rollouts of Azure Machine Learning model versions. Every response is JSON, every field "
    "is always present, times are ISO 8601 in UTC, weights are percent. Clients must accept fields, reason codes and "
    "error codes that they do not know."
)
JSON = "application/json"


def openapi(call: Call) -> Schema:
    """Return the document."""
    del call
    return document()


@cache
def document() -> Schema:
    """Return the OpenAPI document of all routes."""
    components: dict[str, Schema] = {}
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Teal", "version": "1", "description": DESCRIPTION},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
            "schemas": dict(sorted(components.items())),
        },
    }


def _operation(route: Route, components: dict[str, Schema]) -> Schema:
    operation: Schema = {"operationId": route.name, "summary": route.summary}
    if route.details:
        operation["description"] = route.details
    parameters = [_parameter(each, "path") for each in route.parts] + [
        _parameter(each, "query") for each in route.query
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": _body(route)}}}
    return {**operation, "responses": _responses(route, components)}


def _parameter(wanted: Input[Any], place: str) -> Schema:
    return {
        "name": wanted.name,
        "in": place,
        "required": wanted.required,
        "description": wanted.meaning,
        "schema": dict(wanted.schema),
    } | ({} if wanted.example is None else {"example": wanted.example})


def _body(route: Route) -> Schema:
    choice = {"anyOf": [{"required": [each.name]} for each in route.one_of]} if route.one_of else {}
    return {
        "type": "object",
        "properties": {each.name: _property(each) for each in route.body},
        "required": [each.name for each in route.body if each.required],
        "additionalProperties": False,
    } | choice


def _property(wanted: Input[Any]) -> Schema:
    examples = {} if wanted.example is None else {"examples": [wanted.example]}
    return {**wanted.schema, "description": wanted.meaning, **examples}


def _responses(route: Route, components: dict[str, Schema]) -> Schema:
    success = reference(resolved(route.view), components) if route.view else {"type": "object"}
    responses = {str(route.status): _response(HTTPStatus(route.status).phrase, success)}
    error = reference(ErrorView, components)
    by_status: dict[int, list[ErrorCode]] = {}
    for code in route.codes:
        by_status.setdefault(code.status, []).append(code)
    for status, codes in sorted(by_status.items()):
        words = " ".join(f"`{code}`: {code.meaning}" for code in codes)
        responses[str(status)] = _response(words, error)
    # The host itself responds without a body if the key is missing or wrong.
    signed_in = responses.pop("401", {"description": ""})["description"]
    responses["401"] = {"description": f"The function key is missing or wrong; no body. {signed_in}".strip()}
    return dict(sorted(responses.items()))


def _response(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {JSON: {"schema": schema}}}
