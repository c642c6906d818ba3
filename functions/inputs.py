"""The API's inputs: each path part, query parameter and body field with its JSON Schema and its reader.

One row each, used by the route table. OpenAPI shows the schema and the reader enforces it; they must agree. Imports
little, because it is loaded when functions are indexed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from shared.core.phases import Phase
from shared.names import ENDPOINT_NAME

T = TypeVar("T")
LONGEST_TEXT = 500
MOST_STEPS = 1000
# No line breaks, control characters, invisible or bidirectional marks: text ends up in logs and on terminals.
_UNPRINTABLE = r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
_SPACES = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
TEXT = rf"^[^{_UNPRINTABLE}]*[^{_SPACES}{_UNPRINTABLE}][^{_UNPRINTABLE}]*$"
# A person or an app, but not `teal`: that is what histories call Teal itself.
NAMED = rf"^(?![{_SPACES}]*[Tt][Ee][Aa][Ll][{_SPACES}]*$){TEXT[1:]}"
_SURROGATE = r"[\ud800-\udfff]"  # half a character, which cannot be encoded
WORKSPACE_NAME = r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,32}$"
ROLLOUT_ID = r"^[a-z0-9-]{1,64}$"
_TIME = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Input(Generic[T]):
    """One input of the API.

    schema: its JSON Schema. read: returns the value, or raises ValueError. wanted: what is expected, for messages.
    default: the value if it is not sent. required: whether it must be sent. example: for the reference.
    """

    name: str
    meaning: str
    schema: Mapping[str, object]
    read: Callable[[object], T]
    wanted: str
    default: T
    required: bool = False
    example: str | int | None = None


def _fits(pattern: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or re.search(_SURROGATE, value):
            raise ValueError
        if not re.fullmatch(pattern, value):  # compiled on first use, not while functions are indexed
            raise ValueError
        return value.strip()

    return read


def _text(  # noqa: PLR0913 -- a row of a table
    name: str, meaning: str, wanted: str, pattern: str = TEXT, *, required: bool = True, example: str | None = None
) -> Input[str]:
    schema: dict[str, object] = {"type": "string", "pattern": pattern}
    if pattern in {TEXT, NAMED}:
        schema |= {"minLength": 1, "maxLength": LONGEST_TEXT}
    return Input(name, meaning, schema, _fits(pattern), wanted, "", required, example)


def _whole(name: str, meaning: str, least: int, most: int, default: int) -> Input[int]:
    def read(value: object) -> int:
        number = int(str(value)) if re.fullmatch(r"-?[0-9]{1,9}", str(value)) else least - 1
        if not least <= number <= most:
            raise ValueError
        return number

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Input(name, meaning, schema, read, f"a whole number from {least} to {most}", default)


def _truth(name: str, meaning: str) -> Input[bool | None]:
    def read(value: object) -> bool:
        found = _TRUTHS.get(str(value).lower())
        if found is None:
            raise ValueError
        return found

    return Input(name, meaning, {"type": "boolean"}, read, "true or false", None)


def _step(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in range(MOST_STEPS + 1):
        raise ValueError
    return int(value)  # 2.0 is 2 in JSON


def _flag(value: object) -> bool:
    if value is not True and value is not False:
        raise ValueError
    return value is True


def _time(name: str, meaning: str) -> Input[datetime | None]:
    def read(value: object) -> datetime:
        if not re.fullmatch(_TIME, str(value)):
            raise ValueError
        try:
            return datetime.fromisoformat(str(value).upper()).astimezone(UTC)
        except OverflowError as error:  # the first or last day of the calendar, in another zone
            raise ValueError from error

    wanted = "a time with its zone, such as 2026-11-20T10:00:00Z (write + as %2B)"
    return Input(name, meaning, {"type": "string", "format": "date-time"}, read, wanted, None)


def _phase(value: object) -> Phase:
    return Phase(str(value))


def _version(value: object) -> str:
    return _fits(TEXT)(str(value) if type(value) is int else value)


_ENDPOINT = "the name of an online endpoint: 3 to 32 letters, digits and hyphens, a letter first"
ENDPOINT_PATTERN = f"^{ENDPOINT_NAME.pattern}$"

# Parts of the path
ENDPOINT = _text("endpoint", "The online endpoint, in any case.", _ENDPOINT, ENDPOINT_PATTERN, example="churn")
ROLLOUT = _text("rollout", "The rollout's id.", "the id of a rollout", ROLLOUT_ID, example="churn-7-73fc6c")

# Query parameters
WORKSPACE = _text(
    "workspace",
    "The Azure ML workspace of the endpoint, if it is not the app's own.",
    "the name of a workspace that this app serves",
    WORKSPACE_NAME,
    required=False,
)
WORKSPACE_FILTER = _text(
    "workspace",
    "Only rollouts in this Azure ML workspace.",
    "the name of a workspace that this app serves",
    WORKSPACE_NAME,
    required=False,
)
ENDPOINT_FILTER = _text("endpoint", "Only rollouts on this endpoint.", _ENDPOINT, ENDPOINT_PATTERN, required=False)
MODEL_FILTER = _text("model", "Only rollouts of this model.", "the name of a model", required=False)
PHASE_FILTER: Input[Phase | None] = Input(
    "phase",
    "Only rollouts that are in this phase now.",
    {"type": "string", "enum": [phase.value for phase in Phase]},
    _phase,
    f"one of {', '.join(Phase)}",
    None,
)
SINCE = _time("since", "Only rollouts created at this time or later.")
OPEN = _truth("open", "true: only rollouts with work left; false: only finished ones.")
LIMIT = _whole("limit", "The maximum number of rollouts to return.", 1, 100, 20)
CONTINUATION = _text(
    "continuation",
    "Opaque: the `continuation` of the previous page.",
    "the `continuation` of another page, unchanged",
    r"^[0-9]{16}~[a-z0-9_-]{1,33}~[a-z0-9-]{3,32}~[a-z0-9-]{1,64}$",  # `Pointer.position`
    required=False,
)
MINUTES = _whole("minutes", "How many minutes of telemetry to return, counted back from `before`.", 0, 1500, 60)
BEFORE = _time("before", "Return the minutes before this time instead of the newest ones.")
EVIDENCE = _truth("evidence", "Whether to return what each gate reported after each of these minutes.")

# Fields of bodies
ACTOR = _text(
    "by",
    "Who is making the request, such as a mail address. Ignored if the platform signs callers in.",
    "who you are, such as a mail address (1 to 500 characters on one line; not `teal`, which is this app in histories)",
    NAMED,
    example="ana@example.com",
)
COMMENT = _text(
    "reason", "Why, for the history.", "why, in 1 to 500 characters on one line", example="scores look wrong to support"
)
START_ENDPOINT = _text(
    "endpoint", "The endpoint, which must have a policy.", "the name of an endpoint that has a policy", example="churn"
)
MODEL = _text("model", "The registered model's name.", "the name of a model in the endpoint's policy", example="churn")
VERSION: Input[str] = Input(
    "version",
    "The registered version.",
    {"oneOf": [{"type": "integer"}, MODEL.schema]},
    _version,
    "a version, such as 7",
    "",
    required=True,
    example="7",
)

# Fields of requests to a rollout, which say which rollout is meant
MEANT_ROLLOUT = _text(
    "rollout",
    "The id of the rollout that is meant.",
    "the id of a rollout",
    ROLLOUT_ID,
    required=False,
    example="churn-7-73fc6c",
)
MEANT_MODEL = _text(
    "model",
    "The model of the rollout that is meant. Where the policy has several, a `version` needs it.",
    "the name of a model",
    required=False,
    example="churn",
)
MEANT_VERSION: Input[str] = Input(
    "version",
    "The model version of the rollout that is meant.",
    VERSION.schema,
    _version,
    VERSION.wanted,
    "",
    example="7",
)
EXPECTED_STEP: Input[int | None] = Input(
    "expected_step",
    "The step (`step` of the rollout) that the request was made for.",
    {"type": "integer", "minimum": 0, "maximum": MOST_STEPS},
    _step,
    "the index of a step",
    None,
)
IDEMPOTENCY_KEY = _text(
    "idempotency_key",
    "Any text, the same in every repetition of a request, so that it is carried out once.",
    "1 to 500 characters on one line",
    required=False,
)
FULL: Input[bool] = Input(
    "full",
    "true: promote all the way, skipping the remaining steps; false: start the next step.",
    {"type": "boolean", "default": False},
    _flag,
    "true or false",
    default=False,
)
