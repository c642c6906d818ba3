"""From values that are complete and right to the core's policy. It must never check or default anything."""

from __future__ import annotations

from typing import Any

from shared.core.judge.verdict import Risk
from shared.core.policy import (
    Deadlines,
    JudgeSettings,
    ModelSelector,
    PauseStep,
    Policy,
    SmokeStep,
    Step,
    WeightStep,
)

Values = dict[str, Any]


def build_policy(values: Values) -> Policy:
    """Return the policy. The endpoint's name is in lower case: so Azure's tools write it, and one name is one lock."""
    return Policy(
        endpoint=values["endpoint"].lower(),
        models=tuple(ModelSelector(model["name"], dict(model["tags"])) for model in values["models"]),
        steps=tuple(_step(step) for step in values["steps"]),
        judge=_judge(values["judge"], values["telemetry"]),
        deadlines=Deadlines(**values["deadlines"]),
        keep_blue=values["keep_blue"],
        on_rollback=values["on_rollback"],
    )


def _step(step: Values) -> Step:
    match step:
        case {"smoke": smoke}:
            return SmokeStep(smoke["requests"], smoke["status"], smoke["timeout"])
        case {"weight": weight}:
            return WeightStep(weight)
        case _:
            return PauseStep(step["pause"]["for"])


def _judge(judge: Values, telemetry: Values) -> JudgeSettings:
    return JudgeSettings(
        risk=Risk(judge["rollback_risk"], judge["advance_risk"], judge["settled_minutes"]),
        budget=judge["budget"],
        patience=judge["patience"],
        inconclusive=judge["inconclusive"],
        telemetry_lag=telemetry["lag"],
        history=telemetry["history"],
    )
