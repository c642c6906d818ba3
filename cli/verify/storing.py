"""Table and queue: conditional writes, transactions, and what the Functions host will read."""

from __future__ import annotations

import base64
import json

from azure.core.exceptions import ResourceNotFoundError

from cli.verify.azure import Azure
from cli.verify.removal import Removals
from cli.verify.report import Report, UnexpectedError
from shared.adapters.queues import QueueWakeups
from shared.adapters.table import Table, write
from shared.adapters.table_rows import Row
from shared.core.endpoint_id import EndpointId
from shared.errors import Conflict


def table(azure: Azure, report: Report, removals: Removals) -> None:
    """Write as two simultaneous writers would, and as part of a transaction that cannot succeed."""
    name = f"tealverify{azure.wanted.suffix}"
    removals.add(f"table {name}", lambda: azure.tables.delete_table(name))
    rows = Table(azure.tables.get_table_client(name))
    with report.check("S1", needed=True):
        (first,) = rows.submit([write(_row("one", 1), None)])
        rows.submit([write(_row("one", 2), first)])
        if not _refused(rows, [_row("one", 3)], first) or not _refused(rows, [_row("one", 4)], None):
            raise UnexpectedError("a stale write was accepted")
    with report.check("S2"):
        if not _refused(rows, [_row("two", 1), _row("one", 5)], first):
            raise UnexpectedError("a transaction with a stale row was accepted")
        if rows.get("probe", "two") is not None:
            raise UnexpectedError("half of a refused transaction was written")


def _refused(rows: Table, written: list[Row], etag: str | None) -> bool:
    """Return whether a transaction is refused. etag: of the last row; the others are new."""
    *new, last = written
    try:
        rows.submit([*(write(row, None) for row in new), write(last, etag)])
    except Conflict:
        return True
    return False


def _row(key: str, value: int) -> Row:
    return {"PartitionKey": "probe", "RowKey": key, "value": value}


def queue(azure: Azure, report: Report, removals: Removals) -> None:
    """Send a wake-up and read what arrives."""
    name, probe = f"teal-verify-{azure.wanted.suffix}", EndpointId("none", "probe")
    client = azure.queue(name)

    def remove() -> None:
        try:
            client.delete_queue()
        except ResourceNotFoundError:
            return

    removals.add(f"queue {name}", remove)
    with report.check("S4"):
        QueueWakeups(client).wake(probe)
        texts = [str(message.content) for message in client.receive_messages(max_messages=1)]
        if [json.loads(base64.b64decode(text)) for text in texts] != [{"workspace": "none", "endpoint": "probe"}]:
            raise UnexpectedError(f"the queue has {texts}")
