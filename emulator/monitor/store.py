"""Rows of the log tables in DuckDB, in memory, and KQL over them by `duckdb-kql`.

Blocking: the event loop calls it through a thread. One connection, one user at a time, guarded by a lock. A query sees
only views: the rows that have arrived by then and lie within the asked span; it can neither write nor reach a file.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb_kql

from emulator.monitor.tables import TRAFFIC, TRAFFIC_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST_ROWS = 400_000
_DUCKDB_TYPES = {"datetime": "TIMESTAMP", "string": "VARCHAR", "int": "INTEGER", "real": "DOUBLE"}
# External access is forbidden only after the connection is made: setting the time zone loads a part of DuckDB itself.
_SETTINGS = (
    "SET threads = 1; SET memory_limit = '1GB'; SET enable_external_access = false; SET lock_configuration = true"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query may see: `now` decides what has arrived; the rest narrows it. Times are aware, ends excluded."""

    now: datetime
    start: datetime | None = None
    end: datetime | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A query's answer: column names, DuckDB's type of each, rows."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


class LogStore:
    """The traffic table. The newest `most_rows` are kept, and up to a tenth more until it is worth pruning."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._lock = threading.Lock()
        self._connection = duckdb_kql.connect(":memory:")
        self._connection.execute(_SETTINGS)
        columns = ", ".join(f'"{name}" {_DUCKDB_TYPES[kind]}' for name, kind in TRAFFIC_COLUMNS.items())
        self._connection.execute("CREATE SCHEMA arrived")
        self._connection.execute(f"CREATE TABLE arrived.traffic (VisibleAt TIMESTAMP, {columns})")
        self._rows = 0

    def append(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows: the moment from which each is visible, then the columns in their order."""
        if not rows:
            return
        marks = ", ".join("unnest(?)" for _ in rows[0])
        columns = [list(column) for column in zip(*rows, strict=True)]
        with self._lock:
            self._connection.execute(f"INSERT INTO arrived.traffic SELECT {marks}", columns)
            self._rows += len(rows)
            if self._rows > self._most_rows * 1.1:
                self._prune()

    def query(self, kql: str, scope: Scope) -> Result:
        """Answer `kql` within `scope`.

        Raises duckdb_kql's KqlSyntaxError, KqlSchemaError or KqlUnsupportedError for text that it cannot translate,
        and duckdb.Error for what the database refuses (an unknown table or column, types that do not fit).
        """
        schema = {TRAFFIC: list(TRAFFIC_COLUMNS)}
        translated = duckdb_kql.to_sql(kql, schema=schema, allow_write=False, query_now=scope.now)
        with self._lock:
            self._connection.execute(_view(scope))
            answer = self._connection.sql(str(translated), params=translated.parameters or None)
            return Result(answer.columns, [str(kind) for kind in answer.types], answer.fetchall())

    def close(self) -> None:
        """Give the memory back; the store answers nothing after that."""
        with self._lock:
            self._connection.close()

    def _prune(self) -> None:
        """Drop the oldest rows beyond those that are kept."""
        oldest = f"SELECT TimeGenerated FROM arrived.traffic ORDER BY 1 DESC LIMIT 1 OFFSET {self._most_rows}"  # noqa: S608  (a number)
        self._connection.execute(f"DELETE FROM arrived.traffic WHERE TimeGenerated <= ({oldest})")  # noqa: S608  (the line above)
        counted = self._connection.execute("SELECT count(*) FROM arrived.traffic").fetchone()
        self._rows = int(counted[0]) if counted else 0


def _view(scope: Scope) -> str:
    """Return the statement that makes the table's name mean what `scope` lets a query see."""
    conditions = [f"VisibleAt <= {_literal(scope.now)}"]
    if scope.start:
        conditions.append(f"TimeGenerated >= {_literal(scope.start)}")
    if scope.end:
        conditions.append(f"TimeGenerated < {_literal(scope.end)}")
    if scope.resource:
        wanted = scope.resource.lower().replace("'", "''")
        conditions.append(f"starts_with(_ResourceId || '/', '{wanted}/')")
    kept = " AND ".join(conditions)
    columns = "SELECT * EXCLUDE (VisibleAt) FROM arrived.traffic"
    return f'CREATE OR REPLACE TEMP VIEW "{TRAFFIC}" AS {columns} WHERE {kept}'


def _literal(moment: datetime) -> str:
    """Write an aware time as a SQL literal in UTC."""
    return f"make_timestamp({int(moment.timestamp() * 1_000_000)})"
