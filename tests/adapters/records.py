"""Rollouts and related records for tests of the adapters: plain examples, and strategies for arbitrary ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from shared.core.endpoint_id import EndpointId
from shared.core.gates import GATE_KINDS, SAMPLE_KINDS, Gate, Sample
from shared.core.gates.samples import CountSample
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null
from shared.core.phases import Phase
from shared.core.policy import ModelSelector, Policy
from shared.core.rollout import ModelVersion, Rollout, Status
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.steps import STEP_KINDS, PauseStep, SmokeStep, Step, WeightStep

T = TypeVar("T")
CHURN = EndpointId("ml", "churn")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

REGISTERED = reason(ReasonCode.ROLLOUT_STARTED, model="churn-model:7")
POLICY = Policy(
    endpoint="churn",
    models=(ModelSelector("churn-model", {"stage": "production"}),),
    steps=(SmokeStep("smoke/churn.jsonl"), WeightStep(10), PauseStep(timedelta(minutes=30)), PauseStep()),
)


def rollout(name: str = "churn-7-abc", endpoint: EndpointId = CHURN, created: datetime = NOW) -> Rollout:
    """Return a rollout that has just started."""
    return Rollout(
        id=name,
        endpoint=endpoint,
        model=ModelVersion("churn-model", "7"),
        policy=replace(POLICY, workspace=endpoint.workspace, endpoint=endpoint.name),
        green="churn-7",
        created=created,
        trigger=REGISTERED,
        status=Status(phase=Phase.PROVISIONING, started=created, since=created, reason=REGISTERED),
    )


def entry(text: str, at: datetime = NOW) -> Entry:
    """Return a history entry for an operator's request. text: the reason given."""
    asked = reason(ReasonCode.ROLLOUT_REQUESTED, actor="ada", comment=text)
    return Entry(at=at, before=None, after=Phase.PROVISIONING, actor="ada", reason=asked, step=0, weight=0)


def any_of(kind: type[T]) -> st.SearchStrategy[T]:
    """Return a strategy for all values of a type, with times in UTC and without NaN."""
    return st.from_type(kind)


def _counts(bad_and_good: tuple[int, int, int, int]) -> Counts:
    green_bad, green_good, blue_bad, blue_good = bad_and_good
    return Counts(green_bad, green_bad + green_good, blue_bad, blue_bad + blue_good)


_count = st.integers(0, 2**40)
st.register_type_strategy(Counts, st.tuples(_count, _count, _count, _count).map(_counts))
_margin = st.floats(0, 1000)
st.register_type_strategy(Null, st.builds(Null, _margin, _margin))
st.register_type_strategy(
    Measure,
    st.builds(Measure, rarer=st.just(value=False))
    | st.builds(Measure, rarer=st.just(value=True), severe=st.just(value=False)),
)
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(timedelta, st.timedeltas(timedelta(0), timedelta(days=400)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
_measured = st.fixed_dictionaries(
    {"what": st.text()}, optional={"gate": st.text(), "green_bad": st.integers(0), "limit": st.floats(0, 1)}
)
_facts = st.fixed_dictionaries(
    {},
    optional={
        "deployment": st.text(),
        "weight": st.integers(0, 100),
        "limit_seconds": st.floats(allow_nan=False, allow_infinity=False),
        "examples": st.lists(st.text(), max_size=3),
        "observed_traffic": st.dictionaries(st.text(), st.integers(0, 100), max_size=3),
        "measured": _measured,
    },
)
_reason = st.builds(Reason, facts=_facts, because=st.none())
st.register_type_strategy(Reason, st.builds(Reason, facts=_facts, because=st.none() | _reason))
st.register_type_strategy(Step, st.sampled_from(sorted(STEP_KINDS.values(), key=str)).flatmap(st.from_type))
st.register_type_strategy(Gate, st.sampled_from(sorted(GATE_KINDS.values(), key=str)).flatmap(st.from_type))
_samples = sorted(SAMPLE_KINDS.values(), key=str)
_counting = [kind for kind in _samples if issubclass(kind, CountSample)]
st.register_type_strategy(Sample, st.sampled_from(_samples).flatmap(st.from_type))
st.register_type_strategy(CountSample, st.sampled_from(_counting).flatmap(st.from_type))
