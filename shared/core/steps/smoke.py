"""The smoke step: requests that green must answer before it gets live traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.phases import Phase
from shared.core.policy.step import Step
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Document, Field, Sequence, Table
from shared.core.schema.kinds import file, whole
from shared.core.schema.texts import LONGEST_ANSWER
from shared.core.schema.times import MILLISECOND, SECOND, duration, spell
from shared.core.steps.traffic import next_step

EXAMPLES = 3
LOG_LINES = 12


@dataclass(frozen=True, slots=True)
class SmokeStep(Step):
    """Requests that green must answer before it gets live traffic.

    requests: path of a file or folder of requests next to the policy, or several; empty for the sample in the
    endpoint's own API description. status: the HTTP status that each answer must have. schema: path of a JSON Schema
    file that each answer must match. contains: JSON text that each answer must contain (objects by key, anything else
    equal). slowest: the longest time for an answer in the last round. repeat: how many times all requests are sent; all
    rounds but the last are warm-up. timeout: how long to wait for an answer before it counts as missing.
    """

    requests: str | tuple[str, ...] = ""
    status: int = 200
    timeout: timedelta = timedelta(seconds=10)
    schema: str | None = None
    contains: str | None = None
    slowest: timedelta | None = None
    repeat: int = 1
    kind: Literal["smoke"] = "smoke"
    proves_green: ClassVar[bool] = True

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in `requests`; empty for the endpoint's own sample."""
        return (self.requests,) if isinstance(self.requests, str) and self.requests else tuple(self.requests)

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return the decision that follows from the smoke test's result, if there is one yet."""
        del endpoint
        result = rollout.progress.smoke
        if result is None:
            return Decision(rollout)
        if result.passed and not rollout.telemetry_proven:
            return Decision(rollout)
        if result.passed:
            return next_step(rollout, reason(ReasonCode.SMOKE_PASSED, requests=result.sent), now)
        failed = reason(
            ReasonCode.SMOKE_FAILED,
            deployment=rollout.green,
            requests=result.sent,
            failed=result.failed,
            examples=list(result.problems[:EXAMPLES]),
            log_lines=log_lines(observation.logs),
        )
        return history.moved(rollout, Phase.ROLLING_BACK, failed, now)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the step's key in a policy file."""
        fields = (
            Field(
                "requests",
                Sequence(file("requests", "smoke/churn.jsonl"), "[smoke/a.json, smoke/b.json]", alone=True),
                "A request file inside the policies folder (one JSON document, or one on each line), a folder of them, "
                "or a list of both. Without it, Teal sends the sample request from the endpoint's own API "
                "description.",
                otherwise="the endpoint's sample",
            ),
            Field("status", whole(100, 599, "HTTP status", "200"), "The status that every response must have."),
            Field(
                "timeout",
                duration(SECOND, LONGEST_ANSWER, "10s"),
                "How long to wait for each response before it counts as missing.",
            ),
            Field(
                "schema",
                file("schema", "smoke/answer.schema.json"),
                "A JSON Schema file inside the policies folder that every response must match.",
            ),
            Field(
                "contains",
                Document("{result: ok}"),
                "What every response must contain: for a mapping these keys with these values, otherwise exactly this.",
            ),
            Field(
                "slowest",
                duration(MILLISECOND, LONGEST_ANSWER, "500ms"),
                "How long the slowest response of the last round may take.",
            ),
            Field(
                "repeat",
                whole(1, 1000, "rounds", "3"),
                "How many times to send all requests. All rounds but the last are warm-up.",
            ),
        )
        table = Table(
            fields,
            example="{requests: smoke/churn.jsonl}",
            makes=cls,
            make=lambda values: cls(**values | {"requests": _one_or_many(values["requests"])}),
            check=_check,
            short="requests",
        )
        return Field("smoke", table, "Requests that green must answer before it gets live traffic.")


def _one_or_many(paths: tuple[str, ...]) -> str | tuple[str, ...]:
    return paths if len(paths) > 1 else "".join(paths)


def _check(smoke: Part) -> None:
    if smoke.earlier("weight.to"):
        smoke.add("", "comes after a weight; green is tested before it gets live traffic")
    slowest, timeout = smoke["slowest"], smoke["timeout"]
    if slowest is not None and timeout is not None and slowest > timeout:
        smoke.add("slowest", f"{spell(slowest)} is longer than timeout, {spell(timeout)}, which applies first")


def log_lines(logs: str | None) -> list[str]:
    """Return a deployment's last log lines, truncated, for a history entry."""
    return [line[:500] for line in (logs or "").strip().splitlines()[-LOG_LINES:]]
