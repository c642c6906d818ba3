"""Combines telemetry about deployments' minutes from its sources. Knows only the ports, not Azure.

Requests and errors come from one source, and nothing is judged without them. If another source fails, only its own gate
lacks evidence, with the reason. Minutes after the last one with requests are dropped: otherwise a source that is faster
than the request log would cause a minute to be judged before its errors are known.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from shared.core.observation import DeploymentMinute, PathState, TelemetryPath
from shared.core.telemetry import Need, TelemetryQuery
from shared.defects import as_temporary
from shared.errors import NotYet, Permanent, TealError, Temporary
from shared.ports import Fetch, Seen, TelemetryPaths, TelemetrySource

_LOG = logging.getLogger("teal.telemetry")
MOST_SECONDS = 40


class TelemetrySources:
    """The port Telemetry. paths: by source name. stopwatch: seconds since an arbitrary start."""

    def __init__(
        self,
        *sources: TelemetrySource,
        paths: Mapping[str, TelemetryPaths] | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths = paths or {}
        self._sources = {source.kind.name: source for source in sources}
        self._stopwatch = stopwatch

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return a row for each deployment and minute with requests or with data from another source, oldest first.

        Propagates the errors of the source of requests and errors. A gate whose evidence is unavailable is in
        `missing`, with the reason; without any request nothing else is read.
        """
        fetch = Fetch(endpoint, asked)
        together = self._together(asked)
        try:
            requests = self._source(asked.requests).read(fetch, together)
        except NotYet as error:
            return Seen((), no_table=str(error))
        if not requests:
            return Seen(())
        rows, missing = _Rows(requests), dict[str, str]()
        began = self._stopwatch()
        for gate, needs in asked.needs.items():
            apart = [need for need in needs if need not in together]
            if apart and self._stopwatch() - began > MOST_SECONDS:  # a due rollback must not wait for slow sources
                missing[gate] = f"reading the other sources took more than {MOST_SECONDS} seconds"
                continue
            try:
                with as_temporary(f"telemetry endpoint={endpoint} gate={gate}"):
                    for need in apart:
                        rows.merge(self._evidence(fetch, need, requests))
            except TealError as error:
                _LOG.warning("telemetry endpoint=%s gate=%s problem=%r", endpoint, gate, str(error))
                missing[gate] = str(error)
        return Seen(rows.sorted(), missing)

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        """Return how requests get from the endpoint into the source with this name; UNKNOWN if it needs no set-up."""
        settings = self._paths.get(source)
        return TelemetryPath(PathState.UNKNOWN) if settings is None else settings.path(endpoint)

    def _together(self, asked: TelemetryQuery) -> tuple[Need, ...]:
        """Return the needs to read with the requests: all that their source serves. Raises like `_source`."""
        wanted = asked.requests
        answers = self._source(wanted).kind.answers
        others = (need for needs in asked.needs.values() for need in needs)
        return (wanted, *dict.fromkeys(one for one in others if one.source == wanted.source and type(one) in answers))

    def _evidence(self, fetch: Fetch, need: Need, requests: Sequence[DeploymentMinute]) -> Sequence[DeploymentMinute]:
        """Return the data for a need beyond requests and errors, as minutes with nothing else."""
        source = self._source(need)
        found = source.read(fetch, (need,))
        if need.in_every_minute:
            _check_current(found, requests, fetch, f"no {need.subject} of {fetch.endpoint} in {source.kind.title}")
        return [replace(row, total=0, bad=0, client_errors=0, overloaded=0, addressed=0) for row in found]

    def _source(self, need: Need) -> TelemetrySource:
        """Return the source of a need. Raises Permanent if there is no such source, or it does not serve the need."""
        source = self._sources.get(need.source)
        if source is None:
            raise Permanent(f"{need.source!r} is not a telemetry source of this app; it has {', '.join(self._sources)}")
        if type(need) not in source.kind.answers:
            raise Permanent(f"{source.kind.title} does not provide {need.subject}")
        return source


def _check_current(
    found: Sequence[DeploymentMinute], requests: Sequence[DeploymentMinute], fetch: Fetch, nothing: str
) -> None:
    """Raise Temporary if a source lags behind the requests: missing minutes are then late, not empty."""
    fine = fetch.query.fine
    if not found and any(fine.since <= row.minute < fine.until for row in requests):
        raise Temporary(f"{nothing} for these minutes, although they have requests")
    if found and max(row.minute for row in found) < max(row.minute for row in requests):
        raise Temporary(f"{nothing} yet for the last of these minutes, although they have requests")


class _Rows:
    """Minutes by deployment, to which evidence is added; none after the last minute with requests."""

    def __init__(self, requests: Sequence[DeploymentMinute]) -> None:
        self._rows = {(row.minute, row.deployment): row for row in requests}
        self._last = max(row.minute for row in requests)

    def merge(self, parts: Iterable[DeploymentMinute]) -> None:
        """Add the parts' data; a minute that only they have has no requests."""
        for part in parts:
            if part.minute <= self._last:
                key = (part.minute, part.deployment)
                self._rows[key] = _merged(self._rows[key], part) if key in self._rows else part

    def sorted(self) -> tuple[DeploymentMinute, ...]:
        """Return the minutes, oldest first."""
        return tuple(self._rows[key] for key in sorted(self._rows))


def _merged(row: DeploymentMinute, part: DeploymentMinute) -> DeploymentMinute:
    return replace(
        row,
        slowness=row.slowness if part.slowness is None else part.slowness,
        percentiles=row.percentiles if part.percentiles is None else part.percentiles,
        predictions=row.predictions if part.predictions is None else part.predictions,
        tallies=row.tallies | part.tallies,
    )
