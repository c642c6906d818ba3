"""An older version arrives while a newer one is being admitted: it may come before the newer one, never after it."""

from __future__ import annotations

from functools import partial

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.rollout import ModelVersion
from shared.intake import IntakeResult
from tests.faults.disturbance import Plan, reception
from tests.faults.laws import check_records, lawful_world
from tests.faults.moments import Interruption
from tests.scenarios.world import ENDPOINT, MIDNIGHT, MINUTE, World

OLDER: tuple[str, str, str, str, object] = (MODEL_REGISTERED, "models/churn:7", "", "e1", {"modelTags": {}})


def test_an_older_version_never_replaces_a_newer_one_that_was_admitted_meanwhile() -> None:
    """At every point of 7's arrival, another instance admits 8: whatever happens to 7, 8 serves in the end."""
    plan = Plan()
    reception(lawful_world(), plan).event(*OLDER)
    taken = set[IntakeResult]()
    for number in range(len(plan.passed)):
        world = lawful_world()
        newer = Interruption(number, partial(world.register, "8", "e2"))
        (outcome,) = reception(world, newer).event(*OLDER)
        taken.add(outcome.intake)
        world.until(Phase.PROMOTED, version="8", within=75)
        world.minutes(40)
        assert world.seen.traffic == {"churn-8": 100}, f"8 arrived {newer.passed[number]}, and 7 was {outcome}"
        check_records(world.store)
    assert taken == {IntakeResult.STARTED, IntakeResult.LATE}


@pytest.mark.parametrize("known_to", ["ARM", "the event"])
def test_a_late_event_of_a_version_without_a_number_is_late(known_to: str) -> None:
    """The version that was created first arrives last; its creation time comes from ARM or else from the event."""
    world = World()
    times = {"green-apple": MIDNIGHT, "big-pear": MIDNIGHT - 10 * MINUTE}
    for name, made in times.items():
        version = ModelVersion("churn", name)
        world.models.registered[version] = {}
        world.models.made[version] = made if known_to == "ARM" else None
    taken = [
        world.reception()
        .event(MODEL_REGISTERED, f"models/churn:{name}", "", name, {"modelTags": {}}, at=made)[0]
        .intake
        for name, made in times.items()
    ]
    assert taken == [IntakeResult.STARTED, IntakeResult.LATE]


def test_the_loser_of_a_race_for_one_version_says_so() -> None:
    """The same event at two instances: one reports that it started the rollout, the other that it was started."""
    plan = Plan()
    reception(lawful_world(), plan).event(*OLDER)
    for number in range(len(plan.passed)):
        world, second = lawful_world(), list[IntakeResult]()
        twin = Interruption(number, lambda: second.extend(each.intake for each in world.reception().event(*OLDER)))  # noqa: B023  # called at once
        first = [outcome.intake for outcome in reception(world, twin).event(*OLDER)]
        assert sorted([*first, *second]) == [IntakeResult.DUPLICATE, IntakeResult.STARTED]
        assert len(world.store.rollouts(ENDPOINT)) == 1
