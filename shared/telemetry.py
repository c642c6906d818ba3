"""All that telemetry tells of a deployment's minutes, put together from its sources. It knows the ports, and no Azure.

Requests and errors come from one source, and nothing is judged without them. Whatever else fails takes only its own
gate's evidence with it, and says why. It must never give a minute behind the last one that has requests: a source that
is quicker than the log would have that minute judged before its errors are known.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.collected_answers import disagreements, predicted
from shared.core.gates import DisagreementGate, Gate, LatencyGate, PredictionsGate, QueryGate
from shared.core.observation import DeploymentMinute
from shared.core.policy import Source
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.errors import TealError, Temporary
from shared.ports import Answers, AnswerSeen, Policies, Queries, Seen, Traffic

_LOG = logging.getLogger("teal.telemetry")
# Of a past as much as tells which classes there are, and can be read in one look.
ANSWERS_SPAN = timedelta(minutes=15)
MOST_SECONDS = 40
LEAST_ANSWERS = 20  # so many of both without a pair are no accident
NAMES: dict[Source, str] = {"logs": "the traffic log", "metrics": "the platform's metrics"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The port Telemetry. policies: where the text of a query is found. stopwatch: seconds, from any beginning."""

    log: Traffic
    metrics: Traffic
    queries: Queries
    answers: Answers
    policies: Policies
    stopwatch: Callable[[], float] = time.monotonic

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return every deployment and minute that has requests, or was counted by a query, oldest first.

        Raises what the source of requests and errors raises. A gate whose evidence cannot be had is `missing` from the
        answer, with the reason; without any request nothing else is asked.
        """
        requests = self._requests(endpoint, asked)
        if not requests:
            return Seen(())
        look = _Look(endpoint, asked, requests, self.answers)
        rows, missing = _Rows(requests), dict[str, str]()
        began = self.stopwatch()
        for gate in asked.gates:
            if self.stopwatch() - began > MOST_SECONDS:  # a rollback that is due must not wait behind slow sources
                missing[gate.name] = f"other sources took more than {MOST_SECONDS} seconds of this look"
                continue
            try:
                rows.merge(self._evidence(gate, look))
            except TealError as error:
                _LOG.warning("telemetry endpoint=%s gate=%s problem=%r", endpoint, gate.name, str(error))
                missing[gate.name] = str(error)
        return Seen(rows.sorted(), missing)

    def _requests(self, endpoint: str, asked: TelemetryQuery) -> Sequence[DeploymentMinute]:
        """Return requests and errors, with latency if the same source is to tell it."""
        timed = asked.latency_from == asked.errors_from and any(isinstance(gate, LatencyGate) for gate in asked.gates)
        latency = asked.fine if timed else None
        return self._source(asked.errors_from).minutes(endpoint, asked.window, latency, once=asked.retries == "once")

    def _evidence(self, gate: Gate, look: _Look) -> Sequence[DeploymentMinute]:
        """Return what this gate needs beyond requests and errors, as minutes that tell nothing else."""
        match gate:
            case LatencyGate():
                return self._latency(look)
            case QueryGate():
                return self._tallies(gate, look)
            case PredictionsGate():
                return [row for name in look.asked.deployments for row in predicted(look.answers(name), gate.reading)]
            case DisagreementGate() if len(look.asked.deployments) > 1:
                return self._disagreements(gate, look)
            case _:
                return ()

    def _latency(self, look: _Look) -> Sequence[DeploymentMinute]:
        asked = look.asked
        if asked.latency_from == asked.errors_from:
            return ()  # it came with the requests
        found = self._source(asked.latency_from).minutes(look.endpoint, asked.fine, asked.fine)
        nothing = f"{NAMES[asked.latency_from]} of {look.endpoint} knows nothing of"
        seen = f"in which {NAMES[asked.errors_from]} saw requests"
        if not found and any(asked.fine.since <= row.minute < asked.fine.until for row in look.requests):
            raise Temporary(f"{nothing} these minutes, {seen}")
        if found and max(row.minute for row in found) < max(row.minute for row in look.requests):
            raise Temporary(f"{nothing} the last of these minutes yet, {seen}")
        return [
            DeploymentMinute(row.deployment, row.minute, 0, 0, slowness=row.slowness, percentiles=row.percentiles)
            for row in found
        ]

    def _tallies(self, gate: QueryGate, look: _Look) -> Sequence[DeploymentMinute]:
        found = self.queries.tallies(look.endpoint, look.asked.window, self.policies.query(gate.query))
        return [DeploymentMinute(one.deployment, one.minute, 0, 0, tallies={gate.name: one.tally}) for one in found]

    def _disagreements(self, gate: DisagreementGate, look: _Look) -> Sequence[DeploymentMinute]:
        blue, green = (look.answers(look.asked.deployments[place]) for place in (0, -1))
        found = disagreements(blue, green, gate)
        if look.asked.mirrored and not found and min(len(blue), len(green)) >= LEAST_ANSWERS:
            words = f"none of the {len(green)} answers that green collected has the request id (xrequestid) of one of"
            raise Temporary(f"{words} blue's {len(blue)}; see docs/judge.md")
        return found

    def _source(self, name: Source) -> Traffic:
        return self.log if name == "logs" else self.metrics


@dataclass(slots=True)
class _Look:
    """One look at one endpoint: what is asked, the requests that were seen, and answers, each read once."""

    endpoint: str
    asked: TelemetryQuery
    requests: Sequence[DeploymentMinute]
    source: Answers
    read: dict[str, Sequence[AnswerSeen]] = field(default_factory=dict)

    def answers(self, deployment: str) -> Sequence[AnswerSeen]:
        """Return the answers that a deployment collected in the part of the window for which they are wanted."""
        if deployment not in self.read:
            fine = self.asked.fine
            late = Window(max(fine.since, fine.until - ANSWERS_SPAN), fine.until)
            self.read[deployment] = self.source.collected(self.endpoint, deployment, late)
        return self.read[deployment]


class _Rows:
    """Minutes by deployment, to which evidence is added; none behind the last minute that has requests."""

    def __init__(self, requests: Sequence[DeploymentMinute]) -> None:
        self._rows = {(row.minute, row.deployment): row for row in requests}
        self._last = max(row.minute for row in requests)

    def merge(self, parts: Iterable[DeploymentMinute]) -> None:
        """Add what the parts know; a minute that only they know of has no requests."""
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
