"""Any policy that makes sense, written down as a person would and read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.core.judge.verdict import Risk
from shared.core.policy import Deadlines, JudgeSettings, ModelSelector, PauseStep, Policy, Step, WeightStep
from shared.policies.book import read_policies
from shared.policies.times import spell

SPANS = st.integers(60, 3000).map(lambda minutes: timedelta(minutes=minutes))
SHARES = st.floats(1e-6, 0.49).map(lambda share: round(share, 6))
PAUSES = st.builds(PauseStep, st.none() | st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a policy that makes sense."""
    weights = sorted(draw(st.sets(st.integers(1, 100), max_size=6)))
    steps: list[Step] = [step for weight in weights for step in (WeightStep(weight), draw(PAUSES))]
    names = draw(st.sets(st.from_regex(r"[a-zA-Z][\w.-]{0,9}", fullmatch=True).filter(str.isascii), min_size=1))
    tags = st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126)), st.text("ab: #"))
    return Policy(
        endpoint=draw(st.from_regex(r"[a-z][a-z0-9-]{1,30}[a-z0-9]", fullmatch=True)),
        models=tuple(ModelSelector(name, draw(tags)) for name in sorted(names)),
        steps=(draw(PAUSES), *steps),
        judge=JudgeSettings(
            risk=Risk(draw(SHARES), draw(SHARES), draw(st.integers(1, 30))),
            budget=draw(st.none() | SHARES),
            patience=draw(SPANS),
            inconclusive=draw(st.sampled_from(["pause", "advance"])),
            telemetry_lag=timedelta(seconds=draw(st.integers(30, 1700))),
            history=draw(SPANS),
        ),
        deadlines=Deadlines(draw(SPANS), timedelta(days=3), draw(SPANS), timedelta(days=9)),
        keep_blue=draw(SPANS),
        on_rollback=draw(st.sampled_from(["delete", "keep"])),
    )


def written(policy: Policy) -> str:
    """Return the policy as a person would write it, every key."""
    judge, times = policy.judge, policy.deadlines
    return yaml.safe_dump(
        {
            "endpoint": policy.endpoint,
            "models": [{"name": model.name, "tags": dict(model.tags)} for model in policy.models],
            "steps": [written_step(step) for step in policy.steps],
            "judge": {
                "rollback_risk": judge.risk.rollback,
                "advance_risk": judge.risk.advance,
                "settled_minutes": judge.risk.settled_minutes,
                **({} if judge.budget is None else {"budget": judge.budget}),
                "patience": spell(judge.patience),
                "inconclusive": judge.inconclusive,
            },
            "telemetry": {"lag": spell(judge.telemetry_lag), "history": spell(judge.history)},
            "deadlines": {name: spell(getattr(times, name)) for name in times.__slots__},
            "keep_blue": spell(policy.keep_blue),
            "on_rollback": policy.on_rollback,
        }
    )


def written_step(step: Step) -> dict[str, object]:
    """Return a step as a person would write it."""
    if isinstance(step, WeightStep):
        return {"weight": step.weight}
    return {"pause": {"for": spell(step.duration)} if isinstance(step, PauseStep) and step.duration else {}}


@given(policies())
def test_a_policy_written_down_is_read_back_the_same(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> None:
    """No key is lost, mixed up or rounded between the file and the core."""
    folder = tmp_path_factory.getbasetemp() / "written"
    folder.mkdir(exist_ok=True)
    (folder / "policy.yaml").write_text(written(policy))
    assert read_policies(folder).policies == (policy,)
