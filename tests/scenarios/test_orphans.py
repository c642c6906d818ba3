"""Stories about greens that ended rollouts left behind, and the nightly sweep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.audit.orphans import OrphanSweep
from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep
from shared.errors import Temporary
from shared.notifications import LogChannel
from shared.ports import Halt
from tests.scenarios.world import ENDPOINT, GREEN, POLICY, World

NIGHT = timedelta(days=1)
REMOVES = replace(POLICY, orphans="remove")
CODES = (ReasonCode.ORPHAN_FOUND, ReasonCode.ORPHAN_MIRROR_ENDED, ReasonCode.ORPHAN_REMOVED)


@dataclass
class Nights:
    """A world in which a rollout left its green behind, with a sweep every night."""

    world: World = field(default_factory=lambda: World(policy=REMOVES, rates={GREEN: 0.5}))

    def __post_init__(self) -> None:
        self.world.register()
        self.world.until_finished()
        ours = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:churn:7", 1, self.world.clock(), by_teal=True)
        self.deploy(ours)
        self.world.endpoints.slow = False

    @property
    def noted(self) -> list[ReasonCode]:
        """What the history says of the orphan."""
        return [entry.reason.code for entry in self.world.entries(*CODES)]

    @property
    def deployed(self) -> bool:
        """Whether the green is still there."""
        return GREEN in self.world.seen.deployments

    def deploy(self, green: DeploymentSeen) -> None:
        """Have Azure show this green."""
        seen = self.world.seen
        self.world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, GREEN: green})

    def pass_(self, count: int = 1) -> None:
        """Let nights pass."""
        world = self.world
        for _ in range(count):
            world.clock.pass_(NIGHT)
            parts = world.store, world.workspaces, world.known_policies, world.clock, "two", (LogChannel(),)
            OrphanSweep(*parts, history=100 * NIGHT).sweep()


def test_an_orphan_is_noted_and_removed_the_next_night() -> None:
    """Both are in the history of the rollout that left it, and nothing comes after that."""
    nights = Nights()
    nights.pass_()
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND], True)
    nights.pass_(3)
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND, ReasonCode.ORPHAN_REMOVED], False)
    assert nights.world.rollout().lease is None


def test_by_default_it_is_only_noted() -> None:
    """Once, however often it is found."""
    nights = Nights(World(rates={GREEN: 0.5}))
    nights.pass_(4)
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND], True)


def test_a_change_by_an_operator_keeps_it() -> None:
    """Between the two nights somebody looked into what was wrong with it."""
    nights = Nights()
    nights.pass_()
    touched = replace(nights.world.seen.deployments[GREEN], modified=nights.world.clock())
    nights.deploy(touched)
    nights.pass_(3)
    assert nights.deployed


def test_nothing_is_removed_while_a_rollout_is_open_or_all_is_halted() -> None:
    """The sweep waits for both to end."""
    nights = Nights(World(policy=replace(REMOVES, steps=(*POLICY.steps, PauseStep(None))), rates={GREEN: 0.5}))
    nights.pass_()
    nights.world.endpoints.slow = True
    nights.world.register("8")
    nights.world.until_weight(10, "8")
    nights.pass_()
    assert nights.deployed
    other = Nights()
    other.pass_()
    other.world.store.set_halt(Halt("ada@example.com", "audit season", other.world.clock()))
    other.pass_(2)
    assert other.deployed
    other.world.store.set_halt(None)
    other.pass_()
    assert not other.deployed


def test_a_rollout_that_begins_during_the_sweep_wins() -> None:
    """The decision was made about an endpoint without a rollout, so it is void."""
    nights = Nights()
    nights.pass_()
    store, commit = nights.world.store, nights.world.store.commit

    def late(*args: object, **_: object) -> object:
        object.__setattr__(store, "commit", commit)
        nights.world.register("8")
        return commit(*args)  # type: ignore[arg-type]

    object.__setattr__(store, "commit", late)
    nights.pass_()
    assert nights.deployed
    assert nights.noted == [ReasonCode.ORPHAN_FOUND]


def test_an_endpoint_that_cannot_be_read_is_left_alone() -> None:
    """The next night tries again."""
    nights = Nights()
    nights.pass_()
    nights.world.endpoints.faults.planned.append(Temporary("503"))
    nights.pass_()
    assert nights.deployed
    nights.pass_()
    assert not nights.deployed
