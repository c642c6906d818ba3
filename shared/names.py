"""Names shared by code and infrastructure."""

from __future__ import annotations

import re

QUEUE = "reconcile"
DEAD_LETTERS = "dead-letters"
QUEUE_CONNECTION = "AzureWebJobsStorage"
ROLLOUTS_TABLE = "rollouts"
MINUTES_TABLE = "minutes"
OPEN_TABLE = "open"
# Azure ML's rule for endpoints and deployments. It also keeps unsafe input out of keys, queries and paths.
ENDPOINT_NAME = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]{1,30}[a-zA-Z0-9])")
TABLES = (ROLLOUTS_TABLE, MINUTES_TABLE, OPEN_TABLE)
