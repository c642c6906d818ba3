"""From values that are complete and right to the core's policy. It must never check anything."""

from __future__ import annotations

from datetime import time

from shared.core.judge.verdict import Risk
from shared.core.policy import (
    Capacity,
    Deadlines,
    EndpointSpec,
    FreezeWindow,
    JudgeSettings,
    LiveSource,
    ModelSelector,
    Policy,
    TemplateSource,
)
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.policies.gate_building import build_gates
from shared.policies.reading import Values
from shared.policies.tables.policy import DAYS

MIDNIGHT = time(0, 0)


def build_policy(values: Values, template_count: int | None = None) -> Policy:
    """Return the policy. template_count: the number of instances that its template gives, if any.

    The endpoint's name is in lower case: so Azure's tools write it, and one name is one lock.
    """
    return Policy(
        endpoint=values["endpoint"]["name"].lower(),
        models=tuple(_model(model) for model in values["models"]),
        steps=tuple(_step(step) for step in values["steps"]),
        judge=_judge(values["judge"], values["telemetry"]),
        deadlines=Deadlines(**values["deadlines"]),
        keep_blue=values["keep_blue"]["for"],
        on_rollback=values["on_rollback"],
        name=values["name"],
        source=_source(values["deployment"]),
        capacity=_capacity(values, template_count),
        create_endpoint=_endpoint(values["endpoint"]["create"]),
        newer_version=values["newer_version"],
        freeze=tuple(_freeze(window) for window in values["freeze"]),
    )


def _model(model: Values) -> ModelSelector:
    return ModelSelector(model["name"], dict(model["tags"]), model["version"])


def _step(step: Values) -> Step:
    match step:
        case {"smoke": smoke}:
            return SmokeStep(**smoke)
        case {"mirror": mirror}:
            return MirrorStep(mirror["percent"], mirror["for"], mirror["requests"])
        case {"weight": weight}:
            return _weight(weight)
        case _:
            return PauseStep(step["pause"]["for"])


def _weight(weight: Values) -> WeightStep:
    gates = weight["gates"]
    return WeightStep(
        weight=weight["to"],
        settled_minutes=weight["settled_minutes"],
        patience=weight["patience"],
        inconclusive=weight["inconclusive"],
        gates=None if gates is None else tuple(gates),
    )


def _judge(judge: Values, telemetry: Values) -> JudgeSettings:
    return JudgeSettings(
        risk=Risk(judge["rollback_risk"], judge["advance_risk"], judge["settled_minutes"]),
        budget=judge["budget"],
        patience=judge["patience"],
        inconclusive=judge["inconclusive"],
        telemetry_lag=telemetry["lag"],
        history=telemetry["history"],
        gates=build_gates(judge["gates"]),
        retries=telemetry["retries"],
        errors_from=telemetry["errors"],
        latency_from=telemetry["latency"],
    )


def _source(deployment: Values) -> LiveSource | TemplateSource:
    if deployment["template"]:
        return TemplateSource(deployment["template"], deployment["instance_type"])
    return LiveSource(deployment["instance_type"])


def _capacity(values: Values, template_count: int | None) -> Capacity:
    deployment = values["deployment"]
    count = deployment["instance_count"]
    return Capacity(
        green=count if count is not None else template_count or Capacity().green,
        kept_blue=values["keep_blue"]["instances"],
        autoscale=deployment["autoscale"],
    )


def _endpoint(create: Values | None) -> EndpointSpec | None:
    return None if create is None else EndpointSpec(create["auth_mode"], tuple(create["identity"]))


def _freeze(window: Values) -> FreezeWindow:
    if window["since"] is None:
        return FreezeWindow(
            why=window["why"],
            days=tuple(DAYS.index(day) for day in window["days"]),
            start=window["from"] or MIDNIGHT,
            end=window["to"] or MIDNIGHT,
            zone=window["zone"],
        )
    from shared.policies.freeze_validation import moment_in  # noqa: PLC0415 -- it loads time zones, which few policies name

    since, until = (moment_in(window[key], window["zone"]) for key in ("since", "until"))
    return FreezeWindow(why=window["why"], zone=window["zone"], since=since, until=until)
