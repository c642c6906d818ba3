"""Channels receive every history entry, and none of them can block a rollout."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Permanent, Temporary
from tests.scenarios.world import CHURN, World


@dataclass
class Recorded:
    """A channel that records what it receives, and may fail."""

    error: Exception | None = None
    codes: list[ReasonCode] = field(default_factory=list)

    def notify(self, rollout: Rollout, entry: Entry) -> None:
        assert rollout.phase is entry.after
        self.codes.append(entry.reason.code)
        if self.error is not None:
            raise self.error


def run(*channels: Recorded) -> World:
    """Return a world after one reconcile per minute with these channels, until the first weight is in effect."""
    world = World()
    world.register()
    controller = replace(world.controller(), channels=channels)
    for _ in range(8):
        world.log_traffic()
        world.endpoints.finish()
        controller.reconcile(CHURN)
        world.clock.pass_(world.policy.judge.telemetry_lag)
    return world


def test_every_entry_after_admission_is_sent_once_and_in_order() -> None:
    """The channel receives exactly the history."""
    channel = Recorded()
    world = run(channel)
    assert channel.codes == [entry.reason.code for entry in world.history()[1:]]
    assert ReasonCode.WEIGHT_REQUESTED in channel.codes


@pytest.mark.parametrize("error", [Temporary("503"), Permanent("gone"), ConnectionError("reset")], ids=str)
def test_a_channel_that_fails_blocks_neither_the_rollout_nor_the_others(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged; the next channel and the rollout continue."""
    broken, healthy = Recorded(error), Recorded()
    with caplog.at_level(logging.WARNING, "teal.notifications"):
        world = run(broken, healthy)
    assert healthy.codes == broken.codes
    assert world.rollout().phase is Phase.STEPPING
    assert "channel=Recorded" in caplog.text
    assert str(error) in caplog.text


def test_a_request_is_accepted_whatever_a_channel_does() -> None:
    """The caller gets the acceptance of the rollback, which starts at once."""
    world = run()
    world.wakeups.woken.clear()
    broken, healthy = Recorded(ConnectionError("reset")), Recorded()
    request = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "wrong", world.clock())
    controller = replace(world.controller(), channels=(broken, healthy))
    assert controller.request(CHURN, request) is not None
    assert healthy.codes == [ReasonCode.REQUEST_ACCEPTED]
    assert world.wakeups.woken == [CHURN]


def test_a_request_is_sent_when_it_is_accepted_and_an_override_with_every_entry(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The entry says that a request was accepted; from then on every entry says that the judge is overridden."""
    world = run()
    caplog.set_level(logging.INFO, logger="teal.notifications")
    world.ask(Verb.OVERRIDE, by="ada@example.com")
    world.minutes()
    world.ask(Verb.PAUSE)
    accepted, *later = [record.getMessage() for record in caplog.records if record.name == "teal.notifications"]
    assert "reason=request_accepted" in accepted
    assert len(later) >= 2
    assert all("judge_overruled_by='ada@example.com'" in line for line in later)
