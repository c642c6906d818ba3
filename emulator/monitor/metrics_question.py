"""What a metrics request asks: its query parameters, read and checked. Nothing is answered here.

Where the API's reference is silent the stricter side is taken: `top` needs a filter, and a wrong word is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emulator.monitor.metrics_definitions import DEFINITIONS, Definition
from emulator.monitor.metrics_filter import Wanted, read_filter
from emulator.resource_manager.errors import bad_request, not_emulated

DEFAULT_TOP = 10
MOST_NAMES = 20
KEPT = timedelta(days=93)
MINUTE = timedelta(minutes=1)
_AGGREGATIONS = {"average", "minimum", "maximum", "total", "count"}
_KNOWN = {
    *("api-version", "starttime", "endtime", "interval", "metricnamespace", "metricnames", "aggregation", "top"),
    *("filter", "orderby", "rollupby"),
}
_LACKING = ("orderby", "rollupby")


@dataclass(frozen=True, slots=True)
class Question:
    """Averages by minute of these metrics; the end is excluded. split: the dimensions of the filter, as defined."""

    namespace: str
    names: tuple[str, ...]
    start: datetime
    end: datetime
    wanted: Wanted
    split: tuple[str, ...]
    top: int = DEFAULT_TOP


def read_question(parameters: Mapping[str, str], now: datetime) -> Question:
    """Return what is asked. Raises ArmError: 400 for what can never be answered, 501 for what is not emulated."""
    given = {name.lower(): value for name, value in parameters.items()}
    _check_words(given)
    namespace, definitions = _namespace(given.get("metricnamespace", ""))
    names = _names(given.get("metricnames", ""), definitions, namespace)
    start, end = _span(given.get("starttime"), given.get("endtime"), now)
    wanted = read_filter(given.get("filter"))
    split = _split(wanted, {name: definitions[name] for name in names})
    return Question(namespace, names, start, end, wanted, split, _top(given.get("top"), filtered=bool(wanted)))


def _check_words(given: Mapping[str, str]) -> None:
    if not given.get("api-version"):
        raise bad_request("The api-version query parameter (?api-version=) is required.", "MissingApiVersionParameter")
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise bad_request(f"There is no query parameter {unknown[0]}.")
    for name in _LACKING:
        if name in given:
            raise not_emulated(f"The query parameter {name}")
    if given.get("interval", "PT1M").upper() != "PT1M":
        raise not_emulated(f"The interval {given['interval']} (PT1M is)")
    for aggregation in given.get("aggregation", "average").split(","):
        if aggregation.lower() not in _AGGREGATIONS:
            raise bad_request(f"{aggregation!r} is no aggregation.")
        if aggregation.lower() != "average":
            raise not_emulated(f"The aggregation {aggregation} (Azure lists Average alone for these metrics)")


def _namespace(text: str) -> tuple[str, dict[str, Definition]]:
    for name, definitions in DEFINITIONS.items():
        if name.lower() == text.lower():
            return name, definitions
    if not text:
        raise bad_request("The query parameter metricnamespace is required.")
    raise not_emulated(f"The metric namespace {text}")


def _names(text: str, definitions: Mapping[str, Definition], namespace: str) -> tuple[str, ...]:
    """Return the metrics' names as they are defined."""
    defined = {name.lower(): name for name in definitions}
    asked = text.split(",")
    if len(asked) > MOST_NAMES:
        raise bad_request(f"{len(asked)} metrics are asked for; at most {MOST_NAMES} can be.")
    for name in asked:
        if name.lower() not in defined:
            valid = ",".join(definitions)
            raise bad_request(f"There is no metric {name!r} of the resource type {namespace}. Valid metrics: {valid}")
        if not definitions[defined[name.lower()]].counted:
            raise not_emulated(f"The metric {name} of {namespace}")
    return tuple(dict.fromkeys(defined[name.lower()] for name in asked))


def _span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the first minute and the end of the span; the last hour if none is given."""
    if end and not start:
        raise bad_request("With endtime, starttime is required.")
    until = _moment("endtime", end) if end else now
    since = _moment("starttime", start) if start else until - timedelta(hours=1)
    if not since < until:
        raise bad_request(f"The end time {until.isoformat()} must be after the start time {since.isoformat()}.")
    if until - since > KEPT:
        raise bad_request(f"The span is longer than the {KEPT.days} days for which metrics are kept.")
    return since.replace(second=0, microsecond=0), until


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"{name} is no time: {text!r}.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _split(wanted: Wanted, definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """Return the dimensions that the filter names, as they are defined. Every metric asked for must have them all."""
    for name, definition in definitions.items():
        lacking = set(wanted) - {dimension.lower() for dimension in definition.dimensions}
        if lacking:
            raise bad_request(
                f"Metric: {name} does not have the dimension {min(lacking)}; it has: {', '.join(definition.dimensions)}"
            )
    any_one = next(iter(definitions.values()))
    return tuple(dimension for dimension in any_one.dimensions if dimension.lower() in wanted)


def _top(text: str | None, *, filtered: bool) -> int:
    if text is None:
        return DEFAULT_TOP
    if not filtered:
        raise bad_request("The query parameter top is valid only with a filter.")
    if not text.isdecimal() or int(text) < 1:
        raise bad_request(f"top must be a whole number from 1 on: {text!r}.")
    return int(text)
