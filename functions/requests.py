"""Reads a request's inputs as its route declares them, and builds the response. Unchecked input goes no further."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from functions.inputs import Input
from functions.routes import ROUTES, Route
from shared.errors import ErrorCode, TealError

T = TypeVar("T")
LARGEST_BODY = 1_000_000
KEY_PARAMETERS = {"code", "clientId"}  # the host's own: the function key and its name


class Refused(TealError):  # noqa: N818 -- reads as what it means to the caller
    """A request that is rejected. headers: of the response."""

    def __init__(
        self, code: ErrorCode, message: str, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.field, self.headers = code, field, headers or {}


@dataclass(frozen=True)
class Call:
    """One request to one operation."""

    route: Route
    request: func.HttpRequest

    def check(self) -> None:
        """Raise Refused for a body that is too large, and for unknown parameters and fields."""
        size = len(self.request.get_body() or b"")
        if size > LARGEST_BODY:
            raise Refused(ErrorCode.BODY_TOO_LARGE, f"the body has {size:,} bytes; at most {LARGEST_BODY:,} are read")
        self._check_query()
        if self.route.body:
            fields = [each.name for each in self.route.body]
            for name in self._fields:
                if name not in fields:
                    raise _unknown(ErrorCode.UNKNOWN_FIELD, "field", name, fields)
            self._check_choice()

    def part(self, wanted: Input[T]) -> T:
        """Return a part of the path; raises Refused (404) if it is not a possible name."""
        given = self.request.route_params.get(wanted.name, "")
        try:
            return wanted.read(given)
        except ValueError as error:
            raise not_found(f"there is no {wanted.name} {given[:80]!r}", wanted.name) from error

    def query(self, wanted: Input[T]) -> T:
        """Return a query parameter, or its default if it was not sent; raises Refused if it is not valid."""
        given = self.request.params.get(wanted.name)
        return wanted.default if given is None else _read(wanted, given, ErrorCode.INVALID_PARAMETER)

    def field(self, wanted: Input[T]) -> T:
        """Return a field of the body, or its default if it may be left out; raises Refused if it is not valid."""
        if wanted.name not in self._fields:
            if not wanted.required:
                return wanted.default
            raise Refused(ErrorCode.INVALID_FIELD, f"{wanted.name} is missing; give {wanted.wanted}", wanted.name)
        return _read(wanted, self._fields[wanted.name], ErrorCode.INVALID_FIELD)

    def _check_query(self) -> None:
        known = {each.name: each.wanted for each in self.route.query}
        # The host drops empty parameters, but the caller meant something by them.
        sent = parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True)
        for name in [*self.request.params, *(name for name, value in sent if not value)]:
            if name not in {*known, *KEY_PARAMETERS}:
                raise _unknown(ErrorCode.UNKNOWN_PARAMETER, "parameter", name, list(known))
            if name in known and name not in self.request.params:
                message = f"{name} is empty; leave it out, or give {known[name]}"
                raise Refused(ErrorCode.INVALID_PARAMETER, message, name)

    def _check_choice(self) -> None:
        choice = [each.name for each in self.route.one_of]
        if choice and not any(name in self._fields for name in choice):
            message = f"{' or '.join(choice)} is missing; say which rollout is meant"
            raise Refused(ErrorCode.INVALID_FIELD, message, choice[0])

    @cached_property
    def _fields(self) -> dict[str, object]:
        try:
            content = json.loads(self.request.get_body() or b"{}", object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:  # RecursionError: nested thousands of times
            raise Refused(ErrorCode.INVALID_BODY, f"the body is not JSON: {str(error)[:200]}", "body") from error
        if not isinstance(content, dict):
            raise Refused(
                ErrorCode.INVALID_BODY, f"the body must be a JSON object, not {type(content).__name__}", "body"
            )
        return content


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object. Raises Refused if it has a key twice: readers differ in which of the two counts."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(ErrorCode.INVALID_BODY, f"the body has {key[:80]!r} twice; give it once", key[:80])
        found[key] = value
    return found


def not_found(message: str, field: str) -> Refused:
    """Return the error for something that does not exist."""
    return Refused(ErrorCode.NOT_FOUND, message, field)


def answered(route: Route, request: func.HttpRequest) -> func.HttpResponse:
    """Return the response of the route's handler, or the error that it raises in the API's error format."""
    from functions.callers import authorize  # noqa: PLC0415 -- as below
    from shared.views.plain import plain  # noqa: PLC0415 -- see functions/routes.py

    try:
        call = Call(route, request)
        authorize(call)
        call.check()
        return _answer(plain(resolved(route.handler)(call)), route.status)
    except TealError as error:
        return _error(error)


def unmatched(request: func.HttpRequest) -> func.HttpResponse:
    """Return 405 with the methods of the path, or 404 if there is no such path."""
    path = request.route_params.get("path", "").strip("/")
    fitting = [route for route in ROUTES if _fits(route.path, path)]
    if fitting:
        most_specific = max((route.path for route in fitting), key=lambda each: -each.count("{"))
        methods = sorted(route.method for route in fitting if route.path == most_specific)
        message = f"/api/{path[:200]} has no {request.method}; it has {', '.join(methods)}"
        return _error(Refused(ErrorCode.METHOD_NOT_ALLOWED, message, headers={"Allow": ", ".join(methods)}))
    return _error(Refused(ErrorCode.NOT_FOUND, f"there is no path /api/{path[:200]}; see /api/openapi.json"))


def resolved(name: str) -> Any:  # noqa: ANN401 -- whatever has that name
    """Return the object that `module:name` refers to."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _read(wanted: Input[T], given: object, code: ErrorCode) -> T:
    try:
        return wanted.read(given)
    except ValueError as error:
        shown = json.dumps(given)[:80]
        raise Refused(code, f"{wanted.name} is {shown}; give {wanted.wanted}", wanted.name) from error


def _unknown(code: ErrorCode, what: str, name: str, known: list[str]) -> Refused:
    there = f"this operation has {', '.join(known)}" if known else "this operation has none"
    return Refused(code, f"there is no {what} {name[:80]!r}; {there}", name[:80])


def _fits(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == other.lower() for part, other in zip(parts, given, strict=True)
    )


def _answer(content: object, status: int, headers: dict[str, str] | None = None) -> func.HttpResponse:
    body = json.dumps(content, allow_nan=False)
    return func.HttpResponse(body, status_code=status, headers=headers, mimetype="application/json")


def _error(error: TealError) -> func.HttpResponse:
    message = f"{error}; try again" if error.code is ErrorCode.UNAVAILABLE else str(error)
    shown = {"code": error.code.value, "message": message, "field": error.field}
    return _answer({"error": shown}, error.code.status, getattr(error, "headers", None))
