"""The decision: the table row by row, and what holds for all of its rows."""

from __future__ import annotations

import pytest

from shared.core.observation import Observation
from shared.core.phases import Phase
from shared.core.reconcile.decide import advance
from shared.core.rollout import Rollout, Verb
from tests.core import decision_table
from tests.core.decision_table import PASS, UNSURE
from tests.core.rollouts import ALL_GREEN, HOUR, LAST, NOW, PAUSE, TEN, refusal, rollout, seen, wish

PROVISIONING, STEPPING, PAUSED, PROMOTING = Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING
PROMOTED, ROLLING_BACK, ROLLED_BACK, FAILED = Phase.PROMOTED, Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FAILED
ROWS = [pytest.param(*row[1:], id=f"{row[1].phase}: {row[0]}") for row in decision_table.ROWS]


@pytest.mark.parametrize(("given", "look", "then", "words"), ROWS)
def test_what_follows_from_a_look(given: Rollout, look: Observation, then: Phase, words: str) -> None:
    """The phase after the look, one entry that says why if anything is worth telling, and none if nothing is."""
    decision = advance(given, look, NOW)
    assert decision.rollout.phase is then
    texts = [entry.text for entry in decision.entries]
    assert (words in texts[0]) if words else not texts, texts
    assert all((entry.before, entry.after) == (given.phase, then) for entry in decision.entries)
    assert then is given.phase or decision.entries


@pytest.mark.parametrize(("given", "look", "then", "words"), ROWS)
def test_a_look_without_news_decides_nothing_twice(given: Rollout, look: Observation, then: Phase, words: str) -> None:
    """Deciding again on what was decided, with the same view, never raises and ends within a few looks."""
    del words
    phases = [then]
    decision = advance(given, look, NOW)
    for _ in range(8):
        decision = advance(decision.rollout, look, NOW)
        phases.append(decision.rollout.phase)
    assert not advance(decision.rollout, look, NOW).entries
    assert given.phase is not ROLLING_BACK or set(phases) <= {ROLLING_BACK, ROLLED_BACK, FAILED}


@pytest.mark.parametrize("phase", [PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED])
@pytest.mark.parametrize("also", [{}, {"refusal": refusal()}, {"verdict": PASS}, {"created": NOW - 25 * HOUR}], ids=str)
def test_a_rollback_request_goes_before_everything(phase: Phase, also: dict[str, object]) -> None:
    """Whatever else is on the record: asked back means rolling back, by that person, with nothing left to refuse it."""
    traffic = ALL_GREEN if phase in {PROMOTING, PROMOTED} else TEN
    given = rollout(phase, wish=wish(Verb.ROLLBACK), **also)
    decision = advance(given, seen(traffic), NOW)
    assert decision.rollout.phase is ROLLING_BACK
    assert decision.entries[0].by == "ada"
    assert (decision.rollout.wish, decision.rollout.refusal) == (None, None)


def test_the_step_after_a_passed_one_begins_now() -> None:
    """A new step has its own clock, and the smoke result of the last does not count for it."""
    decision = advance(rollout(STEPPING, verdict=PASS, step_since=NOW - HOUR), seen(TEN), NOW)
    assert (decision.rollout.step, decision.rollout.step_since, decision.rollout.smoke) == (PAUSE, NOW, None)


def test_a_new_weight_forgets_the_verdict_of_the_last() -> None:
    """What certified 10 per cent says nothing of 50."""
    decision = advance(rollout(STEPPING, step=LAST, verdict=UNSURE), seen(TEN), NOW)
    assert (decision.rollout.weight, decision.rollout.verdict, decision.rollout.steady_since) == (50, None, None)


def test_who_resumed_a_pause_step_is_written_down() -> None:
    """The entry is by the person, not by Teal."""
    decision = advance(rollout(PAUSED, wish=wish(Verb.RESUME)), seen(TEN), NOW)
    assert [entry.by for entry in decision.entries] == ["ada"]


def test_a_failure_says_what_serves_now() -> None:
    """A person who is called needs to know where the traffic is."""
    decision = advance(rollout(STEPPING), seen({"churn-7": 60, "churn-6": 40}, blue="Failed"), NOW)
    assert decision.rollout.serving == "churn-7"
    assert decision.rollout.finished == NOW
    assert "churn-6 40 %, churn-7 60 %" in decision.rollout.reason
