"""What callers send, checked field by field, and what they get back. Nothing unchecked goes further than this file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import azure.functions as func

from shared.errors import Conflict, Misconfigured, NotPossible, Permanent, TealError, Temporary, Unregistered
from shared.names import ENDPOINT_NAME

LONGEST_TEXT = 500


class BadRequest(Exception):  # noqa: N818 -- the name that HTTP gives it
    """A request that is wrong in one field; status is the HTTP status it deserves."""

    def __init__(self, field: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.field, self.status = field, status


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object that a caller sent."""

    fields: dict[str, object]

    def text(self, field: str, *, wanted: str = "a text of 1 to 500 characters") -> str:
        """Return a text field; raises BadRequest if it is missing, empty, too long or no text."""
        value = self.fields.get(field)
        if isinstance(value, int) and not isinstance(value, bool) and field == "version":
            value = str(value)
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or not value.isprintable():
            given = f"is {json.dumps(value)[:80]}" if field in self.fields else "is missing"
            raise BadRequest(field, f"{field} {given}; give {wanted}")
        return value.strip()

    def only(self, *known: str) -> Body:
        """Return the body; raises BadRequest at a field that means nothing here."""
        for field in self.fields:
            if field not in known:
                raise BadRequest(field[:80], f"{field[:80]!r} is not known here; known are {', '.join(known)}")
        return self


def body_of(request: func.HttpRequest) -> Body:
    """Return the request's JSON object; raises BadRequest if it is none."""
    try:
        content = json.loads(request.get_body() or b"{}")
    except (ValueError, RecursionError) as error:  # the second: nested thousands of times
        raise BadRequest("body", f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadRequest("body", f"the body must be a JSON object, not {type(content).__name__}")
    return Body(content)


def endpoint_of(request: func.HttpRequest) -> str:
    """Return the endpoint named in the route; raises BadRequest (404) if no endpoint can have that name."""
    name: str = request.route_params.get("endpoint", "")
    if not ENDPOINT_NAME.fullmatch(name):
        raise BadRequest("endpoint", f"there is no endpoint {name[:80]!r}", 404)
    return name.lower()


def person(request: func.HttpRequest, body: Body, *, signed_in: bool) -> str:
    """Return who asks: the platform's word if it signs callers in, else what the caller says, believed as it is.

    The header can be forged unless the platform's sign-in stands before the app, hence the flag.
    """
    if signed_in:
        name: str = request.headers.get("x-ms-client-principal-name", "")
        if not name:
            raise BadRequest("by", "sign in: the platform gave no caller", 401)
        return name
    return body.text("by", wanted="who you are, such as a mail address (1 to 500 characters)")


def answer(content: object, status: int = 200) -> func.HttpResponse:
    """Return a JSON response."""
    return func.HttpResponse(json.dumps(content, default=str), status_code=status, mimetype="application/json")


# The first that fits: the kinds are trees.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotPossible, 409),
    (Conflict, 409),
    (Temporary, 503),
    (Misconfigured, 500),
    (Unregistered, 404),
    (Permanent, 502),
)


def answered(work: Callable[[], func.HttpResponse]) -> func.HttpResponse:
    """Return what the work returns, or the error that it raises in the API's one form."""
    try:
        return work()
    except BadRequest as error:
        return _error(error.status, str(error), field=error.field)
    except TealError as error:
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
        words = f"{error}; try again" if status == 503 else str(error)
        return _error(status, words, field="version" if isinstance(error, Unregistered) else None)


def _error(status: int, message: str, field: str | None = None) -> func.HttpResponse:
    return answer({"error": {"message": message} | ({"field": field} if field else {})}, status)
