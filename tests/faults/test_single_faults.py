"""A whole rollout with one fault at one point: before and after every call, in turn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.errors import TealError
from tests.faults.disturbance import Crash, Kind, Plan, controller, reception
from tests.faults.laws import check_at_rest, check_records, lawful_world
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MINUTE, World

ARRIVES: tuple[str, str, str, str, object] = (MODEL_REGISTERED, "models/churn:7", "", "e1", {"modelTags": {}})


def look(world: World, plan: Plan, holder: str) -> None:
    """Reconcile once in a new process; the next one inherits whatever a crash or an error leaves behind."""
    try:
        controller(world, plan, holder).reconcile(CHURN)
    except (TealError, Crash):
        world.wakeups.woken.append(CHURN)  # the queue delivers the message again


def live(world: World, plan: Plan, minutes: int) -> None:
    """Let time pass, with a new process for every reconcile."""
    for _ in range(minutes):
        world.log_traffic()
        world.clock.pass_(MINUTE)
        world.endpoints.finish()
        world.wakeups.woken.append(CHURN)
        for number in count():
            if not world.wakeups.woken or number > 20:
                break
            world.wakeups.woken.clear()
            look(world, plan, holder=f"{world.clock.now:%H%M}-{number}")
        check_records(world.store)


def good_story(plan: Plan) -> World:
    """Return the world half an hour after a good version arrived."""
    world = lawful_world()
    for _ in range(3):
        try:
            reception(world, plan).event(*ARRIVES)
            break
        except (TealError, Crash):
            continue  # Event Grid delivers again
    live(world, plan, 26)
    return world


def bad_story(plan: Plan) -> World:
    """Return the world after a version that fails half of its requests arrived."""
    world = lawful_world(v7=0.5)
    world.register()
    live(world, plan, 18)
    return world


def regretted_story(plan: Plan) -> World:
    """Return the world after an operator promoted a version and then rolled it back."""
    world = lawful_world()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(2)
    world.ask(Verb.ROLLBACK)
    live(world, plan, 10)
    return world


STORIES: dict[str, tuple[Callable[[Plan], World], Phase, dict[str, int]]] = {
    "good": (good_story, Phase.PROMOTED, {GREEN: 100}),
    "bad": (bad_story, Phase.ROLLED_BACK, {BLUE: 100}),
    "regretted": (regretted_story, Phase.ROLLED_BACK, {BLUE: 100}),
}

# Each kind strikes every third point, with a different start: together they cover every point in reasonable time.
STRIDE = 3
PASSING = [(0, Kind.TEMPORARY), (1, Kind.CONFLICT), (2, Kind.CRASH)]


def points(tell: Callable[[Plan], World], first: int) -> list[tuple[int, str]]:
    """Return the points of the undisturbed run at which to inject a fault, from this one on."""
    undisturbed = Plan()
    tell(undisturbed)
    assert len(undisturbed.passed) > 80
    return list(enumerate(undisturbed.passed))[first::STRIDE]


@pytest.mark.parametrize(("first", "kind"), PASSING)
@pytest.mark.parametrize("story", STORIES)
def test_temporary_faults_do_not_change_the_outcome(story: str, first: int, kind: Kind) -> None:
    """Refused, lost or crashed at any one point, the run ends as it would have, and all invariants hold."""
    tell, phase, traffic = STORIES[story]
    for point, name in points(tell, first):
        world = tell(Plan({point: kind}))
        assert (world.rollout().phase, world.seen.traffic) == (phase, traffic), f"{name} ({point}): {world.told()}"


@pytest.mark.parametrize("story", STORIES)
def test_a_permanent_refusal_never_leaves_anything_hanging(story: str) -> None:
    """Refused permanently at any one point, the rollout still ends: promoted, rolled back, or failed."""
    tell, _, traffic = STORIES[story]
    for point, name in points(tell, first=1):
        world = tell(Plan({point: Kind.PERMANENT}))
        if not world.store.rollouts(ENDPOINT):
            continue  # the event itself was refused, and the caller was told
        assert not world.rollout().open, f"{name} ({point}): {world.told()}"
        if world.rollout().phase is not Phase.FAILED:
            ends = [traffic, {BLUE: 100}]
            assert world.seen.traffic in ends, f"{name} ({point}): {world.told()}"
        check_at_rest(world)
