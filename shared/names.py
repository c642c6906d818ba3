"""Names that code and infrastructure must agree on. Nothing but names."""

from __future__ import annotations

QUEUE = "reconcile"
QUEUE_CONNECTION = "AzureWebJobsStorage"
ROLLOUTS_TABLE = "rollouts"
MINUTES_TABLE = "minutes"
OPEN_TABLE = "open"
TABLES = (ROLLOUTS_TABLE, MINUTES_TABLE, OPEN_TABLE)
