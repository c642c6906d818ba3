"""Observes Azure and telemetry for one rollout, as the observation plan asks. Nothing is decided or done here.

A rollback needs only the endpoint: if telemetry, smoke requests or logs give no answer, even because of a defect in
Teal, that is noted and never fatal.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.bounds import bounded, cut
from shared.core.observation import EndpointSeen, Observation, PathState, QuotaSeen, SmokeResult, TelemetryPath
from shared.core.observation.spans import floor_minute
from shared.core.reconcile.plan import ObservationPlan, TelemetryQuery, Window, plan_observation, requests_to
from shared.core.reconcile.proving import newest_request
from shared.core.reconcile.serving_health import LOOK_BACK, latest
from shared.core.reconcile.sizing import Sizing
from shared.core.rollout import Rollout
from shared.core.steps import SmokeStep
from shared.defects import as_temporary
from shared.errors import Misconfigured, Permanent, TealError, Temporary
from shared.ports import Answer, Endpoints, JsonSchema, Policies, Scoring, Seen, Telemetry
from shared.redaction import redacted
from shared.sizes import with_template
from shared.smoke import smoke_result

log = logging.getLogger("teal.observer")
LOG_LINES = 40
LONGEST_QUOTA_PROBLEM = 200
FAILED_DEPENDENCY = 424
LONGEST_LINE, LONGEST_LOG = 2000, 40_000  # characters
READ = 4 * LONGEST_LOG  # more than is kept, so that truncation never leaves part of a secret


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads one workspace through its ports."""

    endpoints: Endpoints
    telemetry: Telemetry
    scoring: Scoring
    policies: Policies

    def observe(self, rollout: Rollout, now: datetime) -> Observation:
        """Return what is seen now. Raises Temporary or Permanent only if the endpoint itself cannot be seen."""
        endpoint = self.endpoints.see(rollout.endpoint.name)
        asked = plan_observation(rollout, endpoint, now)
        seen = Observation(endpoint=endpoint, settled_until=asked.minutes.window.until if asked.minutes else None)
        if asked.minutes is not None:
            seen = self._minutes(seen, rollout, asked.minutes)
        if asked.history is not None:
            seen = self._history(seen, rollout, asked.history)
        if asked.path and newest_request(rollout, seen.history or (), now) is None:
            seen = replace(seen, path=self._path(rollout))
        if asked.smoke is not None:
            seen = self._smoke(seen, rollout, asked.smoke)
        if asked.serving is not None:
            seen = self._serving(seen, rollout, asked.serving)
        if asked.start is not None or asked.sizing is not None:
            seen = self._before_start(seen, rollout, asked)
        if asked.probe is not None:
            seen = replace(seen, probed=asked.probe, probe=self._probe(rollout, asked.probe))
        if asked.autoscale:
            seen = replace(seen, autoscaled=self._autoscaled(rollout))
        if asked.logs or (seen.smoke is not None and not seen.smoke.passed):
            seen = replace(seen, logs=self._logs(rollout))
        return seen

    def serving(self, rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Observation:
        """Return how the serving deployment performs: by its last requests, and by a policy's smoke requests.

        rollout: any rollout of the endpoint; its policy says what to read and send.
        """
        seen, name = Observation(endpoint=endpoint), endpoint.serving()
        if name is None:
            return seen
        settled = floor_minute(now - rollout.telemetry_lag)
        seen = self._serving(seen, rollout, requests_to(name, rollout, Window(settled - LOOK_BACK, settled)))
        return seen if seen.serving_probe else replace(seen, serving_probe=self._probe(rollout, name))

    def _telemetry(self, rollout: Rollout, asked: TelemetryQuery) -> Seen:
        with as_temporary(f"telemetry endpoint={rollout.endpoint}"):
            return self.telemetry.minutes(rollout.endpoint.name, asked)

    def _minutes(self, seen: Observation, rollout: Rollout, asked: TelemetryQuery) -> Observation:
        try:
            answer = self._telemetry(rollout, asked)
        except TealError as error:
            return _unanswered(seen, rollout, error)
        return replace(seen, minutes=answer.minutes, missing=_missing(answer, rollout))

    def _history(self, seen: Observation, rollout: Rollout, asked: TelemetryQuery) -> Observation:
        try:
            answer = self._telemetry(rollout, asked)
        except TealError as error:
            return _unanswered(seen, rollout, error)
        return replace(
            seen,
            history=answer.minutes,
            history_missing=_missing(answer, rollout),
            no_table=redacted(answer.no_table or "", rollout.policy.redact) or seen.no_table,
        )

    def _before_start(self, seen: Observation, rollout: Rollout, asked: ObservationPlan) -> Observation:
        """Read what may prevent creating green: blue's health, and the quota."""
        if asked.sizing is not None:
            seen = replace(seen, quota=self._quota(rollout, asked.sizing))
        if asked.start is None:
            return seen
        try:
            answer = self._telemetry(rollout, asked.start)
        except TealError as error:
            log.warning("start endpoint=%s problem=%r", rollout.endpoint, _message(error, rollout))
            return seen
        return replace(seen, serving_minutes=answer.minutes, serving_until=asked.start.window.until)

    def _quota(self, rollout: Rollout, sizing: Sizing) -> QuotaSeen:
        """Read whether green fits into the quota. A quota that cannot be read prevents nothing."""
        try:
            with as_temporary(f"quota endpoint={rollout.endpoint}"):
                size = with_template(sizing, rollout, self.policies)
                return QuotaSeen(size.instances or 1, self.endpoints.quota(size.instance_type or ""))
        except TealError as error:
            log.warning("quota endpoint=%s problem=%r", rollout.endpoint, _message(error, rollout))
            return QuotaSeen(problem=cut(_message(error, rollout), LONGEST_QUOTA_PROBLEM))

    def _serving(self, seen: Observation, rollout: Rollout, asked: TelemetryQuery) -> Observation:
        """Watch the serving deployment after the rollout's end: by its requests, or by the smoke requests.

        Those are sent if no request succeeded, or the log could not be read.
        """
        name = seen.endpoint.serving() if seen.endpoint else None
        try:
            answer = self._telemetry(rollout, asked)
        except TealError as error:
            log.warning("serving endpoint=%s problem=%r", rollout.endpoint, _message(error, rollout))
        else:
            seen = replace(seen, serving_minutes=answer.minutes, serving_until=asked.window.until)
        last = latest(seen.serving_minutes or (), seen.serving_until)
        if name is None or any(row.deployment == name and row.succeeded > 0 for row in last):
            return seen
        return replace(seen, serving_probe=self._probe(rollout, name))

    def _probe(self, rollout: Rollout, name: str) -> SmokeResult | None:
        """Send the smoke requests, or the deployment's own sample; None without a smoke step, or if none can be sent.

        Only failed answers count: what is expected of green need not hold for blue.
        """
        step = next((step for step in rollout.policy.steps if isinstance(step, SmokeStep)), None)
        if step is None:
            return None
        try:
            with as_temporary(f"probe endpoint={rollout.endpoint} deployment={name}"):
                bodies = self._bodies(rollout, step, name)
                answers = self.scoring.answers(rollout.endpoint.name, name, bodies, step.timeout)
                return SmokeResult(len(answers), failed=sum(_failed(answer) for answer in answers))
        except TealError as error:
            log.warning("probe endpoint=%s deployment=%s problem=%r", rollout.endpoint, name, _message(error, rollout))
            return None

    def _path(self, rollout: Rollout) -> TelemetryPath | None:
        """Return the telemetry path; None if it cannot be read now, because a mere diagnosis must not stop anything."""
        try:
            with as_temporary(f"telemetry path endpoint={rollout.endpoint}"):
                return self.telemetry.path(rollout.endpoint.name, rollout.policy.judge.errors_from)
        except TealError as error:
            log.warning("telemetry path endpoint=%s problem=%r", rollout.endpoint, _message(error, rollout))
            refused = isinstance(error, Permanent)
            return TelemetryPath(PathState.UNKNOWN, cut(_message(error, rollout))) if refused else None

    def _smoke(self, seen: Observation, rollout: Rollout, step: SmokeStep) -> Observation:
        """Return the smoke test's result; without one, the next reconcile tries again."""
        try:
            with as_temporary(f"smoke endpoint={rollout.endpoint}"):
                schema = self.policies.schema(step.schema) if step.schema else None
                bodies = self._bodies(rollout, step, rollout.green)
        except Misconfigured as error:  # an invalid file of the policy says nothing about green
            return replace(seen, smoke_problem=cut(_message(error, rollout)))
        except Permanent as error:
            nothing = f"there is nothing to test with: {_message(error, rollout)}"
            return replace(seen, smoke=SmokeResult(sent=0, problems=(nothing,)))
        except Temporary as error:
            return replace(seen, smoke=self._unknown(rollout, error))
        return replace(seen, smoke=self._answered(rollout, step, bodies, schema))

    def _answered(
        self, rollout: Rollout, step: SmokeStep, bodies: tuple[bytes, ...], schema: JsonSchema | None
    ) -> SmokeResult | None:
        """Return how green answers; None if that is not known."""
        try:  # all rounds in one call, whose time is limited: a reconcile must end before the host stops it
            with as_temporary(f"smoke endpoint={rollout.endpoint}"):
                answers = self.scoring.answers(rollout.endpoint.name, rollout.green, bodies * step.repeat, step.timeout)
                return smoke_result(step, answers[-len(bodies) :], schema, len(answers), rollout.policy.redact)
        except TealError as error:  # such as a key that we may not read: not green's fault
            return self._unknown(rollout, error)

    def _unknown(self, rollout: Rollout, error: TealError) -> SmokeResult | None:
        log.warning("smoke endpoint=%s rollout=%s problem=%r", rollout.endpoint, rollout.id, _message(error, rollout))
        return None

    def _bodies(self, rollout: Rollout, step: SmokeStep, name: str) -> tuple[bytes, ...]:
        """Return the requests of the step's files, or the sample that the deployment's own description gives."""
        if not step.paths:
            return (self.scoring.sample(rollout.endpoint.name, name),)
        return tuple(body for path in step.paths for body in self.policies.requests(path))

    def _autoscaled(self, rollout: Rollout) -> dict[str, bool] | None:
        try:
            with as_temporary(f"autoscale endpoint={rollout.endpoint}"):
                return self.endpoints.autoscaled(rollout.endpoint.name)
        except TealError as error:
            log.warning("autoscale endpoint=%s problem=%r", rollout.endpoint.name, _message(error, rollout))
            return {} if isinstance(error, Permanent) else None

    def _logs(self, rollout: Rollout) -> str:
        try:
            with as_temporary(f"logs endpoint={rollout.endpoint}"):
                text = self.endpoints.logs(rollout.endpoint.name, rollout.green, LOG_LINES)
        except TealError as error:
            return f"(the log cannot be read: {_message(error, rollout)})"
        # Redact before cutting: a private key that is cut off or split into lines is no longer recognized.
        lines = redacted(text[-READ:], rollout.policy.redact)[-LONGEST_LOG:].splitlines()[-LOG_LINES:]
        return "\n".join(line[:LONGEST_LINE] for line in lines)


def _failed(answer: Answer) -> bool:
    """Return whether the answer is a failure. A model that refuses a request works: it may expect another schema."""
    status = answer.model_status if answer.status == FAILED_DEPENDENCY and answer.model_status else answer.status
    return status not in range(200, 500) or status in {408, FAILED_DEPENDENCY, 429}


def _unanswered(seen: Observation, rollout: Rollout, error: TealError) -> Observation:
    told = _message(error, rollout)
    log.warning("telemetry endpoint=%s problem=%r", rollout.endpoint.name, told)
    refused = isinstance(error, Permanent)
    return replace(seen, telemetry_problem=cut(f"telemetry gave no answer: {told}"), telemetry_refused=refused)


def _missing(answer: Seen, rollout: Rollout) -> dict[str, str]:
    """Return the gates without data, with what their sources say, which may quote anything."""
    return bounded({gate: redacted(why, rollout.policy.redact) for gate, why in answer.missing.items()})


def _message(error: TealError, rollout: Rollout) -> str:
    """Return the error's message without what the policy redacts; it has no other secret."""
    return redacted(str(error), rollout.policy.redact)
