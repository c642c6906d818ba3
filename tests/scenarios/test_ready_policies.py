"""Every policy file that ships, read as the app reads it and run: a good version is promoted, a bad one is not.

Only the endpoint and the model get this world's names; steps, judge, deadlines and files are the policy's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.observation import DeploymentMinute, DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.intake import IntakeResult
from shared.policies.files import NamedFiles
from shared.policies.policy_set import PolicySet, read_policies
from shared.ports import Answer, JsonSchema, Policies
from tests.fakes import FakePolicies, FakeScoring
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, WORKSPACE, World

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "policies"
INSTANCES = 4
ENDED = (Phase.PROMOTED, Phase.ROLLED_BACK, Phase.FAILED)


@dataclass(frozen=True, slots=True)
class Play:
    """A policy file, and what is observed when it runs with a good version.

    weights, mirrors: green's, in percent and in order. bad_weights: the weights that a version with many failures gets
    before it is rolled back. tagged: it selects only models of the stage `production`. says: what the deployments
    answer. instances: green's at the end. approved: an operator resumes its pause. green_stays: after a rollback.
    """

    file: Path
    weights: tuple[int, ...]
    bad_weights: tuple[int, ...]
    mirrors: tuple[int, ...] = ()
    tagged: bool = False
    says: str = "[1.0]"
    instances: int = INSTANCES
    approved: bool = False
    kubernetes: bool = False
    green_stays: bool = False


PLAYS = {
    play.file.stem: play
    for play in (
        Play(EXAMPLES / "canary.yaml", (5, 10, 25, 50, 75, 100), (5,)),
        Play(EXAMPLES / "linear.yaml", (20, 40, 60, 80, 100), (20,)),
        Play(EXAMPLES / "blue-green.yaml", (100,), (100, 10), tagged=True, approved=True, green_stays=True),
        Play(
            EXAMPLES / "shadow-then-canary.yaml",
            (10, 50, 100),
            (),
            mirrors=(10, 50),
            says='{"model": "ranking", "n": 1}',
        ),
        Play(EXAMPLES / "smoke-only.yaml", (100,), (100, 10), says='{"forecast": [1.5]}'),
        Play(EXAMPLES / "kubernetes.yaml", (10, 50, 100), (10,), kubernetes=True, instances=2),
        Play(ROOT / "policies" / "churn.yaml", (10, 25, 50, 100), (10,), tagged=True),
    )
}
each_play = pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS.keys())


@cache
def book_of(folder: Path) -> PolicySet:
    """Return the folder's policies."""
    return read_policies(folder, environment={}).valid()


@dataclass
class Speaking(FakeScoring):
    """Deployments that all give the same answer, with the statuses of the test."""

    says: str = ""

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        return tuple(replace(each, text=self.says) for each in super().answers(endpoint, deployment, bodies, timeout))


@dataclass
class FromBook(FakePolicies):
    """The policy under another name, with the files of the set that it comes from."""

    book: PolicySet = field(default_factory=lambda: PolicySet(NamedFiles(Path())))

    def requests(self, path: str) -> tuple[bytes, ...]:
        return self.book.requests(path)

    def schema(self, path: str) -> JsonSchema:
        return self.book.schema(path)


@dataclass
class Stage(World):
    """The world in which one policy runs.

    seen_shares: green's mirror and weight, each time they changed. grown: green's instances when it first had a weight.
    """

    play: Play = PLAYS["canary"]
    seen_shares: list[tuple[int, int]] = field(default_factory=list)
    grown: dict[int, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.policy = played(self.play)
        self.scoring = Speaking(self.scoring.statuses, says=self.play.says)
        blue = DeploymentSeen(BLUE, Provisioning.SUCCEEDED, "azureml:churn:6", INSTANCES)
        self.endpoints.seen[ENDPOINT] = replace(self.seen, deployments={BLUE: blue}, kubernetes=self.play.kubernetes)
        self._policies = FromBook((self.policy,), book=book_of(self.play.file.parent))

    @property
    def known_policies(self) -> Policies:
        """The policy, with its own files."""
        return self._policies

    def start(self) -> None:
        """Register a version that the policy selects."""
        tags = {"stage": "production"} if self.play.tagged else {}
        self.models.registered[ModelVersion("churn", "7")] = tags
        data = {"modelName": "churn", "modelVersion": "7", "modelTags": tags}
        (outcome,) = self.reception().event(MODEL_REGISTERED, "models/churn:7", WORKSPACE, "e1", data)
        assert outcome.intake is IntakeResult.STARTED, outcome.reason

    def perform(self, minutes: int = 24 * 60) -> Rollout:
        """Register a version that the policy selects, and let time pass until its rollout has ended."""
        self.start()
        for _ in range(minutes):
            self.minutes()
            self._note()
            if self.rollout().phase in ENDED:
                return self.rollout()
            if self.rollout().phase is Phase.PAUSED and self.play.approved:
                self.ask(Verb.RESUME)
        raise AssertionError(self.told())

    def _note(self) -> None:
        shares = self.seen.mirror.get(GREEN, 0), self.seen.traffic.get(GREEN, 0)
        if shares != (0, 0) and shares != (self.seen_shares or [(0, 0)])[-1]:
            self.seen_shares.append(shares)
            self.grown.setdefault(shares[1], self.seen.instances(GREEN))

    @property
    def weights_written(self) -> tuple[int, ...]:
        """Every live weight of green that was written, in order."""
        return tuple(written[GREEN] for written in self.endpoints.traffic_written if GREEN in written)


def played(play: Play) -> Policy:
    """Return the file's policy for this world's endpoint and model."""
    book = book_of(play.file.parent)
    policy = book.policies[book.files.index(str(play.file))]
    models = tuple(replace(selector, name="churn") for selector in policy.models)
    return replace(policy, endpoint=ENDPOINT, models=models)


def test_every_file_that_ships_is_played() -> None:
    """A policy file that is added must be added here too."""
    files = [file for folder in (EXAMPLES, ROOT / "policies") for file in book_of(folder).files]
    assert sorted(files) == sorted(str(play.file) for play in PLAYS.values())


@each_play
def test_a_good_version_gets_all_the_traffic(play: Play) -> None:
    """Mirrored first if the policy says so, then each weight in order; blue is kept after the promotion."""
    stage = Stage(play=play)
    rollout = stage.perform()
    assert (rollout.phase, rollout.observed.serving) == (Phase.PROMOTED, GREEN), stage.told()
    assert stage.weights_written == play.weights
    assert stage.seen_shares == [(mirror, 0) for mirror in play.mirrors] + [(0, weight) for weight in play.weights]
    assert stage.seen.traffic == {GREEN: 100}
    assert stage.seen.deployments.keys() == {BLUE, GREEN}
    assert stage.seen.instances(GREEN) == play.instances


@each_play
def test_a_bad_version_is_rolled_back(play: Play) -> None:
    """It fails one request in ten and gets no further than its first share; blue gets everything back."""
    stage = Stage(play=play, rates={GREEN: 0.1})
    rollout = stage.perform()
    assert (rollout.phase, rollout.observed.serving) == (Phase.ROLLED_BACK, BLUE), stage.told()
    assert rollout.status.reason.code is ReasonCode.REGRESSION_DETECTED
    assert stage.weights_written == play.bad_weights
    assert (stage.seen.traffic, stage.seen.mirror) == ({BLUE: 100}, {})
    while not stage.rollout().over:
        stage.minutes()
    assert (GREEN in stage.seen.deployments) == play.green_stays


@each_play
def test_a_version_that_fails_its_smoke_test_gets_nothing(play: Play) -> None:
    """Every strategy starts with smoke requests, so users never meet a version that cannot answer at all."""
    stage = Stage(play=play)
    stage.scoring.statuses[GREEN] = 424
    rollout = stage.perform()
    assert (rollout.phase, rollout.observed.serving) == (Phase.ROLLED_BACK, BLUE), stage.told()
    assert rollout.status.reason.code is ReasonCode.SMOKE_FAILED
    assert (stage.weights_written, stage.seen_shares) == ((), [])


@pytest.mark.parametrize(
    ("name", "says", "words"),
    [
        ("shadow-then-canary", '{"model": "other"}', "ranking"),
        ("smoke-only", '{"forecast": ["high"]}', "high"),
    ],
)
def test_a_version_that_answers_something_else_gets_nothing(name: str, says: str, words: str) -> None:
    """The required content or schema of answers comes from the policy's own files."""
    stage = Stage(play=replace(PLAYS[name], says=says))
    rollout = stage.perform()
    assert (rollout.phase, stage.weights_written) == (Phase.ROLLED_BACK, ())
    assert words in "".join(rollout.status.reason.facts["examples"])


def test_linear_grows_green_and_shrinks_blue() -> None:
    """Green's instances grow before each weight; blue is scaled down to one once green is seen to serve."""
    stage = Stage(play=PLAYS["linear"])
    stage.perform()
    assert stage.grown == {20: 1, 40: 2, 60: 3, 80: 4, 100: 4}
    stage.until_instances(1)


def test_the_pause_of_the_app_s_own_policy_waits_for_the_clock() -> None:
    """It lasts half an hour at a quarter of the traffic, without an operator."""
    stage = Stage(play=PLAYS["churn"])
    stage.perform()
    (paused,) = (entry.at for entry in stage.history() if entry.after == Phase.PAUSED)
    resumed = next(entry.at for entry in stage.history() if entry.before == Phase.PAUSED)
    assert resumed - paused >= 30 * MINUTE


def test_blue_green_waits_for_an_operator() -> None:
    """Without approval, blue still has all traffic after half a day."""
    stage = Stage(play=replace(PLAYS["blue-green"], approved=False))
    with pytest.raises(AssertionError, match="paused by the policy; resume or promote"):
        stage.perform(minutes=12 * 60)
    assert stage.seen.traffic == {BLUE: 100}


def test_canary_does_not_advance_at_the_weekend() -> None:
    """Registered on Friday at 16:10 in Berlin, the rollout waits until Monday, and is not rolled back for waiting."""
    stage = Stage(play=PLAYS["canary"])
    stage.clock.now = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
    for hour in range(6):
        stage.telemetry.rows.append(DeploymentMinute(BLUE, stage.clock.now - timedelta(minutes=10 * hour + 1), 6000, 0))
    stage.start()
    while stage.clock.now < datetime(2026, 11, 22, 22, 50, tzinfo=UTC):  # Sunday, 23:50 in Berlin
        stage.minutes()
        stage.clock.pass_(19 * MINUTE)
    assert stage.weights_written == ()
    assert stage.until(Phase.PROMOTED, within=300).observed.serving == GREEN
