"""What incidents hold back, and what they excuse: one row for each condition."""

from __future__ import annotations

import pytest

from shared.core.gates.alarms import Alarms
from shared.core.gates.calibration import Calibration
from shared.core.gates.errors import Failed
from shared.core.gates.samples import GateSamples
from shared.core.judge.incident import UNCAPPED, Alarm, Watch
from shared.core.judge.panel import Panel
from shared.core.judge.verdict import Outcome
from shared.core.phases import Phase
from shared.core.reconcile.deadlines import withheld
from shared.core.reconcile.incidents import clears_green
from shared.core.reconcile.unseen_blue import back_to_unseen
from shared.core.reconcile.withholding import withheld_rollback
from shared.core.rollout import Override, Rollout, Verb
from shared.core.rollout.judge_state import TrafficPattern, Watches
from shared.core.rollout.observed import Probe
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.rereading import MinuteCounts, Recheck
from tests.core.rollouts import BLUE, GREEN, HOUR, NOW, TEN, endpoint, request, rollout, verdict

ALARM = Alarm(0.01, 0.0, UNCAPPED)
ALARMED = Calibration(Panel(), (GateSamples((Failed(),), Failed()),), alarms=Alarms(ALARM, ALARM))
DECLARED, ADA = Watch(declared=True), Override("ada", "known", NOW)


def overdue(**changes: object) -> Rollout:
    """Return a rollout whose step exceeds its deadline while blue fails."""
    failing = rollout(Phase.STEPPING, step_since=NOW - 3 * HOUR, calibration=ALARMED, **changes)
    return failing.with_judging(watches=Watches(blue_failed=DECLARED))


OVERLOADED = overdue().with_judging(watches=Watches(blue_overloaded=DECLARED))


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (overdue(), True),
        (OVERLOADED, True),
        (OVERLOADED.with_judging(watches=Watches()), False),
        (overdue().with_rereading(recheck=Recheck(NOW - HOUR)), False),
        (overdue(override=ADA), False),
        (overdue(request=request(Verb.OVERRIDE)), False),
    ],
    ids=["blue fails", "blue is overloaded", "blue is well", "minutes are read again", "overruled", "being overruled"],
)
def test_a_deadline_is_withheld_for_as_long_as_blue_is_known_to_fail(given: Rollout, *, held: bool) -> None:
    """While minutes are reread nothing is known; an operator who overrides the judge decides about blue too."""
    why = withheld(given, endpoint(TEN), NOW)
    assert (why is not None and why.code is ReasonCode.DEADLINE_WITHHELD) is held


def alone_in_a_surge(watches: Watches, busiest: int = 100) -> Rollout:
    """Return a rollout whose green has all traffic and fails; busiest: the most that blue has handled in a minute."""
    recent = (MinuteCounts(green=900, green_bad=600),) * 5
    failing = verdict(Outcome.FAIL)
    given = rollout(Phase.PROMOTING, verdict=failing, calibration=ALARMED, recent=recent, judged_until=NOW)
    return given.with_judging(watches=watches, pulse=TrafficPattern(busiest=busiest))


SURGE = alone_in_a_surge(Watches(green_overloaded=DECLARED))


@pytest.mark.parametrize(
    ("given", "stays"),
    [
        (SURGE, True),
        (alone_in_a_surge(Watches(green_failed=DECLARED)), False),
        (alone_in_a_surge(Watches(green_overloaded=DECLARED), busiest=900), False),
    ],
    ids=["overloaded in a surge", "failing in a surge", "overloaded by the usual traffic"],
)
def test_a_green_that_is_overloaded_in_a_surge_keeps_the_traffic(given: Rollout, *, stays: bool) -> None:
    """A green that fails for another reason is rolled back, surge or not."""
    assert (withheld_rollback(given) is not None) is stays


@pytest.mark.parametrize(
    ("given", "why", "clears"),
    [
        (SURGE, reason(ReasonCode.OVERLOAD, deployment=GREEN), True),
        (SURGE, reason(ReasonCode.HALTED, actor="ada", comment="lunch"), False),
        (alone_in_a_surge(Watches(), busiest=900), reason(ReasonCode.OVERLOAD, deployment=GREEN), False),
        (rollout(Phase.STEPPING), reason(ReasonCode.INCIDENT, deployment=BLUE), True),
        (rollout(Phase.STEPPING), reason(ReasonCode.INCIDENT, deployment=GREEN), False),
    ],
    ids=["overload in a surge", "a halt in a surge", "overload without a surge", "of blue", "of green"],
)
def test_which_holds_speak_for_green(given: Rollout, why: Reason, *, clears: bool) -> None:
    """Only an incident of blue next to it, or a surge, speaks for green; nothing else that happens at the same time."""
    assert clears_green(given, why) is clears


@pytest.mark.parametrize("blue", ["Succeeded", "Failed"])
def test_traffic_returns_to_an_unseen_blue_only_if_azure_calls_it_ready(blue: str) -> None:
    """It passed all smoke requests a moment ago, but Azure would refuse to give it traffic."""
    recent = (MinuteCounts(green=60, green_bad=40),) * 5
    given = rollout(Phase.STEPPING, weight=50, steady_since=NOW - HOUR, judged_until=NOW, recent=recent)
    given = given.with_judging(calibration=ALARMED, watches=Watches(green_failed=DECLARED))
    given = given.with_observed(probe=Probe(BLUE, NOW, healthy=True, since=NOW, flawless=True))
    look = endpoint({GREEN: 50, BLUE: 50}, blue=blue)
    assert (back_to_unseen(given, look, NOW) is not None) is (blue == "Succeeded")
