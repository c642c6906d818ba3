"""Azure ML's data collector: what deployments are asked and answer, written into the workspace's blob storage.

Files are those that Azure documents: `<folder>/{yyyy}/{MM}/{dd}/{HH}/{instance_id}.jsonl`, the folder being the data
asset's of the collection, else `modelDataCollector/{endpoint}/{deployment}/{collection}`. Times are the virtual
clock's. It never keeps a request waiting: rows gather in memory and are appended to their blobs a moment later; what
storage refuses, or is too much, is lost, as in Azure.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobType

from emulator.resource_manager.errors import ArmError
from emulator.serving.collected_rows import Exchange, collected, collector, dated

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.blob import ContainerClient

    from emulator.clock import VirtualClock
    from emulator.resources import Deployment, Json
    from emulator.serving.call import Call
    from emulator.serving.outcome import Outcome

GATHERING_SECONDS = 0.2
WRITTEN_WITHIN = timedelta(seconds=20)  # virtual; what takes longer slows the clock
MOST_WAITING = 10_000  # requests
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go. workspace: its ARM id. container: opens the container. folder: the path of a data asset's id."""

    workspace: str
    container: Callable[[], ContainerClient]
    folder: Callable[[str], str]


class DataCollection:
    """The data collector of all deployments. Seed it to repeat what is sampled."""

    def __init__(self, clock: VirtualClock, destination: Destination, seed: int | None = None) -> None:
        self._clock = clock
        self._destination = destination
        self._random = random.Random(seed)  # noqa: S311  # samples, guards nothing
        self._waiting: list[tuple[Exchange, str]] = []
        self._writing: asyncio.Task[None] | None = None
        self._instances: defaultdict[tuple[str, str], str] = defaultdict(lambda: str(uuid.uuid4()))

    def record(self, deployment: Deployment, call: Call, outcome: Outcome) -> None:
        """Note a request that the deployment's container has just answered, for each collection that samples it."""
        die = self._random.random()
        exchange = Exchange(deployment, call, outcome, self._clock.now())
        for name, settings in (collector(deployment).get("collections") or {}).items():
            rate = settings.get("samplingRate")
            enabled = str(settings.get("dataCollectionMode")).lower() == "enabled"
            if enabled and die < (1.0 if rate is None else rate) and len(self._waiting) < MOST_WAITING:
                self._waiting.append((exchange, name))
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what still waits."""
        if self._writing:
            await self._writing

    async def _write(self) -> None:
        """Append what has gathered, until nothing waits."""
        await asyncio.sleep(GATHERING_SECONDS)
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                with self._clock.work_due(batch[0][0].moment + WRITTEN_WITHIN):
                    await asyncio.to_thread(self._append, batch)
            except (AzureError, ArmError) as error:
                _LOG.warning("%d collected payloads are lost: %s", len(batch), error)

    def _append(self, batch: list[tuple[Exchange, str]]) -> None:
        lines: defaultdict[str, list[str]] = defaultdict(list)
        with self._destination.container() as container:
            for exchange, name in batch:
                place = f"{self._folder(exchange.deployment, name)}/{dated(exchange.deployment, exchange.moment)}"
                made = collected(exchange, name, self._source(exchange.deployment))
                if made and made.apart is not None:
                    apart = container.upload_blob(f"{place}/{made.row['id']}", made.apart)
                    made.row["data"] = apart.url
                if made:
                    lines[f"{place}/{self._instance(exchange.deployment)}.jsonl"].append(json.dumps(made.row))
            for path, rows in lines.items():
                text = "".join(f"{row}\n" for row in rows)
                container.upload_blob(path, text.encode(), blob_type=BlobType.APPENDBLOB)

    def _folder(self, deployment: Deployment, collection: str) -> str:
        settings: Json = collector(deployment)["collections"][collection]
        if settings.get("dataId"):
            return self._destination.folder(settings["dataId"])
        return f"modelDataCollector/{deployment.endpoint}/{deployment.name}/{collection}"

    def _source(self, deployment: Deployment) -> str:
        parts = ("onlineEndpoints", deployment.endpoint, "deployments", deployment.name)
        return "/".join((self._destination.workspace, *parts))

    def _instance(self, deployment: Deployment) -> str:
        return self._instances[deployment.endpoint, deployment.name]
