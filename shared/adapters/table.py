"""One table of Azure Table Storage, reduced to what records need: get a row, read a range, write all or nothing.

A conditional write is never sent without its condition. Knows nothing about the meaning of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.adapters.faults import azure_faults, write_faults
from shared.adapters.table_keys import KeyRange
from shared.adapters.table_rows import Row

T = TypeVar("T")
Operation = tuple[str, Row, Mapping[str, Any]]

MOST_OPERATIONS = 100  # per transaction


def write(row: Row, etag: str | None) -> Operation:
    """Return the operation that creates the row (etag None), or replaces it if its etag is unchanged."""
    if etag is None:
        return ("create", row, {})
    condition = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", row, condition)


def merge(row: Row) -> Operation:
    """Return the operation that writes the row's properties and leaves others that are there."""
    return ("upsert", row, {"mode": UpdateMode.MERGE})


def remove(partition: str, row_key: str) -> Operation:
    """Return the operation that deletes a row."""
    return ("delete", {"PartitionKey": partition, "RowKey": row_key}, {})


def upsert(row: Row) -> Operation:
    """Return the operation that writes the row unconditionally."""
    return ("upsert", row, {"mode": UpdateMode.REPLACE})


class Table:
    """A table. Infrastructure creates it; if it is missing, reads return nothing and the first write creates it."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    def get(self, partition: str, row_key: str) -> TableEntity | None:
        """Return one row with its metadata, or None."""
        with azure_faults(f"read {self._place(partition)}/{row_key}"):
            try:
                return self._client.get_entity(partition, row_key)
            except ResourceNotFoundError:
                return None

    def range(self, partition: str, keys: KeyRange) -> list[TableEntity]:
        """Return the rows of a partition with keys in the range, in key order."""
        question = "PartitionKey eq @partition and RowKey ge @first and RowKey lt @end"
        return self._query(question, {"partition": partition, "first": keys.first, "end": keys.end})

    def first(self, partition: str, after: str, end: str, columns: Mapping[str, str], limit: int) -> list[TableEntity]:
        """Return the first `limit` rows of a partition with keys between `after` and `end` (both exclusive).

        columns: values that the rows must have.
        """
        question = "PartitionKey eq @partition and RowKey gt @after and RowKey lt @end"
        question += "".join(f" and {name} eq @{name}" for name in columns)
        return self._query(question, {"partition": partition, "after": after, "end": end, **columns}, limit)

    def partitions(self, keys: KeyRange) -> list[TableEntity]:
        """Return all rows of the partitions with keys in the range."""
        return self._query("PartitionKey ge @first and PartitionKey lt @end", {"first": keys.first, "end": keys.end})

    def submit(self, operations: Sequence[Operation]) -> list[str]:
        """Write all operations (in one partition, at most 100) or none; return the new etags in order.

        Raises Conflict, with nothing written, if a condition fails.
        """
        if not operations:
            return []
        with write_faults(f"write {len(operations)} rows to {self._place(operations[0][1]['PartitionKey'])}"):
            results = self._in_existing_table(lambda: self._client.submit_transaction(operations))
        return [str(result.get("etag") or "") for result in results]  # a deletion has none

    def put(self, row: Row) -> None:
        """Write one row unconditionally."""
        with azure_faults(f"write {self._place(row['PartitionKey'])}/{row['RowKey']}"):
            self._in_existing_table(lambda: self._client.upsert_entity(row, mode=UpdateMode.REPLACE))

    def delete(self, partition: str, row_key: str, etag: str | None = None) -> None:
        """Delete one row. A missing row is not an error, nor is one whose etag has changed."""
        condition = MatchConditions.Unconditionally if etag is None else MatchConditions.IfNotModified
        with azure_faults(f"delete {self._place(partition)}/{row_key}"), suppress(ResourceModifiedError):
            self._client.delete_entity(partition, row_key, etag=etag, match_condition=condition)

    def clear(self, partition: str, keys: KeyRange) -> int:
        """Delete the rows of a partition with keys in the range; return how many there were."""
        found = [(row["PartitionKey"], row["RowKey"]) for row in self.range(partition, keys)]
        for start in range(0, len(found), MOST_OPERATIONS):
            self.submit([remove(*names) for names in found[start : start + MOST_OPERATIONS]])
        return len(found)

    def _query(self, question: str, values: dict[str, str], limit: int | None = None) -> list[TableEntity]:
        with azure_faults(f"query table {self._client.table_name}"):
            try:
                found = self._client.query_entities(question, parameters=values, results_per_page=limit)
                return list(islice(found, limit))
            except ResourceNotFoundError:
                return []

    def _in_existing_table(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except HttpResponseError as error:
            if getattr(error, "error_code", None) != "TableNotFound":
                raise
        with suppress(ResourceExistsError):  # another instance may have just created it
            self._client.create_table()
        return call()

    def _place(self, partition: str) -> str:
        return f"{self._client.table_name}/{partition}"
