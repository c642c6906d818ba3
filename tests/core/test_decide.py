"""The decision table, row by row, and properties that hold for all of its rows."""

from __future__ import annotations

import pytest

from shared.core.observation import Observation
from shared.core.phases import Phase
from shared.core.rollout import Kept, Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.turn import turn
from tests.core import decision_table
from tests.core.decision_table import FULLY, PASS, PROMOTE, UNSURE
from tests.core.rollouts import ALL_BLUE, ALL_GREEN, HOUR, LAST, NOW, OTHER, PAUSE, TEN, refusal, request, rollout, seen

PROVISIONING, STEPPING, PAUSED, PROMOTING = Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING
PROMOTED, ROLLING_BACK, ROLLED_BACK, FAILED = Phase.PROMOTED, Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FAILED
ROWS = [pytest.param(*row[1:], id=f"{row[1].phase}: {row[0]}") for row in decision_table.ROWS]


@pytest.mark.parametrize(("given", "look", "then", "code"), ROWS)
def test_each_row_gives_its_phase_and_reason(
    given: Rollout, look: Observation, then: Phase, code: ReasonCode | None
) -> None:
    """The row's phase, and one entry with the row's reason, or no entry if nothing happens."""
    decision = turn(given, None, look, NOW)
    assert decision.rollout.phase is then
    assert [entry.reason.code for entry in decision.entries] == ([code] if code else [])
    assert all((entry.before, entry.after) == (given.phase, then) for entry in decision.entries)
    assert then is given.phase or decision.entries


@pytest.mark.parametrize(("given", "look", "then", "code"), ROWS)
def test_repeated_reconciles_without_news_settle(
    given: Rollout, look: Observation, then: Phase, code: ReasonCode | None
) -> None:
    """Deciding again on the result, with the same observation, never raises and settles within a few reconciles."""
    del code
    phases = [then]
    decision = turn(given, None, look, NOW)
    for _ in range(8):
        decision = turn(decision.rollout, None, look, NOW)
        phases.append(decision.rollout.phase)
    assert not turn(decision.rollout, None, look, NOW).entries
    assert given.phase is not ROLLING_BACK or set(phases) <= {ROLLING_BACK, ROLLED_BACK, FAILED}


@pytest.mark.parametrize("phase", [PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED])
@pytest.mark.parametrize("also", [{}, {"refusal": refusal()}, {"verdict": PASS}, {"created": NOW - 25 * HOUR}], ids=str)
def test_a_rollback_request_takes_precedence_over_everything(phase: Phase, also: dict[str, object]) -> None:
    """Whatever else is recorded, it leads to rolling back, by that operator, and clears any refusal."""
    traffic = ALL_GREEN if phase in {PROMOTING, PROMOTED} else TEN
    given = rollout(phase, request=request(Verb.ROLLBACK), **also)
    decision = turn(given, None, seen(traffic), NOW)
    assert decision.rollout.phase is ROLLING_BACK
    assert decision.entries[0].actor == "ada"
    assert (decision.rollout.requests, decision.rollout.refusal) == ((), None)


def test_the_step_after_a_passed_one_begins_now() -> None:
    """A new step has its own clock, and the last step's smoke result does not count for it."""
    decision = turn(rollout(STEPPING, verdict=PASS, step_since=NOW - HOUR), None, seen(TEN), NOW)
    assert (decision.rollout.progress.step, decision.rollout.progress.since, decision.rollout.progress.smoke) == (
        PAUSE,
        NOW,
        None,
    )


def test_a_new_weight_forgets_the_verdict_of_the_last() -> None:
    """A certificate at 10 percent says nothing about 50."""
    decision = turn(rollout(STEPPING, step=LAST, verdict=UNSURE), None, seen(TEN), NOW)
    assert (decision.rollout.traffic.weight, decision.rollout.verdict, decision.rollout.traffic.steady_since) == (
        50,
        None,
        None,
    )


def test_the_history_names_who_resumed_a_pause_step() -> None:
    """The entry's actor is the operator, not Teal."""
    decision = turn(rollout(PAUSED, request=request(Verb.RESUME)), None, seen(TEN), NOW)
    assert [entry.actor for entry in decision.entries] == ["ada"]


def test_a_failure_says_what_serves_now() -> None:
    """An operator who is paged needs to know where the traffic is."""
    both = seen({"churn-7": 60, "churn-6": 40}, blue="Deleting", green="Failed")
    decision = turn(rollout(STEPPING), None, both, NOW)
    assert decision.rollout.observed.serving == "churn-7"
    assert decision.rollout.finished is None  # what becomes of green is decided next
    assert turn(decision.rollout, None, both, NOW).rollout.ending.cleaned == NOW
    assert decision.rollout.status.reason.facts["observed_traffic"] == {"churn-6": 40, "churn-7": 60}


def test_an_endpoint_that_is_gone_takes_what_was_kept_with_it() -> None:
    """Nothing is left to delete later, so the rollout is over."""
    given = rollout(STEPPING, **decision_table.MISSING, kept=(Kept(OTHER, NOW + HOUR),))
    after = turn(given, None, decision_table.NO_ENDPOINT, NOW).rollout
    assert (after.phase, after.kept, after.finished) == (FAILED, (), NOW)


def test_of_two_promotions_the_smaller_is_carried_out() -> None:
    """Whoever asked only for the next step did not agree to all traffic, whichever request came first."""
    for requests in ((FULLY, PROMOTE), (PROMOTE, FULLY)):
        decision = turn(rollout(STEPPING, requests=requests), None, seen(TEN), NOW)
        assert (decision.rollout.phase, decision.rollout.progress.step) == (STEPPING, PAUSE)
        assert [entry.reason.code for entry in decision.entries] == [
            ReasonCode.OPERATOR_PROMOTE,
            ReasonCode.REQUEST_OVERRULED,
        ]


def test_what_is_shown_during_a_write_proves_nothing() -> None:
    """While it writes, Azure shows the new split and then the old one again: nobody edited anything."""
    given = rollout(STEPPING, **decision_table.TENTH)
    for traffic in (TEN, ALL_BLUE):
        given = turn(given, None, seen(traffic, "Updating"), NOW).rollout
        assert (given.phase, given.traffic.steady_since) == (STEPPING, None)


def test_a_clock_that_is_set_back_stops_no_observation() -> None:
    """Otherwise nothing would be recorded until the clock caught up, and that time would count as an outage."""
    after = turn(rollout(STEPPING, last=NOW + HOUR), None, seen(TEN), NOW).rollout
    assert after.observed.last == NOW


FACTS: list[tuple[str, dict[str, object]]] = [
    ("provisioning: nothing serves", {"others": ["by-hand", "churn-6"]}),
    ("provisioning: two serve", {"observed_traffic": {"by-hand": 50, "churn-6": 50}}),
    ("provisioning: it serves already", {"deployment": "churn-7", "model": "churn:7"}),
    ("provisioning: green is ready", {"deployment": "churn-7", "other": "churn-6"}),
    ("provisioning: green failed", {"state": "Failed"}),
    ("provisioning: too late", {"deadline": "provisioning", "limit_seconds": 2700.0}),
    ("provisioning: refused", {"action": "set_traffic", "message": "OutOfQuota"}),
    ("provisioning: asked back", {"actor": "ada", "comment": "because"}),
    ("stepping: smoke passed", {"requests": 3}),
    ("stepping: smoke failed", {"requests": 3, "failed": 1, "examples": ["request 1: 424"]}),
    ("stepping: a weight is wanted", {"deployment": "churn-7", "weight": 10}),
    ("stepping: a pause step", {"limit_seconds": 3600.0}),
    ("stepping: patience is over", {"limit_seconds": 3600.0}),
    ("stepping: the step took too long", {"deadline": "step", "limit_seconds": 7200.0}),
    ("stepping: all took too long", {"deadline": "rollout", "limit_seconds": 86400.0}),
    ("stepping: traffic edited", {"observed_traffic": {"by-hand": 100}, "expected_traffic": TEN}),
    ("stepping: asked to resume", {"verb": "resume", "actor": "ada", "phase": "stepping"}),
    ("rolling-back: blue serves", {"deployment": "churn-7", "other": "churn-6"}),
    ("rolling-back: refused", {"other": "churn-6"}),
    ("promoted: blue is last", {"deployment": "churn-6", "other": "churn-7"}),
]


@pytest.mark.parametrize(("name", "facts"), FACTS, ids=[name for name, _ in FACTS])
def test_a_reason_has_its_facts(name: str, facts: dict[str, object]) -> None:
    """Sentences are based on facts from the rollout and the observation."""
    given, look = next(row[1:3] for row in decision_table.ROWS if f"{row[1].phase}: {row[0]}" == name)
    found: dict[str, object] = {**turn(given, None, look, NOW).entries[0].reason.facts}
    assert {key: found.get(key) for key in facts} == facts


def test_patience_names_what_was_missing() -> None:
    """A pause for lack of evidence says what it was waiting for."""
    given, look = next(row[1:3] for row in decision_table.ROWS if row[0] == "nothing judged")
    because = turn(given, None, look, NOW).entries[0].reason.because
    assert because is not None
    assert because.code is ReasonCode.NOTHING_JUDGED
