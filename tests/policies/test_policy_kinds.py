"""Registering a new kind of gate or step is enough for policies to support it: no other module names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from docs.policy_reference import reference
from shared.core.gates import GATE_KINDS, Gate, Role, Sample, register_gate
from shared.core.gates.fields import role, share_of_risk
from shared.core.gates.gate import Calibrated, NothingToCompare, Terms
from shared.core.gates.past import Past
from shared.core.observation import EndpointSeen, Observation
from shared.core.rollout import Rollout
from shared.core.rollout.history import Decision
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import between, file, whole
from shared.core.steps import STEP_KINDS, Step, WeightStep, register_step
from shared.policies.policy_set import read_policies
from shared.policies.schema import policy_schema

HEAD = "endpoint: churn\nmodels: [{name: m}]\n"


@dataclass(frozen=True, slots=True)
class SizeGate(Gate):
    """A gate from outside the package: how large responses are."""

    role: Role = "critical"
    weight: float = 1.0
    grown: float = 1.5
    baseline: str = ""
    kind: Literal["size"] = "size"
    samples: ClassVar[tuple[type[Sample], ...]] = ()

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return nothing: the tests only read it."""
        raise NothingToCompare(f"{past} {terms}")

    @classmethod
    def policy_field(cls) -> Field:
        """Return its schema in a policy file."""
        fields = (
            role(),
            share_of_risk("1"),
            Field("grown", between(1, 10, "1.5"), "How many times blue's size is still acceptable."),
            Field("baseline", file("requests", "smoke/churn.jsonl"), "Requests that say how large they are."),
        )
        table = Table(fields, "{grown: 1.5}", cls, check=check_size)
        return Field("size", table, "How large responses are.", default=None)


@dataclass(frozen=True, slots=True)
class WarmStep(Step):
    """A step from outside the package: requests before the smoke test."""

    rounds: int = 3
    kind: Literal["warm"] = "warm"

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return that it continues: the tests only read it."""
        del observation, endpoint, now
        return Decision(rollout)

    @classmethod
    def policy_field(cls) -> Field:
        """Return its schema in a policy file."""
        fields = (Field("rounds", whole(1, 9, "rounds", "3"), "How many."),)
        table = Table(fields, "{}", cls, check=check_warm, short="rounds")
        return Field("warm", table, "Requests before the smoke test.")


def check_size(size: Part) -> None:
    """Report a gate that is useless next to another."""
    if size.find("judge.gates.latency") is not None:
        size.add("grown", "is of no use beside latency")


def check_warm(warm: Part) -> None:
    """Report a warm-up that comes too late."""
    if warm.earlier("weight.to"):
        warm.add("", "comes after a weight")


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    """Register both kinds during a test."""
    register_gate(SizeGate)
    register_step(WarmStep)
    yield
    del GATE_KINDS["size"], STEP_KINDS["warm"]


def test_a_new_kind_is_read_as_its_own_class(folder: Path) -> None:
    """This covers values, defaults, the short form, and a file that it names."""
    size = "judge: {gates: {errors: {}, size: {grown: 2, baseline: ./smoke/churn.jsonl}}}\n"
    (folder / "churn.yaml").write_text(f"{HEAD}steps: [warm: 5, warm: {{}}, weight: {{to: 10, gates: [size]}}]\n{size}")
    [policy] = read_policies(folder).valid().policies
    assert policy.steps == (WarmStep(5), WarmStep(), WeightStep(10, gates=("size",)))
    assert policy.judge.gates[1:] == (SizeGate(grown=2, baseline="smoke/churn.jsonl"),)


def test_a_new_kind_has_its_problems_reported_like_any_other(
    folder: Path, find_problems: Callable[[Path], list[str]]
) -> None:
    """This covers bounds, its own checks, the nearest key, named files and the steps that wait for it."""
    size = "judge: {gates: {errors: {}, latency: {}, size: {grown: 1.2, wieght: 1, baseline: smoke/none.jsonl}}}\n"
    (folder / "churn.yaml").write_text(f"{HEAD}steps: [weight: {{to: 10, gates: [sise]}}, warm: 10]\n{size}")
    assert find_problems(folder) == [
        "policies/churn.yaml:3:34: steps[0].weight.gates[0]: sise is not a gate of this policy; did you mean size?",
        "policies/churn.yaml:3:42: steps[1].warm: 10 is not a whole number from 1 to 9 (rounds); write it like 3",
        "policies/churn.yaml:3:42: steps[1].warm: comes after a weight",
        "policies/churn.yaml:4:49: judge.gates.size.grown: is of no use beside latency",
        "policies/churn.yaml:4:61: judge.gates.size.wieght: unknown key; did you mean weight?",
        "policies/churn.yaml:4:72: judge.gates.size.baseline: smoke/none.jsonl: no such file",
    ]


def test_a_new_kind_is_in_the_schema_and_the_reference() -> None:
    """Both the JSON Schema and the reference have its keys."""
    known = policy_schema()["properties"]
    assert known["judge"]["properties"]["gates"]["properties"]["size"]["properties"]["grown"]["default"] == 1.5
    assert "warm" in known["steps"]["items"]["properties"]
    assert "| `size` | see below | none | How large responses are. |" in reference()
    assert "### `warm`" in reference()
