"""Deployments that ended rollouts left behind: which they are, and when they may be removed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.orphans import NOTICE, Orphan, Swept, orphans, swept
from shared.core.phases import Phase
from shared.core.reconcile.actions import Action, DeleteDeployment, SetMirror
from shared.core.rollout import Beside, Kept, Refusal, Rollout
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.refusal import ActionKind
from shared.core.steps import MirrorStep
from tests.core.rollouts import NOW, rollout

GREEN = rollout(Phase.ROLLED_BACK).green


def ended(phase: Phase) -> Rollout:
    """Return a rollout that has ended and been cleaned up."""
    open_one = rollout(phase)
    return open_one.finish(open_one.status.since + timedelta(minutes=5))


def kept(one: Rollout) -> Rollout:
    """Return the rollout with a policy that keeps green after a rollback."""
    return replace(one, policy=replace(one.policy, on_rollback="keep"))


def seen(traffic: dict[str, int], mirror: dict[str, int] | None = None) -> EndpointSeen:
    """Return an endpoint on which green is still deployed."""
    deployments = {name: DeploymentSeen(name, Provisioning.SUCCEEDED, "azureml:m:1") for name in (GREEN, "other")}
    return EndpointSeen("churn", Provisioning.SUCCEEDED, traffic, mirror or {}, deployments)


IDLE = seen({"other": 100})


@pytest.mark.parametrize("needs", [{"placement": Beside(GREEN)}, {"kept": (Kept(GREEN, NOW),)}], ids=["blue", "kept"])
def test_what_an_unfinished_rollout_needs_is_no_orphan(needs: dict[str, Any]) -> None:
    """An operator made it serve, so it is a newer rollout's blue, or its inherited way back."""
    later = replace(rollout(Phase.STEPPING), green="newer", **needs)
    assert orphans((later, ended(Phase.ROLLED_BACK)), IDLE) == ()
    assert len(orphans((ended(Phase.ROLLED_BACK),), IDLE)) == 1


LEFT = [
    (Phase.ROLLED_BACK, IDLE, 0),
    (Phase.SUPERSEDED, IDLE, 0),
    (Phase.FAILED, seen({"other": 100}, {GREEN: 20}), 20),
]
MIRRORS = (MirrorStep(15, requests=9), MirrorStep(30, requests=9))
FINISHED = ended(Phase.ROLLED_BACK).finished or NOW
LATER = FINISHED + timedelta(days=3)


def test_a_kept_green_with_a_mirror_is_an_orphan() -> None:
    """`on_rollback: keep` keeps the deployment, but never its mirror."""
    left = kept(ended(Phase.ROLLED_BACK))
    assert orphans([left], seen({"other": 100}, {GREEN: 15}))


@dataclass(frozen=True)
class Found:
    """An orphan that was noted a day ago and that its policy removes, unless something differs."""

    since: datetime | None = LATER - timedelta(days=1)
    remove: bool = True
    mirror: int = 0
    mirror_ordered: bool = True
    refused: datetime | None = None
    created: datetime | None = FINISHED
    endpoint: dict[str, object] = field(default_factory=dict)
    deployment: dict[str, object] = field(default_factory=dict)

    def swept(self) -> Swept:
        """Return what follows at the next sweep."""
        one = ended(Phase.ROLLED_BACK).with_ending(orphan_since=self.since).with_orders(mirror=self.mirror_ordered)
        one = one.with_orders(created=self.created)
        one = replace(one, policy=replace(one.policy, steps=MIRRORS))
        if self.refused is not None:
            one = replace(one, refusal=Refusal(ActionKind.DELETE_DEPLOYMENT, GREEN, "Locked", self.refused))
        plain = seen({"other": 100}, {GREEN: self.mirror} if self.mirror else {})
        ours = replace(plain.deployments[GREEN], model=f"azureml:{one.model}", modified=FINISHED, by_teal=True)
        deployments = {**plain.deployments, GREEN: replace(ours, **self.deployment)}  # type: ignore[arg-type]
        endpoint = replace(plain, deployments=deployments)
        endpoint = replace(endpoint, **self.endpoint)  # type: ignore[arg-type]
        return swept(one, next(iter(orphans((one,), endpoint)), None), endpoint, LATER, remove=self.remove)


def test_an_orphan_is_first_noted_with_the_time_of_its_removal() -> None:
    """Nothing is ordered on the first day."""
    result = Found(since=None).swept()
    (entry,) = result.decision.entries
    assert (entry.reason.code, entry.reason.facts["until"]) == (ReasonCode.ORPHAN_FOUND, (LATER + NOTICE).isoformat())
    assert (result.decision.rollout.ending.orphan_since, result.actions) == (LATER, ())
    assert "until" not in Found(since=None, remove=False).swept().decision.entries[0].reason.facts


@pytest.mark.parametrize(
    ("found", "action", "code"),
    [
        (Found(), DeleteDeployment("churn", GREEN), ReasonCode.ORPHAN_REMOVED),
        (Found(since=LATER - NOTICE), DeleteDeployment("churn", GREEN), ReasonCode.ORPHAN_REMOVED),
        (
            Found(deployment={"state": Provisioning.FAILED}),
            DeleteDeployment("churn", GREEN),
            ReasonCode.ORPHAN_REMOVED,
        ),
        (Found(refused=FINISHED), DeleteDeployment("churn", GREEN), ReasonCode.ORPHAN_REMOVED),
        (Found(mirror=30), SetMirror("churn", {}), ReasonCode.ORPHAN_MIRROR_ENDED),
    ],
    ids=["plain", "just noticed", "failed", "refused before", "mirror"],
)
def test_a_day_later_it_is_removed(found: Found, action: Action, code: ReasonCode) -> None:
    """A mirror ends first, and the deployment follows the next night."""
    result = found.swept()
    assert (result.actions, [entry.reason.code for entry in result.decision.entries]) == ((action,), [code])


@pytest.mark.parametrize(
    "found",
    [
        Found(since=LATER - NOTICE + timedelta(minutes=1)),
        Found(remove=False),
        Found(mirror=30, mirror_ordered=False),
        Found(mirror=31),
        Found(refused=LATER - timedelta(hours=9)),
        Found(endpoint={"state": Provisioning.UPDATING}),
        Found(endpoint={"traffic": {}}),
        Found(endpoint={"traffic": {"gone": 100}}),
        Found(deployment={"modified": FINISHED + timedelta(seconds=1)}),
        Found(deployment={"modified": None}),
        Found(deployment={"by_teal": False}),
        Found(created=None),
        Found(deployment={"model": "azureml:churn:8"}),
        Found(deployment={"state": Provisioning.SCALING}),
    ],
    ids=[
        "too early", "policy", "mirror by hand", "another mirror", "refused", "busy", "nothing serves", "serving gone",
        "changed since", "change unknown", "made by hand", "never ordered", "another model", "being scaled",
    ],
)  # fmt: skip
def test_what_may_be_somebodys_stays(found: Found) -> None:
    """It was noted once, and nothing more follows."""
    result = found.swept()
    assert (result.actions, result.decision.entries) == ((), ())


def test_an_orphan_that_someone_uses_is_noted_again_later() -> None:
    """If it is left behind a second time, its notice starts again."""
    result = Found(endpoint={"traffic": {"other": 90, GREEN: 10}}).swept()
    assert (result.decision.rollout.ending.orphan_since, result.actions) == (None, ())


@pytest.mark.parametrize(("phase", "endpoint", "mirrored"), LEFT)
def test_an_unused_green_of_an_ended_rollout_is_an_orphan(phase: Phase, endpoint: EndpointSeen, mirrored: int) -> None:
    """The finding includes the percentage of requests that is still mirrored to it."""
    left = ended(phase)
    assert orphans([left], endpoint) == (Orphan(GREEN, left.id, phase, mirrored),)


@pytest.mark.parametrize(
    ("newest_first", "endpoint"),
    [
        ([rollout(Phase.ROLLED_BACK)], IDLE),
        ([rollout(Phase.STEPPING)], IDLE),
        ([ended(Phase.PROMOTED)], IDLE),
        ([ended(Phase.ROLLED_BACK)], seen({"other": 95, GREEN: 5})),
        ([ended(Phase.ROLLED_BACK)], replace(IDLE, deployments={})),
        ([rollout(Phase.STEPPING), ended(Phase.ROLLED_BACK)], IDLE),
        ([replace(ended(Phase.SUPERSEDED), placement=None)], IDLE),
        ([kept(ended(Phase.ROLLED_BACK))], IDLE),
    ],
    ids=["not cleaned up yet", "open", "promoted", "given traffic", "deleted", "restarted", "not Teal's", "kept"],
)
def test_a_green_that_is_still_of_use_is_not(newest_first: list[Rollout], endpoint: EndpointSeen) -> None:
    """Somebody still needs it, or it is already gone."""
    assert orphans(newest_first, endpoint) == ()


@pytest.mark.parametrize(
    ("endpoint", "left"),
    [
        (seen({"newer": 100}), True),
        (seen({"newer": 95, "other": 5}), False),
        (seen({"newer": 100}, {"other": 5}), False),
    ],
    ids=["idle", "with traffic", "with a mirror"],
)
def test_a_replaced_blue_that_someone_uses_is_no_orphan(endpoint: EndpointSeen, *, left: bool) -> None:
    """Whoever sends it live or mirrored requests has a reason."""
    promoted = replace(ended(Phase.PROMOTED), green="newer", placement=Beside("other"))
    assert [orphan.deployment for orphan in orphans([promoted], endpoint)] == (["other"] if left else [])
