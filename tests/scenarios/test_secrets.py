"""Keys and tokens that deployments and services leak do not reach any record, history, log or error."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.rollout import ModelVersion, Verb
from shared.errors import Temporary
from shared.observer import LONGEST_LOG
from shared.ports import Answer
from shared.words import sentence
from tests.fakes import FakeEndpoints, FakeScoring
from tests.scenarios.world import GREEN, POLICY, WORKSPACE, World, serving

SEEDS = {
    "key": "Zk4" * 11 + "x",
    "bearer": "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJzZWVkIn0.c2VlZA",
    "password": "correct-horse-battery",
    "customer": "CUST-0042-77",
    "private": "MIIEvgIBADAN+Bgkq/hkiG9w",
    "signature": "mN4%2BoP5qR6sT7",
    "hugging face": "hf_" + "ZyXwVuTsRq" * 3,
    "github": "ghs_" + "z9y8x7w6v5u4" * 3,
    "aws": "AKIA" + "ZYXWVU98765TSRQP",
}
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\n" + f"{SEEDS['private']}\n" * 20 + "-----END PRIVATE KEY-----"
SPILLED = (
    f"Authorization: Bearer {SEEDS['bearer']} key {SEEDS['key']} "
    f"DB_PASSWORD={SEEDS['password']} for {SEEDS['customer']} "
    f"se=1\\u0026sig={SEEDS['signature']} {SEEDS['hugging face']} {SEEDS['github']} {SEEDS['aws']}"
)


class SpillingScoring(FakeScoring):
    """Deployments that answer with secrets."""

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        del endpoint, deployment, timeout
        return tuple(Answer(500, SPILLED, 0.01) for _ in bodies)


@dataclass
class SpillingEndpoints(FakeEndpoints):
    """Containers that log secrets."""

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        del endpoint, name
        return "\n".join([SPILLED] * lines + [PRIVATE_KEY])


def spilled_in(text: str) -> list[str]:
    """Return which secrets, whole or in part, a text contains."""
    return [name for name, seed in SEEDS.items() if seed[:12] in text]


@pytest.fixture
def world() -> World:
    """Return a world that leaks secrets, with a policy that redacts its customers' numbers."""
    policy = replace(POLICY, redact=(r"CUST-\d{4}-\d{2}",))
    return World(
        policy=policy,
        scoring=SpillingScoring(),
        endpoints=SpillingEndpoints(seen={"churn": serving()}, slow=True),
    )


def everything(world: World, caplog: pytest.LogCaptureFixture) -> str:
    """Return everything that is stored and logged, as text."""
    told = "\n".join(sentence(entry.reason) for entry in world.history())
    return f"{world.store!r}\n{told}\n{caplog.text}"


def test_a_spilling_green_is_rolled_back_without_its_secrets(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Its answers and its log are evidence, and are kept without the secrets."""
    caplog.set_level(logging.DEBUG)
    world.register()
    world.until(Phase.ROLLED_BACK)
    found = everything(world, caplog)
    assert GREEN in found
    assert "DB_PASSWORD=***" in found
    assert spilled_in(found) == []


class LongLog(FakeEndpoints):
    """Containers that log one long line with a key at the point where it is cut."""

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        del endpoint, name, lines
        return SEEDS["aws"] + " x" * (LONGEST_LOG // 2 - 4)


def test_no_part_of_a_secret_is_left_where_a_log_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """A key without its beginning is not recognized, so secrets are removed before the text is cut."""
    world = World(endpoints=LongLog(seen={"churn": serving()}, slow=True))
    world.scoring.statuses[GREEN] = 500
    world.register()
    world.until(Phase.ROLLED_BACK)
    found = everything(world, caplog)
    assert " x" * 200 in found
    assert SEEDS["aws"][-8:] not in found


def test_errors_of_services_are_kept_without_their_secrets(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """For example, an answer that repeats the request's headers."""
    caplog.set_level(logging.DEBUG)
    world.policy = replace(world.policy, redact=())
    world.register()
    world.endpoints.faults.planned = [Temporary(SPILLED.replace(SEEDS["customer"], ""))] * 3
    world.telemetry.faults.always = SPILLED.replace(SEEDS["customer"], "")
    world.minutes(4)
    found = everything(world, caplog)
    assert "Bearer ***" in found
    assert spilled_in(found) == []


def test_errors_are_kept_without_what_the_policy_redacts(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Messages about failing telemetry or an unreadable endpoint may name customers too."""
    caplog.set_level(logging.DEBUG)
    world.scoring = FakeScoring()
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = SPILLED
    world.minutes(3)
    world.endpoints.faults.always = SPILLED
    world.minutes(3)
    assert world.rollout().observed.telemetry_problem
    assert world.rollout().observed.endpoint_problem
    assert spilled_in(everything(world, caplog)) == []


@pytest.mark.parametrize(
    ("missing", "no_table"), [({"errors": SPILLED}, None), ({}, SPILLED)], ids=["a gate's data", "the table"]
)
def test_what_telemetry_says_it_lacks_is_kept_without_what_the_policy_redacts(
    world: World, caplog: pytest.LogCaptureFixture, missing: dict[str, str], no_table: str | None
) -> None:
    """Telemetry sources explain in their own words why there is no evidence."""
    caplog.set_level(logging.DEBUG)
    world.scoring = FakeScoring()
    world.telemetry.missing, world.telemetry.no_table = missing, no_table
    world.register()
    world.minutes(20)
    found = everything(world, caplog)
    assert "DB_PASSWORD=***" in found
    assert spilled_in(found) == []


@pytest.mark.parametrize("order", ["create", "traffic"])
def test_refusals_are_kept_without_what_the_policy_redacts(
    world: World, caplog: pytest.LogCaptureFixture, order: str
) -> None:
    """Azure quotes what it refuses: the deployment's names and tags, which come from the template."""
    caplog.set_level(logging.DEBUG)
    world.scoring = FakeScoring()
    world.endpoints.refuses[order] = SPILLED
    world.register()
    world.until(Phase.ROLLED_BACK, Phase.FAILED)
    found = everything(world, caplog)
    assert "DB_PASSWORD=***" in found
    assert spilled_in(found) == []


def test_what_an_operator_pastes_is_kept_without_its_secrets(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A reason is free text, and many people read histories."""
    caplog.set_level(logging.DEBUG)
    world.scoring = FakeScoring()
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK, f"it printed {SPILLED}")
    world.until(Phase.ROLLED_BACK)
    assert spilled_in(everything(world, caplog)) == []


def test_a_key_that_an_operator_pastes_goes_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Whether in the reason or in place of a name, it reaches neither the history nor a log."""
    caplog.set_level(logging.DEBUG)
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE, reason=f"with {SEEDS['key']}", by=f"ada, DB_PASSWORD={SEEDS['password']}")
    world.ask(Verb.OVERRIDE, reason=SPILLED, by=f"bob {SEEDS['key']}")
    world.minutes(3)
    assert "DB_PASSWORD=***" in world.told()
    assert spilled_in(world.told() + caplog.text + repr(world.store.rows)) == ["customer"]  # no policy redacts it


def test_the_reason_of_a_start_is_kept_without_its_secrets(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is the first text in a history."""
    caplog.set_level(logging.DEBUG)
    world.scoring = FakeScoring()
    model = ModelVersion("churn", "7")
    world.models.registered[model] = {}
    world.reception().start(world.policy, model, "ada@example.com", SPILLED)
    world.minutes(2)
    assert GREEN in everything(world, caplog)
    assert spilled_in(everything(world, caplog)) == []


@pytest.mark.parametrize("place", ["type", "subject", "topic", "id", "data"])
def test_an_event_is_logged_without_secrets(caplog: pytest.LogCaptureFixture, place: str) -> None:
    """Anyone who may send events can put anything into each of their attributes."""
    caplog.set_level(logging.DEBUG)
    sent = {"type": MODEL_REGISTERED, "subject": "models/churn:7", "topic": WORKSPACE, "id": "e1", "data": {}}
    sent[place] = SPILLED
    World().reception().event(*sent.values())  # type: ignore[arg-type]
    assert "outcome=" in caplog.text
    assert set(spilled_in(caplog.text)) <= {"customer"}  # no policy redacts it
