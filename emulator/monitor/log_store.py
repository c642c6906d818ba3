"""The rows of the traffic table in an in-memory DuckDB, and KQL queries over them with `duckdb-kql`.

All calls block, so the event loop makes them in a thread; a lock guards the one connection. A query sees only a view
of the rows that have arrived and are within its scope. It cannot write, and it cannot read files.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb_kql

from emulator.monitor.log_tables import TRAFFIC, TRAFFIC_COLUMNS

MOST_ROWS = 400_000
_NO_TABLE = "_"  # the translator takes an empty schema for an unknown one
_UNKNOWN_TABLE = re.compile(r"Table with name (\w+) does not exist|schema error for '(\w+)' \(unknown table")
_DUCKDB_TYPES = {"datetime": "TIMESTAMP", "string": "VARCHAR", "int": "INTEGER", "real": "DOUBLE"}
# External access is disabled only after connecting, because setting the time zone loads a part of DuckDB itself.
_SETTINGS = (
    "SET threads = 1; SET memory_limit = '1GB'; SET enable_external_access = false; SET lock_configuration = true"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query may see: what has arrived by `now`, narrowed by the rest. Times are aware; `end` is exclusive."""

    now: datetime
    start: datetime | None = None
    end: datetime | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a query: column names, their DuckDB types, and rows."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


class LogStore:
    """The traffic table. It keeps the newest `most_rows`, and up to 10 % more before it is pruned."""

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
        """Add rows: the time from which each is visible, then its columns in order."""
        if not rows:
            return
        placeholders = ", ".join("unnest(?)" for _ in rows[0])
        columns = [list(column) for column in zip(*rows, strict=True)]
        with self._lock:
            self._connection.execute(f"INSERT INTO arrived.traffic SELECT {placeholders}", columns)
            self._rows += len(rows)
            if self._rows > self._most_rows * 1.1:
                self._prune()

    def query(self, kql: str, scope: Scope, *, table_exists: bool = True) -> Result:
        """Return the result of `kql` within `scope`; before the first row, no table exists.

        Raises duckdb_kql's KqlSyntaxError, KqlSchemaError or KqlUnsupportedError for a query that it cannot translate,
        and duckdb.Error for one that the database rejects (an unknown table or column, incompatible types).
        """
        schema = {TRAFFIC: list(TRAFFIC_COLUMNS)} if table_exists else {_NO_TABLE: ["TimeGenerated"]}
        translated = duckdb_kql.to_sql(kql, schema=schema, allow_write=False, query_now=scope.now)
        with self._lock:
            if table_exists:
                self._connection.execute(_view(scope))
            answer = self._connection.sql(str(translated), params=translated.parameters or None)
            return Result(answer.columns, [str(kind) for kind in answer.types], answer.fetchall())

    def close(self) -> None:
        """Free the memory. The store cannot be used after that."""
        with self._lock:
            self._connection.close()

    def _prune(self) -> None:
        """Delete the oldest rows."""
        oldest = f"SELECT TimeGenerated FROM arrived.traffic ORDER BY 1 DESC LIMIT 1 OFFSET {self._most_rows}"  # noqa: S608  # a number
        self._connection.execute(f"DELETE FROM arrived.traffic WHERE TimeGenerated <= ({oldest})")  # noqa: S608  # the line above
        counted = self._connection.execute("SELECT count(*) FROM arrived.traffic").fetchone()
        self._rows = int(counted[0]) if counted else 0


def unknown_table(error: Exception) -> str | None:
    """Return the table that the translator or the database does not know, if its name could be Log Analytics'."""
    found = _UNKNOWN_TABLE.search(str(error))
    return next(filter(None, found.groups())) if found else None


def _view(scope: Scope) -> str:
    """Return the statement that makes the table's name a view of what is within `scope`."""
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
    """Return an aware time as an SQL literal in UTC."""
    return f"make_timestamp({int(moment.timestamp() * 1_000_000)})"
