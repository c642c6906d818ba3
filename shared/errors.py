"""Our errors, of two main kinds: retry, or report to an operator. Ports raise nothing else.

TealError
├── Temporary        the same call may work later: the next tick tries again
│   ├── Conflict     another writer was first: the decision is stale
│   └── NotYet       what is requested does not exist yet
├── NotPossible      a request that does not apply now: the caller may request something else
└── Permanent        the same call will never work: an operator must know
    ├── Unstorable      storage never takes this record: it is too large, or not what a row may hold
    ├── Unregistered    the workspace has no such model version
    └── Misconfigured   the app's own settings or policies are wrong
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from shared.redaction import redacted


class ErrorCode(StrEnum):
    """Why a request was refused or failed: one row per code, with the HTTP status and what it means.

    Codes are part of the public API: a code keeps its meaning once released.
    """

    status: int
    meaning: str

    def __new__(cls, value: str, status: int, meaning: str) -> Self:
        """Return the member for one row."""
        member = str.__new__(cls, value)
        member._value_, member.status, member.meaning = value, status, meaning
        return member

    INVALID_BODY = "invalid_body", 400, "The body is not a JSON object, or has a field twice."
    INVALID_FIELD = "invalid_field", 400, "A field of the body is missing, or its value is not valid."
    UNKNOWN_FIELD = "unknown_field", 400, "The body has a field that this operation does not know."
    INVALID_PARAMETER = "invalid_parameter", 400, "A query parameter has a value that is not valid."
    UNKNOWN_PARAMETER = "unknown_parameter", 400, "The query has a parameter that this operation does not know."
    NOT_SIGNED_IN = "not_signed_in", 401, "Sign-in is required, and the platform reported no caller."
    MISSING_ROLE = "missing_role", 403, "The caller is signed in, but without the app role that this operation needs."
    NOT_FOUND = "not_found", 404, "There is no such path, endpoint, rollout, policy or workspace."
    MODEL_NOT_REGISTERED = "model_not_registered", 404, "The workspace has no such model version."
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "The path exists, but not with this method; see the header `Allow`."
    NO_OPEN_ROLLOUT = "no_open_rollout", 409, "The endpoint has no open rollout."
    ROLLOUT_ALREADY_OPEN = "rollout_already_open", 409, "This model version already has an open rollout there."
    ALREADY_SERVING = "already_serving", 409, "This model version already serves, beside an open rollout of another."
    NOT_POSSIBLE_IN_PHASE = "not_possible_in_phase", 409, "The rollout is in a phase that does not allow this action."
    SMOKE_TEST_NOT_PASSED = (
        "smoke_test_not_passed",
        409,
        "Green has not passed its smoke test, which cannot be skipped.",
    )
    ROLLBACK_REQUESTED = "rollback_requested", 409, "A rollback was requested and takes precedence over everything."
    NOT_CURRENT_ROLLOUT = (
        "not_current_rollout",
        409,
        "The request names a rollout other than the endpoint's current one.",
    )
    STEP_CHANGED = "step_changed", 409, "The rollout is no longer at `expected_step`."
    KEY_REUSED = "idempotency_key_reused", 409, "The idempotency key was used for another request."
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        409,
        "Too many requests wait to be carried out; one that is safer than all of them is still accepted.",
    )
    WRITE_CONFLICT = "write_conflict", 409, "Other writers were faster; repeat the request."
    BODY_TOO_LARGE = "body_too_large", 413, "The body is larger than 1 MB."
    MISCONFIGURED = "misconfigured", 500, "The app's settings or policies are wrong; the message names them."
    AZURE_REFUSED = "azure_refused", 502, "Azure refused permanently; the message quotes it."
    UNAVAILABLE = "unavailable", 503, "Storage or Azure ML gave no answer; repeat the request."


class TealError(Exception):
    """An error that Teal raises deliberately. The message gives problem, place and remedy, and has no secret.

    code: the API's error code. field: the field of the request that is at fault, if there is one.
    """

    code: ErrorCode
    field: str | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(redacted(message))


class Temporary(TealError):  # noqa: N818 -- `except Temporary` reads as what it means
    """Try again."""

    code = ErrorCode.UNAVAILABLE


class Conflict(Temporary):
    """Another writer was first."""

    code = ErrorCode.WRITE_CONFLICT


class NotYet(Temporary):
    """What is requested does not exist yet, such as the table of a log without rows."""


class NotPossible(TealError):  # noqa: N818 -- reads as what it says to the caller
    """A request that does not apply now. The message is for the caller."""

    def __init__(self, code: ErrorCode, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code, self.field = code, field


class Permanent(TealError):  # noqa: N818 -- as Temporary
    """Report to an operator."""

    code = ErrorCode.AZURE_REFUSED


class Unstorable(Permanent):
    """A record that storage never takes."""


class Unregistered(Permanent):
    """A model version that the workspace does not have."""

    code = ErrorCode.MODEL_NOT_REGISTERED
    field = "version"


class Misconfigured(Permanent):
    """Settings or policies are wrong; the message names every problem."""

    code = ErrorCode.MISCONFIGURED
