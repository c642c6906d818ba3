"""Strategies for valid policies, and their YAML form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

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
    Source,
    TemplateSource,
)
from shared.core.schema.times import spell
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.policies.tables.freeze import DAYS
from tests.policies.drawn_gates import SHARES, gates, written_gates

SPANS = st.integers(60, 1400).map(lambda minutes: timedelta(minutes=minutes))
PAUSES = st.builds(PauseStep, st.none() | st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)))
# Without `$`, which would start a variable.
TEXTS = st.text(st.characters(codec="ascii", min_codepoint=37, max_codepoint=126), min_size=1, max_size=20)
TAGS = st.dictionaries(TEXTS, st.text("ab: #"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SMOKES = st.builds(
    SmokeStep,
    requests=st.sampled_from(["", "smoke/churn.jsonl"]),
    status=st.integers(100, 599),
    timeout=st.integers(1, 180).map(lambda seconds: timedelta(seconds=seconds)),
    contains=st.none() | ANYTHING.map(lambda value: json.dumps(value, separators=(",", ":"))),
    slowest=st.none() | st.integers(1, 180_000).map(lambda span: timedelta(milliseconds=span)),
    repeat=st.integers(1, 1000),
).map(lambda step: replace(step, slowest=min(step.slowest, step.timeout) if step.slowest else None))
OVERRIDES = {
    "settled_minutes": st.none() | st.integers(1, 30),
    "patience": st.none() | SPANS,
    "inconclusive": st.sampled_from([None, "pause", "advance"]),
    "gates": st.sampled_from([None, (), ("errors",), ("errors", "latency", "fraud")]),
}
MACHINES = st.sampled_from([None, "Standard_NC6s_v3"])
SOURCES = st.builds(LiveSource, MACHINES) | st.builds(TemplateSource, st.just("deployments/churn.yml"), MACHINES)
SPECS = st.builds(EndpointSpec, st.sampled_from(["key", "aml_token", "aad_token"]))
MINUTES = st.integers(0, 23 * 60).map(lambda minutes: time(minutes // 60, minutes % 60))
MOMENTS = st.integers(0, 500_000).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Draw steps in a valid order."""
    before: list[Step] = draw(st.lists(SMOKES, max_size=1))
    for percent in sorted(draw(st.sets(st.integers(1, 50), max_size=2))):
        span = draw(st.none() | SPANS)
        before.append(MirrorStep(percent, span, draw(st.none() | st.integers(1, 10**6))))
    for weight in sorted(draw(st.sets(st.integers(1, 100), max_size=4))):
        step = WeightStep(weight, **{key: draw(values) for key, values in OVERRIDES.items()})  # type: ignore[arg-type]  # a strategy for each
        before += [step, draw(PAUSES)]
    return (draw(PAUSES), *before)


@st.composite
def freezes(draw: st.DrawFn) -> FreezeWindow:
    """Draw a freeze window of either kind."""
    why = draw(TEXTS)
    if draw(st.booleans()):
        start, end = draw(st.sets(MINUTES, min_size=2, max_size=2))
        days = tuple(draw(st.permutations(range(7)))[: draw(st.integers(1, 7))])
        return FreezeWindow(why, days, start, end, draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"])))
    since = draw(MOMENTS)
    return FreezeWindow(why, since=since, until=since + draw(SPANS))


TOLD_BY: tuple[Source, ...] = ("logs", "metrics")


def _selector(name: str, tags: dict[str, str], version: str, registry: str) -> ModelSelector:
    return ModelSelector(name, {} if registry else tags, version, registry)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a valid policy."""
    names = draw(st.sets(st.from_regex(r"[a-zA-Z][\w.-]{0,9}", fullmatch=True).filter(str.isascii), min_size=1))
    source = draw(SOURCES)
    versions = st.sampled_from(["*", "2.*", "[0-9]", "1.10", "7"])
    registries = st.sampled_from(["", "", "shared"])
    stepped = draw(steps())
    errors_from, latency_from = draw(st.sampled_from(TOLD_BY)), draw(st.sampled_from(TOLD_BY))
    retries: Literal["each", "once"] = draw(st.sampled_from(["each", "once"])) if errors_from == "logs" else "each"
    mirrored = any(isinstance(step, MirrorStep) for step in stepped)
    return Policy(
        endpoint=draw(st.from_regex(r"[a-z][a-z0-9-]{1,30}[a-z0-9]", fullmatch=True)),
        models=tuple(_selector(name, draw(TAGS), draw(versions), draw(registries)) for name in sorted(names)),
        steps=stepped,
        judge=JudgeSettings(
            risk=Risk(draw(SHARES), draw(SHARES), draw(st.integers(1, 30))),
            budget=draw(st.none() | SHARES),
            patience=draw(SPANS),
            inconclusive=draw(st.sampled_from(["pause", "advance"])),
            failing_blue=draw(st.sampled_from(["hold", "replace"])),
            traffic_mismatch=draw(st.sampled_from(["report", "hold"])),
            telemetry_lag=timedelta(seconds=draw(st.integers(30, 1600))),
            history=draw(SPANS if retries == "each" else st.just(timedelta(hours=6))),
            gates=draw(gates(mirrored=mirrored, limited=latency_from == "logs")),
            errors_from=errors_from,
            retries=retries,
            latency_from=latency_from,
        ),
        deadlines=Deadlines(draw(SPANS), timedelta(days=3), draw(SPANS), timedelta(days=9)),
        keep_blue=draw(SPANS),
        on_rollback=draw(st.sampled_from(["delete", "keep"])),
        name=draw(st.sampled_from(["", "careful", "7-up"])),
        source=source,
        capacity=draw(
            st.builds(
                Capacity,
                st.sampled_from(["same", "proportional"]) | st.integers(1, 50),
                st.none() | st.integers(1, 50),
                st.booleans(),
            )
        ),
        create_endpoint=draw(st.none() | SPECS) if isinstance(source, TemplateSource) else None,
        newer_version=draw(st.sampled_from(["wait", "replace"])),
        freeze=tuple(draw(st.lists(freezes(), max_size=2))),
        workspace=draw(st.sampled_from(["", "ml-west"])),
    )


def written(policy: Policy) -> dict[str, Any]:
    """Return the policy as YAML data, with every key."""
    judge, times = policy.judge, policy.deadlines
    plain: dict[str, Any] = _plain(
        {
            "endpoint": _endpoint(policy),
            "workspace": policy.workspace or None,
            "name": policy.name or None,
            "models": [
                {"name": m.name, "tags": dict(m.tags), "version": m.version, "registry": m.registry or None}
                for m in policy.models
            ],
            "deployment": {
                "from": "live" if isinstance(policy.source, LiveSource) else None,
                "template": policy.source.path if isinstance(policy.source, TemplateSource) else None,
                "instance_type": policy.source.instance_type,
                "instance_count": policy.capacity.green,
                "autoscale": policy.capacity.autoscale,
            },
            "steps": [written_step(step) for step in policy.steps],
            "judge": {
                "rollback_risk": judge.risk.rollback,
                "advance_risk": judge.risk.advance,
                "settled_minutes": judge.risk.settled_minutes,
                "budget": judge.budget,
                "patience": judge.patience,
                "inconclusive": judge.inconclusive,
                "failing_blue": judge.failing_blue,
                "traffic_mismatch": judge.traffic_mismatch,
                "gates": written_gates(judge.gates),
            },
            "telemetry": {
                "errors": judge.errors_from,
                "latency": judge.latency_from,
                "retries": judge.retries,
                "lag": judge.telemetry_lag,
                "history": judge.history,
            },
            "deadlines": {name: getattr(times, name) for name in times.__slots__},
            "keep_blue": {"for": policy.keep_blue, "instances": policy.capacity.kept_blue},
            "on_rollback": policy.on_rollback,
            "newer_version": policy.newer_version,
            "freeze": [_freeze(window) for window in policy.freeze],
        }
    )
    return plain


def written_step(step: Step) -> dict[str, object]:
    """Return a step as YAML data."""
    match step:
        case SmokeStep():
            keys = ("requests", "status", "timeout", "slowest", "repeat")
            plain = {key: getattr(step, key) for key in keys if getattr(step, key) != ""}
            return {"smoke": plain | ({} if step.contains is None else {"contains": Raw(json.loads(step.contains))})}
        case MirrorStep():
            return {"mirror": {"percent": step.percent, "for": step.duration, "requests": step.requests}}
        case WeightStep():
            overrides = {key: getattr(step, key) for key in OVERRIDES}
            return {
                "weight": {"to": step.weight, **overrides}
                if any(v is not None for v in overrides.values())
                else step.weight
            }
        case PauseStep():
            return {"pause": {"for": step.duration}}
        case _:
            raise AssertionError(f"no such step: {step}")


class Raw:
    """A value that is written unchanged, including nulls."""

    def __init__(self, value: object) -> None:
        self.value = value


def _endpoint(policy: Policy) -> object:
    if policy.create_endpoint is None:
        return policy.endpoint
    spec = policy.create_endpoint
    return {"name": policy.endpoint, "create": {"auth_mode": spec.auth_mode, "identity": list(spec.identity)}}


def _freeze(window: FreezeWindow) -> dict[str, object]:
    if window.since is not None and window.until is not None:
        return {"why": window.why, "since": window.since.isoformat(), "until": window.until.isoformat()}
    days = [DAYS[day] for day in window.days]
    start, end = f"{window.start:%H:%M}", f"{window.end:%H:%M}"
    return {"why": window.why, "days": days, "from": start, "to": end, "zone": window.zone}


def _plain(value: Any) -> Any:  # noqa: ANN401 -- whatever YAML has
    """Return the value with durations as text and without keys that have no value."""
    match value:
        case Raw():
            return value.value
        case timedelta():
            return spell(value)
        case Mapping():
            return {key: _plain(inner) for key, inner in value.items() if inner is not None}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
