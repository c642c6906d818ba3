"""A kind of gate from outside the package: calibrated, judged, reported, stored and rolled back on like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import pytest

from cli.policy.judged import judged, sources
from shared.core.gates import (
    GATE_KINDS,
    SAMPLE_KINDS,
    ErrorsGate,
    Gate,
    Measured,
    Role,
    Sample,
    register_gate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.gate import Calibrated, SourceChoice, Terms
from shared.core.gates.past import Past
from shared.core.gates.relative import relative_to_blue
from shared.core.gates.samples import NOTHING, CountSample, Pair
from shared.core.observation import DeploymentMinute, Tally
from shared.core.phases import Phase
from shared.core.policy import JudgeSettings, Policy
from shared.core.reconcile.plan import plan_observation
from shared.core.rollout.reasons import ReasonCode
from shared.core.telemetry import Tallies
from shared.json_codec import UnreadableError, decode, encode
from shared.views.gates import gate_view
from shared.words import sentence
from tests.core.judging import past_minute
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, MINUTE, POLICY, World


class MeasuredSize(Measured, total=False):
    """What is measured, with a fact that no other gate has."""

    more_than_bytes: int


@dataclass(frozen=True, slots=True)
class Large(CountSample):
    """Answers of more than this many bytes, out of all."""

    more_than_bytes: int
    kind: Literal["large"] = "large"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return the number of large answers and of all answers."""
        del green
        tally = row.tallies.get("large_answers")
        return (NOTHING if tally is None else (tally.bad, tally.total),)

    def measured(self, item: int) -> Measured:
        """Return that large answers are counted, and what large means."""
        del item
        return MeasuredSize(what="large_answers", more_than_bytes=self.more_than_bytes)


@dataclass(frozen=True, slots=True)
class LargeAnswersGate(Gate):
    """The share of answers over 1 MB must be no larger than blue's."""

    more_than_bytes: int = 1_000_000
    role: Role = "non_blocking"
    weight: float = 2.0
    kind: Literal["large_answers"] = "large_answers"
    samples: ClassVar[tuple[type[Sample], ...]] = (Large,)

    def needs(self, sources: SourceChoice) -> tuple[Tallies]:
        """Return the need for answers counted by size."""
        del sources
        return (Tallies(self.name, "gates/large_answers.kql"),)

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return how the gate is judged."""
        return relative_to_blue(self, Large(self.more_than_bytes), past, terms)


GATES: tuple[Gate, ...] = (ErrorsGate(), LargeAnswersGate())
SETTINGS = replace(POLICY.judge, gates=GATES)
JUDGED = replace(POLICY, judge=SETTINGS)


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    """Register the kind while a test runs."""
    register_gate(LargeAnswersGate)
    yield
    GATE_KINDS.pop("large_answers", None)
    SAMPLE_KINDS.pop("large", None)


def answering(large: float) -> Conduct:
    """Return how a deployment answers if this share of its answers is large."""
    return Conduct(counted={"large_answers": large})


def calibration() -> Calibration:
    """Return the judge calibrated from an hour in which one answer in a hundred was large."""
    hour = [replace(past_minute(n), tallies={"large_answers": Tally(10, 1000)}) for n in range(60)]
    return calibrate(SETTINGS, past_of(hour, "blue"))


def test_it_is_calibrated_with_its_part_of_the_risk() -> None:
    """Its rate is blue's, and its share of the rollback risk is its weight among all gates."""
    setting = calibration().panel.gates[1]
    assert (setting.name, setting.critical) == ("large_answers", False)
    assert setting.rates == pytest.approx((0.01,))
    assert setting.share == pytest.approx(2 / 7)


def test_a_green_with_larger_answers_is_rolled_back_by_it() -> None:
    """Nothing fails, but green's answers are large five times as often: it is rolled back, with these facts."""
    world = World(JUDGED, conduct={BLUE: answering(0.01), GREEN: answering(0.05)})
    world.register()
    ended = world.until_finished()
    assert ended.phase is Phase.ROLLED_BACK
    [why] = [entry.reason for entry in world.entries(ReasonCode.REGRESSION_DETECTED)]
    measured: dict[str, object] = {**why.facts["measured"]}
    assert (measured["gate"], measured["what"]) == ("large_answers", "large_answers")
    assert measured["more_than_bytes"] == 1_000_000
    assert sentence(why).startswith("large_answers: green 5% of ")
    assert ", blue 1% of " in sentence(why)


def test_a_green_with_the_same_answers_is_promoted() -> None:
    """A green that answers as blue does is not rolled back."""
    world = World(JUDGED, conduct={BLUE: answering(0.01), GREEN: answering(0.01)})
    world.register()
    world.until(Phase.PROMOTED)


def test_it_is_reported_like_any_gate() -> None:
    """Its reading has counts, role, odds and a summary, although it has no sentence of its own."""
    world = World(JUDGED, conduct={BLUE: answering(0.01), GREEN: answering(0.01)})
    world.register()
    world.until_weight(10)
    world.minutes(2)
    _, reading = world.rollout().readings
    view = gate_view(reading)
    assert (view.gate, view.role) == ("large_answers", "non_blocking")
    assert view.measured == {"what": "large_answers", "item": 0, "more_than_bytes": 1_000_000}
    assert view.summary.startswith("large_answers: green 1% of ")
    assert reading.green_total > 0


def test_it_is_stored_and_read_back() -> None:
    """Policy, calibration and readings are unchanged, including its own facts."""
    world = World(JUDGED, conduct={BLUE: answering(0.01), GREEN: answering(0.01)})
    world.register()
    world.until_weight(10)
    world.minutes(2)
    rollout = world.rollout()
    assert decode(encode(rollout), type(rollout)) == rollout
    assert decode(encode(calibration()), Calibration) == calibration()
    reading = rollout.readings[1]
    assert decode(encode(reading), type(reading)) == reading


def test_telemetry_is_asked_for_what_it_needs() -> None:
    """The observation plan names its need, under its name."""
    world = World(JUDGED, conduct={BLUE: answering(0.01), GREEN: answering(0.01)})
    world.register()
    world.until_weight(10)
    asked = plan_observation(world.rollout(), world.seen, world.clock() + 5 * MINUTE).minutes
    assert asked is not None
    assert asked.needs == {"errors": (), "large_answers": (Tallies("large_answers", "gates/large_answers.kql"),)}


def test_it_is_explained() -> None:
    """The explanation of a policy with it says where its facts come from, what it requires, and what it may do."""
    assert "query results from Log Analytics" in sources(SETTINGS)
    assert judged(SETTINGS)[1] == (
        "large_answers: the share that large_answers counts as bad is no larger than blue's. Non-blocking, with 29% "
        "of the rollback risk: rolls back alone at odds of 350 to 1; steps wait for it only where they name it."
    )


def test_an_unregistered_kind_is_rejected() -> None:
    """A record from a newer Teal is not guessed at."""
    text = encode(JUDGED)
    del GATE_KINDS["large_answers"]
    with pytest.raises(UnreadableError, match="gates"):
        decode(text, Policy)


def test_two_kinds_with_one_name_are_rejected() -> None:
    """A name in a record means one kind; registering the same kind twice is harmless."""
    register_gate(LargeAnswersGate)

    @dataclass(frozen=True, slots=True)
    class Errors(LargeAnswersGate):
        kind: Literal["errors"] = "errors"  # type: ignore[assignment] # a name that is taken

    with pytest.raises(ValueError, match="two kinds are named errors"):
        register_gate(Errors)
    assert GATE_KINDS["errors"] is ErrorsGate
    assert JudgeSettings().gates[0] == ErrorsGate()
