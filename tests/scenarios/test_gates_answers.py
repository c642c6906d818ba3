"""Green's answers and users' own queries: judged on mirrored traffic first, then on live traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.gates import DisagreementGate, ErrorsGate, Gate, PredictionsGate, QueryGate
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, WeightStep
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_gates import judged_by, reading
from tests.scenarios.world import BLUE, GREEN, MINUTE, World

MIRRORED = (MirrorStep(20, duration=15 * MINUTE), WeightStep(50))
FRAUD = QueryGate("fraud", "gates/fraud.kql")
USUAL = Conduct(predictions={"stay": 0.9, "leave": 0.1})


def mirrored(*gates: Gate) -> Policy:
    """Return a policy that mirrors for a quarter of an hour, with errors and these gates."""
    return replace(judged_by(ErrorsGate(), *gates), steps=MIRRORED)


def met_nobody(world: World) -> bool:
    """Return whether green never had live traffic."""
    return all(GREEN not in written for written in world.endpoints.traffic_written)


def test_shifted_predictions_are_noticed_during_the_mirror() -> None:
    """Green says `leave` three times as often as blue: rolled back during the mirror, and the reason has the class."""
    world = World(mirrored(PredictionsGate()), conduct={BLUE: USUAL})
    world.conduct[GREEN] = Conduct(predictions={"stay": 0.7, "leave": 0.3})
    world.register()
    ended = world.until_finished()
    assert (ended.phase, met_nobody(world), world.seen.mirror) == (Phase.ROLLED_BACK, True, {})
    measured = ended.status.reason.facts["measured"]
    assert (measured["gate"], measured["what"]) == ("predictions", "predicted_label")
    share = round(measured["green_bad"] / measured["green_total"], 6)
    assert (measured["label"], share) in {("leave", 0.3), ("stay", 0.7)}


def test_predictions_that_are_rarer_are_noticed_too() -> None:
    """A class that green gives less often than blue is a shift as well."""
    world = World(judged_by(ErrorsGate(), PredictionsGate()), conduct={BLUE: USUAL})
    world.conduct[GREEN] = Conduct(predictions={"stay": 0.5, "leave": 0.1, "unsure": 0.4})
    world.register()
    assert world.until(Phase.ROLLED_BACK).status.reason.facts["gate"] == "predictions"


def test_a_class_that_blue_never_gave_is_noticed() -> None:
    """Classes that are not in blue's past are counted together; here there are too many of them."""
    world = World(judged_by(ErrorsGate(), PredictionsGate()), conduct={BLUE: USUAL})
    world.conduct[GREEN] = Conduct(predictions={"stay": 0.8, "leave": 0.1, "error": 0.1})
    world.register()
    measured = world.until(Phase.ROLLED_BACK).status.reason.facts["measured"]
    assert (measured["label"], measured["green_bad"] / measured["green_total"]) == ("(other)", 0.1)


def test_a_retrained_model_may_answer_slightly_differently() -> None:
    """A shift of two points between classes is normal after retraining: promoted, by mirror and by live traffic."""
    world = World(mirrored(PredictionsGate()), conduct={BLUE: USUAL})
    world.conduct[GREEN] = Conduct(predictions={"stay": 0.88, "leave": 0.12})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_predictions_without_a_past_are_reported_as_not_judged() -> None:
    """The collector was off until now: the gate is left out, and the first traffic entry says why."""
    world = World(mirrored(PredictionsGate()))
    world.register()
    world.until(Phase.PROMOTED)
    first = world.entries(ReasonCode.MIRROR_REQUESTED)[0].reason
    assert (first.facts["deployment"], first.facts["mirror"]) == (GREEN, 20)
    assert first.facts["unjudged"]["predictions"].startswith("fewer than 100")


def test_a_version_that_disagrees_with_blue_gets_no_live_traffic() -> None:
    """Green answers one in five mirrored requests differently; five percent are allowed."""
    world = World(mirrored(DisagreementGate()))
    world.conduct[GREEN] = Conduct(counted={"disagreement": 0.2})
    world.register()
    ended = world.until_finished()
    assert (ended.phase, met_nobody(world)) == (Phase.ROLLED_BACK, True)
    measured = ended.status.reason.facts["measured"]
    assert (measured["what"], measured["green_bad"] / measured["green_total"]) == ("disagreements", 0.2)


@pytest.mark.parametrize("missing", [False, True], ids=["no pair", "green's answers cannot be read"])
def test_a_mirror_without_pairs_of_answers_does_not_end(missing: bool) -> None:  # noqa: FBT001 -- a case
    """Green collects nothing, or under other request ids: it gets no live traffic, and the reason names the gate."""
    policy = judged_by(ErrorsGate(), DisagreementGate(), inconclusive="advance")
    world = World(replace(policy, steps=MIRRORED))
    world.register()
    while not world.seen.mirror:
        world.minutes()
    if missing:
        world.telemetry.missing = {"disagreement": "churn-7 does not collect its answers"}
    paused = world.until(Phase.PAUSED, within=90)
    assert paused.status.reason.because is not None
    assert paused.status.reason.because.facts["gate"] == "disagreement"
    assert GREEN not in world.seen.traffic
    world.telemetry.missing = {}
    world.conduct[GREEN] = Conduct(counted={"disagreement": 0.01})
    world.until(Phase.PROMOTED)


def test_allowed_disagreement_continues() -> None:
    """Four percent of five allowed: the mirror ends, and live traffic, which has no pairs, changes nothing."""
    world = World(mirrored(DisagreementGate()))
    world.conduct[GREEN] = Conduct(counted={"disagreement": 0.04})
    world.register()
    world.until_weight(50)
    world.conduct[GREEN] = Conduct()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    assert reading(world, "disagreement").to_rollback == 0.0


def test_a_query_rolls_back_by_what_it_counts() -> None:
    """The reason has the query's own bad and total under the gate's name, while errors show nothing."""
    world = World(judged_by(ErrorsGate(), FRAUD), conduct={BLUE: Conduct(counted={"fraud": 0.01})})
    world.conduct[GREEN] = Conduct(counted={"fraud": 0.06})
    world.register()
    ended = world.until(Phase.ROLLED_BACK)
    measured = ended.status.reason.facts["measured"]
    assert (measured["gate"], measured["green_bad"] / measured["green_total"]) == ("fraud", 0.06)
    assert measured["blue_bad"] / measured["blue_total"] == 0.01


def test_a_critical_query_is_waited_for() -> None:
    """Its certificate is needed in addition to that of errors; a good version gets both."""
    gates = (ErrorsGate(), replace(FRAUD, role="critical", budget=0.02))
    alike = Conduct(counted={"fraud": 0.01})
    world = World(judged_by(*gates), conduct={BLUE: alike, GREEN: alike})
    world.register()
    world.until_weight(10)
    world.minutes(2)
    assert reading(world, "fraud").certificate_threshold is not None
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
