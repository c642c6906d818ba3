"""What the last reconcile observed, and what it could not observe.

What can be read from Azure again is not stored, unless the API or the history must show what was last observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from shared.core.bounds import bounded
from shared.core.rollout.reasons import Reason


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a deployment answered the smoke requests, and when it was asked. healthy: None if that is not known.

    All requests must succeed; for a rollback to blue, one is enough. flawless: whether all did. flawless_since: when
    the current run of flawless probes began. since: when the current run of healthy ones began or, if this one failed,
    when it failed. A lost answer does not clear a failure for a few minutes.
    """

    deployment: str
    at: datetime
    healthy: bool | None
    since: datetime
    flawless: bool = False
    flawless_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """What a deployment was last seen to run: its model, and the digest of its content (empty: unknown).

    since: when it was first seen to run that. replaced: whether someone replaced what it ran at first. reported:
    whether that was taken into account.
    """

    deployment: str
    model: str
    content: str
    since: datetime
    replaced: bool = False
    reported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the last reconcile observed, and what it could not observe.

    last: when everything requested was last observed, to within two minutes. missing_since: since when Azure has said
    that there is no such endpoint. serving: the deployment with the most live traffic. endpoint_problem,
    telemetry_problem: why the endpoint or telemetry could not be read. missing_gates: gates without telemetry, with the
    source's reason. unproven: why there is no proof yet that this endpoint's telemetry arrives, as last reported.
    probe: the last one. green_content: what green ran when it was ready, as a digest (empty: unknown). runs: what
    `serving`, blue and kept deployments run. green_seen: whether green has been seen since it was ordered.
    green_missing_since: since when it has been missing again.
    """

    last: datetime | None = None
    missing_since: datetime | None = None
    serving: str | None = None
    endpoint_problem: str | None = None
    telemetry_problem: str | None = None
    missing_gates: dict[str, str] = field(default_factory=dict)
    unproven: Reason | None = None
    probe: Probe | None = None
    green_content: str = ""
    runs: tuple[Runs, ...] = ()
    green_seen: bool = False
    green_missing_since: datetime | None = None

    def __post_init__(self) -> None:
        """Truncate text from other services, which is for information only."""
        for name in ("endpoint_problem", "telemetry_problem", "missing_gates"):
            object.__setattr__(self, name, bounded(getattr(self, name)))
