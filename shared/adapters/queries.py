"""Queries of the user's own over Log Analytics, which count `bad` and `total` by `deployment` and `minute`.

What a query needs to know stands before it as `let` statements; its own text is never edited. Its answer is checked
cell by cell: what is no count, or of no minute that was asked for, must never be judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azure.monitor.query import LogsTable

from shared.adapters.log_analytics import LogAnalytics, endpoint_name, moment
from shared.core.observation import Tally
from shared.core.reconcile.plan import Window
from shared.errors import Permanent
from shared.ports import Tallied

COLUMNS = {
    "deployment": "its name, a string",
    "minute": "bin(TimeGenerated, 1m), a datetime",
    "bad": "a whole number from 0, such as countif(...)",
    "total": "a whole number from 0, such as count()",
}
_NO_DEPLOYMENT = (None, "")  # requests that reached none, such as those with a wrong key
_Key = tuple[datetime, str]


class LogQueries:
    """The port Queries, over the workspace that the traffic log is in."""

    def __init__(self, log: LogAnalytics) -> None:
        self._log = log

    def tallies(self, endpoint: str, window: Window, query: str) -> tuple[Tallied, ...]:
        """Return what the query (KQL) counts, oldest minute first, deployments in lower case; other columns are left.

        The query finds `teal_endpoint`, `teal_since`, `teal_until` (excluded) and `teal_workspace` (the ARM id in lower
        case), and sees no rows of tables from outside of the window. Rows of one deployment and minute are added up,
        rows without a deployment left out.
        Raises Temporary when the answer is missing or partial, Permanent when the query or what it counts is wrong.
        """
        source = f"the query for {endpoint}"
        tables = self._log.tables(self._prelude(endpoint, window) + query, window, source)
        if len(tables) > 1:
            raise Permanent(f"{source} gives {len(tables)} tables; one is right")
        sums: dict[_Key, Tally] = {}
        for row in _rows(tables[0], source):
            key, tally = _key(row, window, source), _tally(row, source)
            before = sums.get(key, Tally(0, 0))
            sums[key] = Tally(before.bad + tally.bad, before.total + tally.total)
        return tuple(Tallied(deployment, minute, sums[minute, deployment]) for minute, deployment in sorted(sums))

    def _prelude(self, endpoint: str, window: Window) -> str:
        """Return the statements that tell the query what it is asked for."""
        values = {
            "teal_endpoint": f"'{endpoint_name(endpoint)}'",
            "teal_since": f"datetime({moment(window.since)})",
            "teal_until": f"datetime({moment(window.until)})",
            "teal_workspace": f"'{self._log.workspace_id}'",
        }
        return "".join(f"let {name} = {value};\n" for name, value in values.items())


def _rows(table: LogsTable, source: str) -> Sequence[Mapping[str, Any]]:
    lacking = [f"{name} ({what})" for name, what in COLUMNS.items() if name not in table.columns]
    if lacking:
        raise Permanent(f"{source} gives {', '.join(table.columns) or 'no column'}; it lacks {', '.join(lacking)}")
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    return [row for row in rows if row["deployment"] not in _NO_DEPLOYMENT]


def _key(row: Mapping[str, Any], window: Window, source: str) -> _Key:
    minute, deployment = row["minute"], row["deployment"]
    if not isinstance(deployment, str):
        raise _wrong(row, "deployment", source)
    if not isinstance(minute, datetime):
        raise _wrong(row, "minute", source)
    minute = minute.astimezone(UTC)
    if minute.second or minute.microsecond:
        raise Permanent(f"{source} counts at {minute.isoformat()}, no whole minute; right is {COLUMNS['minute']}")
    if not window.since <= minute < window.until:
        raise Permanent(f"{source} counts at {minute.isoformat()}; right is teal_since <= minute < teal_until")
    return minute, deployment.lower()


def _tally(row: Mapping[str, Any], source: str) -> Tally:
    tally = Tally(_count(row, "bad", source), _count(row, "total", source))
    if tally.bad > tally.total:
        raise Permanent(f"{source} counts bad = {tally.bad} of total = {tally.total}; right is bad among total")
    return tally


def _count(row: Mapping[str, Any], name: str, source: str) -> int:
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(row, name, source)
    return value


def _wrong(row: Mapping[str, Any], name: str, source: str) -> Permanent:
    return Permanent(f"{source} gives {name} = {row[name]!r:.80}; right is {COLUMNS[name]}")
