"""Several versions, and events that come twice, late or after the fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.policy import ModelSelector
from shared.core.rollout import ModelVersion, OperatorRequest, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep
from shared.errors import ErrorCode, NotPossible, Permanent, TealError, Temporary
from shared.intake import IntakeResult
from shared.words import sentence
from tests.scenarios.world import CHURN, ENDPOINT, GREEN, MIDNIGHT, POLICY, WORKSPACE, World


def by_hand(world: World, version: str = "7") -> str:
    """Start a version by hand and return the name of its deployment."""
    return world.reception().start(world.policy, ModelVersion("churn", version), "ada@example.com", "again").green


def test_a_newer_version_waits_until_the_endpoint_is_free() -> None:
    """8 arrives while 7's rollout is open: it waits, and starts when that has ended, next to what it left behind."""
    world = World()
    world.register("7")
    world.until_weight(10)
    assert world.register("8", "e2") is IntakeResult.QUEUED
    (queued,) = world.entries(ReasonCode.WAITING_FOR_ENDPOINT, version="8")
    assert queued.reason.facts["model"] == "churn:7"
    world.until(Phase.PROMOTED, version="8", within=120)
    assert world.seen.traffic == {"churn-8": 100}


def test_only_the_newest_version_waits() -> None:
    """9 takes 8's place in the queue: 8's rollout ends as superseded without a deployment."""
    world = World()
    for version in ("7", "8", "9"):
        world.register(version, f"e{version}")
    assert world.rollout("8").phase is Phase.SUPERSEDED
    assert world.rollout("8").status.reason.facts["model"] == "churn:9"
    world.until(Phase.PROMOTED, version="9", within=150)
    world.minutes(15)
    assert set(world.seen.deployments) <= {"churn-7", "churn-9"}


def test_the_entry_says_that_an_operator_preferred_an_older_version() -> None:
    """9 waits behind 8 until an operator starts 7: the entry says who preferred 7, and why."""
    world = World()
    world.register("8", "e8")
    world.register("9", "e9")
    world.settle()
    world.models.registered[ModelVersion("churn", "7")] = {}
    by_hand(world)
    (entry,) = world.entries(ReasonCode.SUPERSEDED, version="9")
    assert entry.actor == "ada@example.com"
    assert sentence(entry.reason) == "superseded by churn:7: started by ada@example.com: again"


def test_the_entry_says_that_an_operator_replaced_a_rollout() -> None:
    """`newer_version: replace` also applies to an older version, but no entry calls it newer."""
    world = World(replace(POLICY, newer_version="replace"))
    world.register()
    world.until_weight(10)
    world.models.registered[ModelVersion("churn", "5")] = {}
    by_hand(world, "5")
    (entry,) = world.entries(ReasonCode.REPLACED_BY_NEWER_VERSION)
    assert sentence(entry.reason) == "churn:5 replaces this rollout: started by ada@example.com: again"
    assert world.until(Phase.ROLLED_BACK)
    assert world.until(Phase.PROMOTED, version="5")


@pytest.mark.parametrize("newer_version", ["replace", "wait"])
def test_starting_the_version_that_serves_ends_nothing(newer_version: Literal["replace", "wait"]) -> None:
    """6 serves next to 7's rollout, and 8 may be waiting: the request is refused because 6 already serves."""
    world = World(replace(POLICY, newer_version=newer_version))
    world.models.registered[ModelVersion("churn", "6")] = {}
    world.register()
    if newer_version == "wait":
        world.register("8", "e8")
    with pytest.raises(Temporary, match="it is not known yet what serves on w/churn"):
        by_hand(world, "6")
    for weight in (10, 50):
        world.until_weight(weight)
        with pytest.raises(NotPossible, match="churn-6 already serves churn:6") as refused:
            by_hand(world, "6")
        assert refused.value.code is ErrorCode.ALREADY_SERVING
    assert world.until(Phase.PROMOTED)
    assert newer_version == "replace" or world.rollout("8").phase is not Phase.SUPERSEDED


def test_the_version_that_lost_its_traffic_to_green_can_be_started() -> None:
    """Before 7 is promoted, 6 does not serve any more: a rollout of 6 may wait for the end of 7's."""
    world = World()
    world.models.registered[ModelVersion("churn", "6")] = {}
    world.register()
    world.until(Phase.PROMOTING)
    while not world.rollout().alone:
        world.minutes()
    by_hand(world, "6")
    assert world.rollout("6").phase is Phase.QUEUED
    assert world.until(Phase.PROMOTED)


def test_the_kept_version_can_be_started() -> None:
    """After the promotion 6 is kept without traffic; starting it deploys it again."""
    world = World(replace(POLICY, newer_version="replace"))
    world.models.registered[ModelVersion("churn", "6")] = {}
    world.register()
    world.until(Phase.PROMOTED)
    by_hand(world, "6")
    world.until(Phase.PROMOTED, version="6")


def test_versions_that_come_too_fast_are_not_replaced_forever() -> None:
    """One arrives every 20 minutes and a rollout needs 40: three are replaced; the fourth is promoted and says why."""
    policy = replace(
        POLICY, newer_version="replace", steps=(*POLICY.steps[:2], PauseStep(timedelta(minutes=30)), *POLICY.steps[2:])
    )
    world = World(policy)
    for number in range(7, 19):
        world.register(str(number), f"e{number}")
        world.minutes(20)
    phases = {int(r.model.version): r.phase for r in world.store.rollouts(CHURN)}
    assert [phases[number] for number in (7, 8, 9)] == [Phase.ROLLED_BACK] * 3
    assert phases[10] is Phase.PROMOTED
    (told, *_) = world.entries(ReasonCode.NOT_REPLACED_AGAIN, version="10")
    assert told.reason.facts == {"model": "churn:11", "replaced": 3}


def test_a_version_waits_while_another_is_rolled_back() -> None:
    """7 is bad and 8 waits: 7's deployment is deleted before 8's is created."""
    world = World(rates={GREEN: 0.5})
    world.register("7")
    world.until_weight(10)
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8")
    world.minutes(2)
    assert GREEN not in world.seen.deployments
    world.until(Phase.PROMOTED, version="8")


def test_the_same_event_many_times_makes_one_rollout() -> None:
    """Delivered repeatedly, before, during and after: one rollout, one deployment."""
    world = World()
    assert [world.register() for _ in range(3)] == [
        IntakeResult.STARTED,
        IntakeResult.DUPLICATE,
        IntakeResult.DUPLICATE,
    ]
    world.until(Phase.PROMOTED)
    assert world.register() is IntakeResult.DUPLICATE
    world.until_finished()
    assert world.register() is IntakeResult.DUPLICATE
    world.minutes(3)
    assert len(world.store.rollouts(ENDPOINT)) == 1


def test_a_late_event_of_an_older_version_is_ignored() -> None:
    """5, delivered after 7, starts nothing, even long after 7's rollout ended; 10 is newer than 9."""
    world = World()
    world.register("7")
    assert world.register("5", "e2") is IntakeResult.LATE
    world.until_finished()
    assert world.register("5", "e2") is IntakeResult.LATE
    assert world.register("9", "e3") is IntakeResult.STARTED
    assert world.register("10", "e4") is IntakeResult.QUEUED


def test_the_time_of_an_event_makes_no_older_version_newer() -> None:
    """5 was created before 7; only its event is later. ARM's creation time decides."""
    world = World()
    world.register("7")
    world.models.registered[ModelVersion("churn", "5")] = {}
    data: dict[str, object] = {"modelTags": {}}
    tomorrow = MIDNIGHT + timedelta(days=1)
    (outcome,) = world.reception().event(MODEL_REGISTERED, "models/churn:5", WORKSPACE, "e2", data, at=tomorrow)
    assert outcome.intake is IntakeResult.LATE


def test_starting_an_older_version_does_not_admit_old_events() -> None:
    """An operator can go back to 5; a late event for 6 still starts nothing, because 7 was admitted."""
    world = World()
    world.register("7")
    world.until_finished()
    world.models.registered[ModelVersion("churn", "5")] = {}
    by_hand(world, "5")
    assert world.register("6", "e3") is IntakeResult.LATE


def test_a_redelivery_completes_an_interrupted_delivery() -> None:
    """The rollout was written, but nothing was woken and no list has it: the redelivery completes both."""
    world = World()
    world.register()
    world.store.opened.clear()
    world.wakeups.woken.clear()
    assert world.register() is IntakeResult.DUPLICATE
    assert world.store.open_endpoints() == (CHURN,)
    world.until(Phase.PROMOTED)


def test_an_event_of_a_model_without_policy_is_ignored() -> None:
    """Another model, or tags that the policy does not select, starts nothing."""
    world = World(policy=replace(POLICY, models=(ModelSelector("churn", {"stage": "production"}),)))
    assert world.register() is IntakeResult.IGNORED
    assert world.store.open_endpoints() == ()


def test_tags_that_the_event_lacks_are_read() -> None:
    """The model's own tags then decide; if they cannot be read for now, the event must be delivered again."""
    world = World(policy=replace(POLICY, models=(ModelSelector("churn", {"stage": "production"}),)))
    world.models.registered[ModelVersion("churn", "7")] = {"stage": "production"}
    arrived = (MODEL_REGISTERED, "models/churn:7", "", "e1", None)
    world.models.faults.planned += [Temporary("busy"), Permanent("forbidden")]
    with pytest.raises(Temporary, match="busy"):
        world.reception().event(*arrived)
    assert [outcome.intake for outcome in world.reception().event(*arrived)] == [IntakeResult.IGNORED]
    assert [outcome.intake for outcome in world.reception().event(*arrived)] == [IntakeResult.STARTED]


@pytest.mark.parametrize("problem", [Temporary("busy"), Permanent("403 AuthorizationFailed")], ids=str)
@pytest.mark.parametrize("before", [[], [None]], ids=["whether it is archived", "when it was created"])
def test_what_azure_does_not_say_about_a_version_does_not_delay_it(before: list[None], problem: TealError) -> None:
    """Both only prevent rare mistakes: the event starts its rollout as if Azure had said nothing unusual."""
    world = World()
    world.models.faults.planned += [*before, problem]
    assert world.register() is IntakeResult.STARTED
    assert world.models.faults.planned == []


@pytest.mark.parametrize("problem", ["queue away", Permanent("403 AuthorizationFailed")], ids=str)
def test_an_event_is_accepted_although_the_queue_is_down(problem: str | TealError) -> None:
    """Its rollout is written and on the list of work, so the timer finds it; Event Grid need not deliver it again."""
    world = World()
    world.wakeups.faults.always = problem
    assert world.register() is IntakeResult.STARTED
    assert world.store.open_endpoints() == (CHURN,)


def test_an_event_of_another_workspace_is_ignored() -> None:
    """The topic must be the app's own workspace; case and a trailing slash do not matter."""
    world = World()
    world.models.registered[ModelVersion("churn", "7")] = {}
    for topic, intake in (("/subscriptions/x", IntakeResult.IGNORED), (f"{WORKSPACE.upper()}/", IntakeResult.STARTED)):
        found = world.reception().event(MODEL_REGISTERED, "models/churn:7", topic, "e1", {"modelTags": {}})
        assert [outcome.intake for outcome in found] == [intake]


def test_an_event_of_a_model_that_was_deleted_meanwhile_is_ignored() -> None:
    """The event has no tags and the model is gone: there is nothing to roll out."""
    found = World().reception().event(MODEL_REGISTERED, "models/churn:7", "", "e", {})
    assert [(outcome.intake, outcome.reason.code) for outcome in found] == [
        (IntakeResult.IGNORED, ReasonCode.MODEL_NOT_REGISTERED)
    ]


def test_an_ended_rollout_may_be_started_again_manually() -> None:
    """After a rollback an operator tries again: a new rollout, whose deployment has its own name."""
    world = World(rates={GREEN: 0.5})
    world.register()
    world.until_finished()
    assert by_hand(world) == "churn-7-r2"
    world.until(Phase.PROMOTED)
    assert world.seen.traffic == {"churn-7-r2": 100}
    assert world.history()[0].actor == "ada@example.com"
    assert world.history()[0].reason.code is ReasonCode.ROLLOUT_REQUESTED
    assert world.history()[0].reason.facts["comment"] == "again"


def test_a_rollout_under_way_is_not_started_a_second_time() -> None:
    """While it is open the request is refused, with the phase."""
    world = World()
    world.register()
    world.until_weight(10)
    with pytest.raises(NotPossible, match="it is stepping") as refused:
        by_hand(world)
    assert refused.value.code is ErrorCode.ROLLOUT_ALREADY_OPEN


def test_a_model_that_is_not_registered_cannot_be_started() -> None:
    """A typo in the version is reported at once."""
    with pytest.raises(Permanent, match="no model churn:99 is registered"):
        by_hand(World(), "99")


def test_nothing_can_be_asked_of_an_endpoint_without_a_rollout() -> None:
    """The controller refuses instead of inventing a rollout."""
    world = World()
    assert (
        world.controller().request(CHURN, OperatorRequest(Verb.PAUSE, "ada@example.com", "because", MIDNIGHT)) is None
    )


def test_a_version_of_unknown_age_makes_no_older_one_newest() -> None:
    """3.1's creation time is unknown, but 2.9 was created before 3.0, so its event is late all the same."""
    world = World()
    made = {"2.9": MIDNIGHT - timedelta(days=2), "3.0": MIDNIGHT - timedelta(days=1), "3.1": None}
    world.models.made = {ModelVersion("churn", version): at for version, at in made.items()}
    world.register("3.0", "e1")
    world.until_finished("3.0", within=90)
    world.models.registered[ModelVersion("churn", "3.1")] = {}
    by_hand(world, "3.1")
    world.until_finished("3.1", within=90)
    assert world.register("2.9", "e2") is IntakeResult.LATE


@pytest.mark.parametrize(("hours", "intake"), [(30, IntakeResult.LATE), (0, IntakeResult.QUEUED)])
def test_a_late_event_of_another_model_starts_no_older_version(hours: int, intake: IntakeResult) -> None:
    """A version created before the serving one is older, whatever its number; a newer one waits for its turn."""
    models = (ModelSelector("churn"), ModelSelector("churn-b"))
    world = World(replace(POLICY, models=models))
    other = ModelVersion("churn-b", "9")
    world.models.made = {
        ModelVersion("churn", "3"): MIDNIGHT - timedelta(hours=1),
        other: MIDNIGHT - timedelta(hours=hours),
    }
    world.register("3")
    world.until(Phase.PROMOTED, version="3", within=120)
    world.models.registered[other] = {}
    data = {"modelName": "churn-b", "modelVersion": "9", "modelTags": {}}
    (outcome,) = world.reception().event(MODEL_REGISTERED, "models/churn-b:9", WORKSPACE, "e9", data)
    assert outcome.intake is intake
