"""Azure ML's data collector: requests to deployments and their answers, written to the workspace's blob storage.

Blobs have the documented paths: `<folder>/{yyyy}/{MM}/{dd}/{HH}/{instance_id}.jsonl`, where the folder is that of the
collection's data asset or else `modelDataCollector/{endpoint}/{deployment}/{collection}`. Times are virtual. Collecting
does not delay requests: rows are buffered in memory and appended to their blobs a moment later. As in Azure, rows are
lost when storage fails or the buffer is full.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobType, ContainerClient

from emulator.arm_errors import ArmError
from emulator.clock import VirtualClock
from emulator.resources import Deployment, Json
from emulator.serving.call import Call
from emulator.serving.collected_rows import Exchange, collected, collector, dated_folder
from emulator.serving.outcome import Outcome

BUFFER_SECONDS = 0.2  # wall-clock time
WRITTEN_WITHIN = timedelta(seconds=20)  # virtual time; a write that takes longer slows the clock
MOST_WAITING = 10_000  # requests
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go: the workspace's ARM id, its blob container, and the folder of a data asset by its id."""

    workspace: str
    container: Callable[[], ContainerClient]
    folder: Callable[[str], str]


class DataCollection:
    """The data collector of all deployments. `seed` makes sampling repeatable."""

    def __init__(self, clock: VirtualClock, destination: Destination, seed: int | None = None) -> None:
        self._clock = clock
        self._destination = destination
        self._random = random.Random(seed)  # noqa: S311  # for sampling; not for security
        self._waiting: list[tuple[Exchange, str]] = []
        self._writing: asyncio.Task[None] | None = None
        self._instances: defaultdict[tuple[str, str], str] = defaultdict(lambda: str(uuid.uuid4()))

    def record(self, deployment: Deployment, call: Call, outcome: Outcome) -> None:
        """Record a request that the deployment's container has just answered, in each collection that samples it."""
        sample = self._random.random()
        exchange = Exchange(deployment, call, outcome, self._clock.now())
        for name, settings in (collector(deployment).get("collections") or {}).items():
            rate = settings.get("samplingRate")
            enabled = str(settings.get("dataCollectionMode")).lower() == "enabled"
            if enabled and sample < (1.0 if rate is None else rate) and len(self._waiting) < MOST_WAITING:
                self._waiting.append((exchange, name))
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what is still buffered."""
        if self._writing:
            await self._writing

    async def _write(self) -> None:
        """Append buffered rows until none are left."""
        await asyncio.sleep(BUFFER_SECONDS)
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                with self._clock.work_due(batch[0][0].moment + WRITTEN_WITHIN):
                    await asyncio.to_thread(self._append, batch)
            except (AzureError, ArmError) as error:
                _LOG.warning("%d collected payloads were lost: %s", len(batch), error)

    def _append(self, batch: list[tuple[Exchange, str]]) -> None:
        lines: defaultdict[str, list[str]] = defaultdict(list)
        with self._destination.container() as container:
            for exchange, name in batch:
                deployment = exchange.deployment
                folder = f"{self._folder(deployment, name)}/{dated_folder(deployment, exchange.moment)}"
                item = collected(exchange, name, self._source(deployment))
                if item and item.separate is not None:
                    item.row["data"] = container.upload_blob(f"{folder}/{item.row['id']}", item.separate).url
                if item:
                    instance = self._instances[deployment.endpoint, deployment.name]
                    lines[f"{folder}/{instance}.jsonl"].append(json.dumps(item.row))
            for path, rows in lines.items():
                text = "".join(f"{row}\n" for row in rows)
                container.upload_blob(path, text.encode(), blob_type=BlobType.APPENDBLOB)

    def _folder(self, deployment: Deployment, collection: str) -> str:
        settings: Json = collector(deployment)["collections"][collection]
        if settings.get("dataId"):
            return self._destination.folder(settings["dataId"])
        return f"modelDataCollector/{deployment.endpoint}/{deployment.name}/{collection}"

    def _source(self, deployment: Deployment) -> str:
        workspace = self._destination.workspace
        return f"{workspace}/onlineEndpoints/{deployment.endpoint}/deployments/{deployment.name}"
