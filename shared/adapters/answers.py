"""Collected answers of deployments, from the blobs written by Azure ML's data collector.

Reads only folders and blobs that may have rows in the window, and only the end of each blob, since rows are appended
in order of arrival. Azure does not document how late a row is written, or into which hour's folder at the turn of an
hour; both are allowed for. An incomplete result is never returned: above a limit of bytes an error is raised instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.credentials import TokenCredential
from azure.storage.blob import BlobProperties, ContainerClient

from shared.adapters.collected_rows import Row, UnreadableRow, answer, belongs, read_row
from shared.adapters.collection_places import CollectionPlace
from shared.adapters.faults import azure_faults
from shared.core.telemetry import Window
from shared.errors import Permanent
from shared.ports import AnswerSeen, Clock

MOST_BYTES = 16 * 1024 * 1024
PIECE = 1024 * 1024
LATE = timedelta(minutes=5)  # rows may be written this late, and out of order
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """How to open containers. options: keyword arguments for the SDK (retries, timeouts)."""

    credential: TokenCredential
    options: dict[str, Any] = field(default_factory=dict)

    def open(self, url: str) -> ContainerClient:
        """Return a client for the container at this URL."""
        return ContainerClient.from_container_url(url, credential=self.credential, **self.options)


class CollectedAnswers:
    """The port Answers. where: locates a deployment's answers (CollectionPlaces.of); clock: the app's."""

    def __init__(
        self,
        where: Callable[[str, str], CollectionPlace],
        open_container: Callable[[str], ContainerClient],
        clock: Clock,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._where = where
        self._open = open_container
        self._clock = clock
        self._most_bytes = most_bytes

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        """Return the answers collected in the window, oldest first, without duplicates.

        Raises Permanent if the deployment does not collect answers, or collects more than can be read.
        """
        place = self._where(endpoint, deployment)
        found: dict[str, AnswerSeen] = {}
        skipped = 0
        with (
            azure_faults(f"read the collected answers of {endpoint}/{deployment}"),
            self._open(place.container) as blobs,
        ):
            for line in self._lines(blobs, place, window):
                try:
                    row = read_row(line)
                    if window.since <= row["time"] < window.until and belongs(row, endpoint, deployment):
                        found[_identity(row, len(found))] = answer(row, deployment)
                except UnreadableRow:
                    skipped += 1
        if skipped:
            _LOG.warning("%d collected answers of %s/%s could not be read", skipped, endpoint, deployment)
        return tuple(sorted(found.values(), key=lambda each: (each.at, each.request)))

    def _lines(self, blobs: ContainerClient, place: CollectionPlace, window: Window) -> Iterator[bytes]:
        left = self._most_bytes
        for blob in self._changed(blobs, place, window):
            for line in _ending(blobs, blob, window.since - LATE, left):
                left -= len(line) + 1
                if line.strip():
                    yield line

    def _changed(self, blobs: ContainerClient, place: CollectionPlace, window: Window) -> Iterator[BlobProperties]:
        """Yield the blobs in the window's folders that changed since it began."""
        # By age, not by date: in a rehearsal the app's clock is ahead of storage's, and at least as fast.
        age = self._clock() - window.since + LATE
        dates: list[datetime] = []
        for prefix in _prefixes(place, window):
            for blob in blobs.list_blobs(name_starts_with=prefix, raw_response_hook=lambda page: _note(page, dates)):
                if blob.size and (not dates or dates[-1] - blob.last_modified <= age):
                    yield blob


def _prefixes(place: CollectionPlace, window: Window) -> list[str]:
    hour = timedelta(hours=1)
    first = window.since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = int((window.until - first + LATE) / hour) + 1
    dated = dict.fromkeys((first + number * hour).strftime(place.dated) for number in range(hours))
    return [f"{folder}/{each}/" for folder in place.folders for each in dated]


def _note(page: Any, dates: list[datetime]) -> None:  # noqa: ANN401 -- azure-core's PipelineResponse, untyped here
    """Record storage's own time, to compare with its modification dates."""
    date = page.http_response.headers.get("Date")
    if date:
        dates.append(parsedate_to_datetime(date))


def _ending(blobs: ContainerClient, blob: BlobProperties, since: datetime, left: int) -> list[bytes]:
    """Return a blob's last lines, back to a row before `since`. Raises Permanent if that takes over `left` bytes."""
    start, pieces = blob.size, [b""]
    while start > 0 and not _older(pieces[-1], since):
        if blob.size - start >= left:
            raise Permanent("more answers are collected than can be read: lower data_collector.sampling_rate")
        length = min(PIECE, start)
        start -= length
        pieces.append(blobs.download_blob(blob.name, offset=start, length=length).readall())
    lines = b"".join(reversed(pieces)).split(b"\n")
    return lines if start == 0 else lines[1:]


def _older(piece: bytes, since: datetime) -> bool:
    """Return whether the first whole line of a chunk is a row before `since`."""
    lines = piece.split(b"\n", 2)
    try:
        return len(lines) > 2 and bool(read_row(lines[1])["time"] < since)
    except UnreadableRow:
        return False


def _identity(row: Row, number: int) -> str:
    return str(row.get("id") or f"row {number}")
