"""Rollouts and what belongs to them, as tests of the adapters need them: one plain example, and any at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null
from shared.core.phases import Phase
from shared.core.policy import ModelSelector, PauseStep, Policy, SmokeStep, WeightStep
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry

T = TypeVar("T")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

POLICY = Policy(
    endpoint="churn",
    models=(ModelSelector("churn-model", {"stage": "production"}),),
    steps=(SmokeStep("smoke/churn.jsonl"), WeightStep(10), PauseStep(timedelta(minutes=30)), PauseStep()),
)


def rollout(name: str = "churn-7-abc", endpoint: str = "churn", created: datetime = NOW) -> Rollout:
    """Return a rollout that has just begun."""
    return Rollout(
        id=name,
        endpoint=endpoint,
        model=ModelVersion("churn-model", "7"),
        policy=replace(POLICY, endpoint=endpoint),
        green="churn-7",
        phase=Phase.PROVISIONING,
        created=created,
        since=created,
        cause="registered",
    )


def entry(text: str, at: datetime = NOW) -> Entry:
    """Return a line of history."""
    return Entry(at=at, before=None, after=Phase.PROVISIONING, by="teal", text=text, numbers={"weight": 0})


def any_of(kind: type[T]) -> st.SearchStrategy[T]:
    """Return every value that the type allows, with times in UTC and numbers that are numbers."""
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
    st.builds(Measure, both=st.just(value=False))
    | st.builds(Measure, both=st.just(value=True), severe=st.just(value=False)),
)
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(timedelta, st.timedeltas(timedelta(0), timedelta(days=400)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(
    Entry,
    st.builds(
        Entry,
        numbers=st.dictionaries(
            st.text(),
            st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
        ),
    ),
)
