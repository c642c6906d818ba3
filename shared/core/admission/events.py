"""Event Grid's ModelRegistered event, in every known spelling. An unusable event yields a reason, not an exception.

Microsoft's two sources disagree: the documentation has `ModelName` and a number as `ModelVersion`, the service team's
own payloads have `modelName` and text. So keys are case-insensitive, versions become text, and missing values are taken
from the subject `models/<name>:<version>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.reasons import Reason, ReasonCode, reason

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"
LONGEST = 255
# Names and versions become part of URLs, asset references and log lines, so special characters are not allowed.
MEANINGFUL_ELSEWHERE = frozenset("/\\?#%")


@dataclass(frozen=True, slots=True)
class ModelRegistered:
    """A registered model version. tags: at the time of registration; None if the event did not include them."""

    model: ModelVersion
    tags: dict[str, str] | None
    workspace: str
    event: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that starts nothing, and the reason, for the log."""

    reason: Reason
    event: str = ""


def read_event(
    event_type: object, subject: object, topic: object, event_id: str, data: object
) -> ModelRegistered | Ignored:
    """Return the registered model, or why the event is ignored. The arguments are raw input and not trusted."""
    if str(event_type or "").lower() != MODEL_REGISTERED.lower():
        return Ignored(reason(ReasonCode.EVENT_NOT_RELEVANT, message=f"type {repr(event_type)[:LONGEST]}"), event_id)
    data = _decoded(data)
    if data is not None and not isinstance(data, Mapping):
        return Ignored(_unreadable(f"its data is {type(data).__name__}, not an object"), event_id)
    fields = {str(key).lower(): value for key, value in (data or {}).items()}
    named, numbered = _subject(subject)
    name, version = _text(fields.get("modelname")) or named, _text(fields.get("modelversion")) or numbered
    if not name or not version:
        missing = " and ".join(what for what, value in (("name", name), ("version", version)) if not value)
        words = f"no usable model {missing} in its data or its subject {repr(subject)[:LONGEST]}"
        return Ignored(_unreadable(words), event_id)
    return ModelRegistered(ModelVersion(name, version), _tags(fields.get("modeltags")), str(topic or ""), event_id)


def _unreadable(message: str) -> Reason:
    return reason(ReasonCode.EVENT_UNREADABLE, message=message)


def _decoded(data: object) -> object:
    """Return the data, parsed if it is JSON in a string, as some bridges and CloudEvents send it."""
    if not isinstance(data, str):
        return data
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data


def _subject(subject: object) -> tuple[str, str]:
    """Return name and version from `models/<name>:<version>`; what is missing is an empty string."""
    kind, _, rest = str(subject or "").strip("/").partition("/")
    name, _, version = rest.rpartition(":")
    return (_text(name), _text(version)) if kind.lower() == "models" and name else ("", "")


def _text(value: object) -> str:
    """Return a name or version as text (3, 3.0 and "3" are all "3"), or an empty string if it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int | float) and not abs(value) < 10**LONGEST:
        return ""  # also infinity and NaN
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    usable = len(text) <= LONGEST and text.isprintable() and not MEANINGFUL_ELSEWHERE.intersection(text)
    return text if usable else ""


def _tags(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(key): "" if tag is None else str(tag) for key, tag in value.items()}
