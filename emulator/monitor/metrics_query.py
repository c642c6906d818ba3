"""The query parameters of a metrics query, parsed and validated.

Where the API's reference is silent, this is strict: `top` requires a filter, and unknown parameters are rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.arm_errors import bad_request, not_emulated
from emulator.iso8601 import utc_time
from emulator.monitor.metrics_definitions import DEFINITIONS, Definition
from emulator.monitor.metrics_filter import Filter, parse_filter

DEFAULT_TOP = 10
MOST_NAMES = 20
KEPT = timedelta(days=93)
MINUTE = timedelta(minutes=1)
_AGGREGATIONS = {"average", "minimum", "maximum", "total", "count"}
_KNOWN = {
    *("api-version", "starttime", "endtime", "interval", "metricnamespace", "metricnames", "aggregation", "top"),
    *("filter", "orderby", "rollupby"),
}
_NOT_EMULATED = ("orderby", "rollupby")


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    """A query for averages by minute of these metrics. `end` is exclusive; `split` has the dimensions of the filter."""

    namespace: str
    names: tuple[str, ...]
    start: datetime
    end: datetime
    selected: Filter
    split: tuple[str, ...]
    top: int = DEFAULT_TOP


def parse_query(parameters: Mapping[str, str], now: datetime) -> MetricsQuery:
    """Return the query. Raises ArmError: 400 for one that is not valid, 501 for what is not emulated."""
    given = {name.lower(): value for name, value in parameters.items()}
    _check_parameters(given)
    namespace, definitions = _namespace(given.get("metricnamespace", ""))
    names = _names(given.get("metricnames", ""), definitions, namespace)
    start, end = _span(given.get("starttime"), given.get("endtime"), now)
    selected = parse_filter(given.get("filter"))
    split = _split(selected, {name: definitions[name] for name in names})
    top = _top(given.get("top"), filtered=bool(selected))
    return MetricsQuery(namespace, names, start, end, selected, split, top)


def _check_parameters(given: Mapping[str, str]) -> None:
    if not given.get("api-version"):
        raise bad_request("The api-version query parameter (?api-version=) is required.", "MissingApiVersionParameter")
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise bad_request(f"Unknown query parameter {unknown[0]}.")
    for name in _NOT_EMULATED:
        if name in given:
            raise not_emulated(f"The query parameter {name}")
    if given.get("interval", "PT1M").upper() != "PT1M":
        raise not_emulated(f"An interval other than PT1M ({given['interval']})")
    for aggregation in given.get("aggregation", "average").split(","):
        if aggregation.lower() not in _AGGREGATIONS:
            raise bad_request(f"{aggregation!r} is not a valid aggregation.")
        if aggregation.lower() != "average":
            raise not_emulated(f"The aggregation {aggregation} (Azure lists only Average for these metrics)")


def _namespace(text: str) -> tuple[str, dict[str, Definition]]:
    for name, definitions in DEFINITIONS.items():
        if name.lower() == text.lower():
            return name, definitions
    if not text:
        raise bad_request("The query parameter metricnamespace is required.")
    raise not_emulated(f"The metric namespace {text}")


def _names(text: str, definitions: Mapping[str, Definition], namespace: str) -> tuple[str, ...]:
    """Return the names of the metrics in the case in which they are defined."""
    defined = {name.lower(): name for name in definitions}
    requested = text.split(",")
    if len(requested) > MOST_NAMES:
        raise bad_request(f"At most {MOST_NAMES} metrics can be requested, not {len(requested)}.")
    for name in requested:
        if name.lower() not in defined:
            valid = ",".join(definitions)
            raise bad_request(f"The resource type {namespace} has no metric {name!r}. Valid metrics: {valid}")
        if not definitions[defined[name.lower()]].emulated:
            raise not_emulated(f"The metric {name} of {namespace}")
    return tuple(dict.fromkeys(defined[name.lower()] for name in requested))


def _span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the first minute and the end of the timespan, by default the last hour."""
    if end and not start:
        raise bad_request("endtime requires starttime.")
    until = _time("endtime", end) if end else now
    since = _time("starttime", start) if start else until - timedelta(hours=1)
    if not since < until:
        raise bad_request(f"The end time {until.isoformat()} must be after the start time {since.isoformat()}.")
    if until - since > KEPT:
        raise bad_request(f"The timespan is longer than the {KEPT.days} days for which metrics are kept.")
    return since.replace(second=0, microsecond=0), until


def _time(name: str, text: str) -> datetime:
    try:
        return utc_time(text)
    except ValueError as error:
        raise bad_request(f"{name} is not a valid time: {text!r}.") from error


def _split(selected: Filter, definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """Return the dimensions of the filter in the case in which they are defined. Every metric must have all of them."""
    for name, definition in definitions.items():
        unknown = set(selected) - {dimension.lower() for dimension in definition.dimensions}
        if unknown:
            valid = ", ".join(definition.dimensions)
            raise bad_request(f"Metric {name} does not have the dimension {min(unknown)}. Valid dimensions: {valid}")
    any_one = next(iter(definitions.values()))
    return tuple(dimension for dimension in any_one.dimensions if dimension.lower() in selected)


def _top(text: str | None, *, filtered: bool) -> int:
    if text is None:
        return DEFAULT_TOP
    if not filtered:
        raise bad_request("The query parameter top is valid only with a filter.")
    if not text.isdecimal() or int(text) < 1:
        raise bad_request(f"top must be a positive whole number, not {text!r}.")
    return int(text)
