"""Policy file keys that several kinds of gate share."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.schema.findings import Values
from shared.core.schema.grammar import Field
from shared.core.schema.kinds import NO_HINTS, between, choice, text
from shared.core.telemetry.predictions import PredictionReading

ROLES = {
    "critical": "`critical`: it can roll back, and weights wait for its certificate.",
    "non_blocking": "`non_blocking`: it can roll back.",
    "dry_run": "`dry_run`: it is reported but changes nothing.",
}
POINTER = text(
    r"(?=.{0,256}$)(?:/(?:[^\x00-\x1f\x7f~/]|~[01])*)*",
    "a valid JSON Pointer (empty, or starting with /; ~ is written ~0)",
    "/label",
)


def role(*, without: str = "", hints: Mapping[str, str] = NO_HINTS) -> Field:
    """Return the role field of a gate that can have every role except `without`. hints: why not."""
    options = tuple(option for option in ROLES if option != without)
    return Field("role", choice(*options, hints=hints), " ".join(ROLES[option] for option in options))


def uncertified() -> Field:
    """Return the role field of a gate without a certificate, which no step can wait for."""
    return role(without="critical", hints={"critical": "no step can wait for it, since it has no certificate"})


def share_of_risk(example: str) -> Field:
    """Return the weight field of a gate."""
    about = "Its share of `rollback_risk` among the gates that can roll back."
    return Field("weight", between(0, 1000, example), about)


def limit(of: str) -> Field:
    """Return the field for an absolute limit. of: what the limit applies to, in words."""
    about = f"An additional absolute limit, regardless of blue: the share of {of}."
    return Field("at_most", between(0, 1, "0.02"), about)


def with_reading(values: Values) -> Values:
    """Return a gate's values, with those about reading predictions combined into one."""
    rest = {key: value for key, value in values.items() if key not in {"at", "bins"}}
    return rest | {"reading": PredictionReading(values["at"], values.get("bins", ()))}


def prediction_at() -> Field:
    """Return the field for where predictions are found."""
    about = "Where in the JSON response the prediction is; a list holds several. Empty: the whole response."
    return Field("at", POINTER, about, default="")
