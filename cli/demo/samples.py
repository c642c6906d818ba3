"""The outcomes of the requests: one line of text each, and the counts used in the report.

Pure apart from reading the file.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path

NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One request. sent: unix seconds on the demo's clock. seconds: wall time until the response was read.

    row: the line of the request file. status: HTTP status, or NO_ANSWER. deployment: the one that answered, or "".
    """

    sent: float
    seconds: float
    row: int
    status: int
    deployment: str

    @property
    def failed(self) -> bool:
        """Whether the user got no prediction."""
        return self.status != 200

    def line(self) -> str:
        """Return the sample as a line of text."""
        return f"{self.sent:.4f} {self.seconds:.4f} {self.row} {self.status} {self.deployment}\n"


def parse(line: str) -> Sample:
    """Return the sample in a line. Raises ValueError."""
    sent, seconds, row, status, *deployment = line.split()
    return Sample(float(sent), float(seconds), int(row), int(status), deployment[0] if deployment else "")


@dataclass(slots=True)
class SampleFile:
    """A growing file of samples, read incrementally."""

    path: Path
    samples: list[Sample] = field(default_factory=list)
    _read: int = 0

    def read(self) -> list[Sample]:
        """Return all samples so far, in the order of the responses."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
            if newline:
                self._read += len(whole) + 1
                self.samples += [parse(line) for line in whole.decode().splitlines()]
        return self.samples


@dataclass(frozen=True, slots=True)
class Count:
    """The number of requests, and how many of them failed."""

    requests: int = 0
    failed: int = 0

    @property
    def share(self) -> float:
        """The share that failed; 0 without requests."""
        return self.failed / self.requests if self.requests else 0.0


def count(samples: Iterable[Sample]) -> Count:
    """Return the number of samples, and of those that failed."""
    outcomes = [sample.failed for sample in samples]
    return Count(len(outcomes), sum(outcomes))


def by_deployment(samples: Iterable[Sample]) -> dict[str, Count]:
    """Return the counts by deployment; requests without a response are under ""."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.deployment, []).append(sample)
    return {name: count(group) for name, group in sorted(groups.items())}


def within(samples: Iterable[Sample], began: float, ended: float) -> list[Sample]:
    """Return the samples sent from `began` until just before `ended` (unix seconds on the demo's clock)."""
    return [sample for sample in samples if began <= sample.sent < ended]


def span_of(samples: Iterable[Sample], deployment: str) -> tuple[float, float] | None:
    """Return when the first and last requests answered by this deployment were sent; None if there were none."""
    times = [sample.sent for sample in samples if sample.deployment == deployment]
    return (min(times), max(times)) if times else None


def per_minute(samples: Iterable[Sample]) -> float:
    """Return the requests sent per minute of the demo's clock; 0 for fewer than two samples."""
    times = [sample.sent for sample in samples]
    span = max(times) - min(times) if times else 0.0
    return 60 * (len(times) - 1) / span if span else 0.0


@dataclass(frozen=True, slots=True)
class Spared:
    """The cost of a rollout for its users, and what switching all traffic immediately would have cost them.

    All counts cover the time between green's first and last live request. failed: requests on green that failed.
    would_have_failed: requests to any deployment whose row makes green's script fail.
    """

    requests: int
    green_requests: int
    failed: int
    would_have_failed: int


def spared(samples: Iterable[Sample], green: str, failing_rows: Container[int]) -> Spared | None:
    """Return what the gradual rollout of `green` spared its users; None if green had no live request."""
    known = list(samples)
    span = span_of(known, green)
    if span is None:
        return None
    while_live = [sample for sample in known if span[0] <= sample.sent <= span[1]]
    on_green = [sample for sample in while_live if sample.deployment == green]
    return Spared(
        requests=len(while_live),
        green_requests=len(on_green),
        failed=count(on_green).failed,
        would_have_failed=sum(sample.row in failing_rows for sample in while_live),
    )
