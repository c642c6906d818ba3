"""The telemetry source of users' own queries over Log Analytics: `bad` and `total` by `deployment` and `minute`.

The query's parameters are prepended as `let` statements; its own text is never edited. The result is checked cell by
cell: only valid counts of the requested minutes are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azure.monitor.query import LogsTable

from shared.adapters.log_analytics import LogAnalytics, endpoint_name, moment
from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry import Need, SourceKind, Tallies, Window
from shared.core.telemetry.sources import QUERIES
from shared.errors import Permanent
from shared.ports import Fetch
from shared.redaction import redacted

COLUMNS = {
    "deployment": "its name, a string",
    "minute": "bin(TimeGenerated, 1m), a datetime",
    "bad": "a whole number from 0, such as countif(...)",
    "total": "a whole number from 0, such as count()",
}
LONGEST_VALUE = 80  # characters of a value in a message
READ = 4 * LONGEST_VALUE  # more than is kept, so that the cut leaves no part of a secret
Place = tuple[datetime, str]  # a minute and a deployment
_NO_DEPLOYMENT = (None, "")  # requests that reached no deployment, such as those with a wrong key


class UserQueries:
    """The telemetry source of queries over the workspace that holds the request log.

    text: returns the text of a query, given its path in the policy.
    """

    kind: SourceKind = QUERIES

    def __init__(self, log: LogAnalytics, text: Callable[[str], str]) -> None:
        self._log = log
        self._text = text

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        """Return the counts of each gate's query, under the gate's name."""
        return [row for need in needs if isinstance(need, Tallies) for row in self._rows(fetch, need)]

    def _rows(self, fetch: Fetch, need: Tallies) -> Sequence[DeploymentMinute]:
        found = tallies(self._log, fetch.endpoint, fetch.query.window, self._text(need.query))
        return [
            DeploymentMinute(deployment, minute, 0, 0, tallies={need.gate: tally})
            for (minute, deployment), tally in found.items()
        ]


def tallies(log: LogAnalytics, endpoint: str, window: Window, query: str) -> dict[Place, Tally]:
    """Return the counts of a KQL query by minute and deployment (in lower case), oldest minute first.

    The query can use `teal_endpoint`, `teal_since`, `teal_until` (exclusive) and `teal_workspace` (the ARM id in lower
    case), and sees only rows within the window. Rows for the same deployment and minute are added up; rows without a
    deployment and other columns are ignored. Raises Temporary if the answer is missing or partial, Permanent if the
    query or its counts are invalid.
    """
    source = f"the query for {endpoint}"
    tables = log.tables(_prelude(log, endpoint, window) + query, window, source)
    if len(tables) > 1:
        raise Permanent(f"{source} returns {len(tables)} tables; it must return one")
    sums: dict[Place, Tally] = {}
    for row in _rows(tables[0], source):
        place, tally = _place(row, window, source), _tally(row, source)
        before = sums.get(place, Tally(0, 0))
        sums[place] = Tally(before.bad + tally.bad, before.total + tally.total)
    return {place: sums[place] for place in sorted(sums)}


def _prelude(log: LogAnalytics, endpoint: str, window: Window) -> str:
    """Return the `let` statements that precede the query."""
    values = {
        "teal_endpoint": f"'{endpoint_name(endpoint)}'",
        "teal_since": f"datetime({moment(window.since)})",
        "teal_until": f"datetime({moment(window.until)})",
        "teal_workspace": f"'{log.workspace_id}'",
    }
    return "".join(f"let {name} = {value};\n" for name, value in values.items())


def _rows(table: LogsTable, source: str) -> Sequence[Mapping[str, Any]]:
    lacking = [f"{name} ({what})" for name, what in COLUMNS.items() if name not in table.columns]
    if lacking:
        raise Permanent(f"{source} returns {', '.join(table.columns) or 'no column'}; it lacks {', '.join(lacking)}")
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    return [row for row in rows if row["deployment"] not in _NO_DEPLOYMENT]


def _place(row: Mapping[str, Any], window: Window, source: str) -> Place:
    minute, deployment = row["minute"], row["deployment"]
    if not isinstance(deployment, str):
        raise _wrong(row, "deployment", source)
    if not isinstance(minute, datetime):
        raise _wrong(row, "minute", source)
    minute = minute.astimezone(UTC)
    if minute.second or minute.microsecond:
        raise Permanent(
            f"{source} counts at {minute.isoformat()}, which is not a whole minute; use {COLUMNS['minute']}"
        )
    if not window.since <= minute < window.until:
        raise Permanent(f"{source} counts at {minute.isoformat()}, outside teal_since <= minute < teal_until")
    return minute, deployment.lower()


def _tally(row: Mapping[str, Any], source: str) -> Tally:
    tally = Tally(_count(row, "bad", source), _count(row, "total", source))
    if tally.bad > tally.total:
        raise Permanent(f"{source} counts bad = {tally.bad} of total = {tally.total}; bad is a part of total")
    return tally


def _count(row: Mapping[str, Any], name: str, source: str) -> int:
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(row, name, source)
    return value


def _wrong(row: Mapping[str, Any], name: str, source: str) -> Permanent:
    shown = redacted(repr(row[name])[:READ])[:LONGEST_VALUE]
    return Permanent(f"{source} returns {name} = {shown}; it must be {COLUMNS[name]}")
