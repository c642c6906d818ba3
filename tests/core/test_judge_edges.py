"""Edge cases of the judge: what is known before a minute, what two requests prove, what a gate may not count."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.gates import ClientErrorsGate, ErrorsGate, LatencyGate, PredictionsGate, QueryGate
from shared.core.gates.calibration import calibrate, past_of
from shared.core.gates.predictions import Predicted
from shared.core.judge import gate
from shared.core.judge.burstiness import lasting
from shared.core.judge.certificate import bets_for, null_for
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null, log_es
from shared.core.judge.panel import JudgedMinute, Panel, errors_panel
from shared.core.judge.tuning import TUNED
from shared.core.judge.verdict import Cause, Outcome, Risk, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.core.telemetry.predictions import OTHER
from tests.core.judging import START, after, at

GOOD = Counts(1, 100, 9, 900)


def test_bets_are_chosen_before_the_minute_is_seen() -> None:
    """For a minute in which blue fails as never before, the bets are based on blue's earlier rate."""
    judges = errors_panel([1] * 60, [1000] * 60)
    before = after(*[at(10, GOOD)] * 3, judges=judges)
    minute = Counts(50, 100, 450, 900)
    found = after(at(10, minute), judges=judges, start=before)
    (setting,), (old,), (new,) = judges.gates, before.gates, found.gates
    null = null_for(25, setting.budget or 0.0)
    bets = bets_for(TUNED, old.recent.rate(setting.rate), 10, null)
    won = log_es(minute, bets, null)
    assert new.certificate.wealth == pytest.approx([a + b for a, b in zip(old.certificate.wealth, won, strict=True)])


def test_green_alone_is_not_compared_with_requests_that_still_address_blue() -> None:
    """At 100 percent, a few failing callers that address blue do not make failing normal."""
    judges = errors_panel([1] * 60, [1000] * 60)
    found = after(*[at(100, Counts(1, 1000, 50, 50))] * 3, judges=judges)
    assert found.gates[0].counts() == Counts(3, 3000, 0, 0)


def test_a_broken_green_with_all_traffic_is_rolled_back_after_one_minute() -> None:
    """Even without a blue to compare with, the severe lane has no cap."""
    judges = errors_panel([1] * 60, [1000] * 60)
    found = after(at(100, Counts(900, 1000, 0, 0)), judges=judges)
    assert judge(found, judges, Risk(), None).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("odd", "rarer"), [(Counts(1000, 1000, 0, 9000), False), (Counts(0, 1000, 9000, 9000), True)], ids=["more", "less"]
)
def test_one_odd_minute_rolls_back_in_neither_direction(odd: Counts, *, rarer: bool) -> None:
    """A shifted share gains at most the cap per minute, in whichever direction it shifts."""
    measure = Measure(null=Null(1.25, 0.02), severe=False, rarer=rarer)
    judges = Panel((GateSetting(budget=None, measures=(measure,)),))
    found = after(JudgedMinute((GateMinute((odd,)),), 10, 25, green=1000, blue=9000), judges=judges)
    assert gate.log_harm(found.gates[0], judges.gates[0], TUNED) <= TUNED.cap_of(1.0)


def test_a_weight_that_comes_into_force_is_still_a_change() -> None:
    """After unsteady minutes at a new weight, the first steady one still begins a step."""
    found = after(*[at(10, GOOD)] * 3, at(25, GOOD, steady=False), at(25, GOOD)).gates[0]
    assert found.certificate.minutes == 1
    plain = after(*[at(10, GOOD)] * 3, at(10, GOOD, steady=False), at(10, GOOD)).gates[0]
    assert found.harm.unspent < 0.8 * plain.harm.unspent


def test_a_mirror_without_requests_is_detected_by_its_share_of_all_traffic() -> None:
    """Blue answers every request during a mirror: of 41, at 50 percent, 20 should have been mirrored."""
    minute = JudgedMinute((None,), -50, 10, green=0, blue=41)
    assert judge(after(minute), Panel(), Risk(), 10).cause is Cause.STARVED


GATES = (ErrorsGate(), ClientErrorsGate(), LatencyGate(), PredictionsGate(), QueryGate("q", "q.kql"))


def blue(n: int, *, burst: bool) -> DeploymentMinute:
    """Return a minute of blue in which every gate counts one in twenty as bad, or half in a burst."""
    bad = 500 if burst else 50
    return DeploymentMinute(
        "blue",
        START - n * timedelta(minutes=1),
        1000,
        bad,
        bad,
        slowness={90: 1000 - bad, 130: bad},
        predictions={"yes": 1000 - bad, "no": bad},
        tallies={"q": Tally(bad, 1000)},
    )


def test_every_gate_knows_the_burstiness_of_its_own_counts() -> None:
    """Bursts in blue's past make each gate more cautious, not only the errors gate."""
    past = past_of([blue(n, burst=n % 10 == 0) for n in range(60)], "blue")
    assert all(one.phi > 2 and one.known for one in calibrate(JudgeSettings(gates=GATES), past).panel.gates)


def test_no_gate_takes_a_short_past_for_a_calm_one() -> None:
    """Thirty minutes do not show that there are no bursts, whatever is counted."""
    past = past_of([blue(n, burst=False) for n in range(30)], "blue")
    assert not any(one.known for one in calibrate(JudgeSettings(gates=GATES), past).panel.gates)


def test_what_was_already_taken_together_stays_among_the_others() -> None:
    """If a minute has so many labels that the rarest arrived combined, they are neither lost nor a class."""
    row = DeploymentMinute("blue", START, 10, 0, predictions={"yes": 5, OTHER: 3, "rare": 2})
    assert Predicted(("yes", OTHER)).items(None, row) == [Counts(0, 0, 5, 10), Counts(0, 0, 5, 10)]


def test_an_hourly_drift_of_a_calm_blue_is_not_burstiness() -> None:
    """Blocks of minutes show drift as well as bursts, so they are used only for a blue that is not calm."""
    bad = [round(30 + 20 * math.sin(2 * math.pi * minute / 60)) for minute in range(360)]
    assert lasting(bad, [1000] * 360, TUNED) == 1.0
    assert lasting(bad, [1000] * 360, replace(TUNED, calm_phi=0.0)) > 2.0


@pytest.mark.parametrize("blue", [(1, 2), (2, 5)], ids=["one of two", "two of five"])
def test_a_few_requests_to_blue_excuse_nothing_at_100(blue: tuple[int, int]) -> None:
    """During the shift to 100, blue may have a handful of requests: green is not compared with their rate."""
    judges = errors_panel([1] * 60, [1000] * 60)
    found = after(at(100, Counts(0, 1000, *blue), steady=False), *[at(100, Counts(300, 1000))] * 3, judges=judges)
    assert judge(found, judges, Risk(), None).outcome is Outcome.FAIL


def test_an_incident_before_the_last_step_excuses_no_failures_of_green_alone() -> None:
    """Next to green, blue failed half of the time; that is not what green is compared with when it has all traffic."""
    judges = calibrate(
        JudgeSettings(gates=(ErrorsGate(),)), past_of([blue(n, burst=False) for n in range(60)], "blue")
    ).panel
    incident = after(*[at(50, Counts(2500, 5000, 2500, 5000))] * 5, judges=judges)
    assert judge(incident, judges, Risk(), 100).outcome is not Outcome.FAIL
    alone = after(*[at(100, Counts(4000, 10_000))] * 6, start=incident, judges=judges)
    assert judge(alone, judges, Risk(), None).outcome is Outcome.FAIL


def test_green_alone_is_compared_with_all_that_a_query_counted_of_blue() -> None:
    """It may change in the middle of a rollout, and the limit for failed requests does not apply to it."""
    gates = (ErrorsGate(), QueryGate("q", "q.kql"))
    past = past_of([blue(n, burst=False) for n in range(60)], "blue")
    judges = calibrate(JudgeSettings(gates=gates), past).panel
    shared, alone = at(50, Counts(0, 5000, 0, 5000)), at(100, Counts(0, 10_000))
    both, only = (GateMinute((each,), each) for each in (Counts(2500, 5000, 2500, 5000), Counts(5000, 10_000)))
    minutes = [*[replace(shared, gates=(*shared.gates, both))] * 5, *[replace(alone, gates=(*alone.gates, only))] * 20]
    assert judge(after(*minutes, judges=judges), judges, Risk(), None).outcome is Outcome.PASS


def test_what_a_gate_counts_is_not_the_number_of_requests() -> None:
    """An answer can have many predictions, but a mirror that ends after a number of requests counts requests."""
    seen = GateMinute((Counts(450, 900, 450, 900),))
    measure = Measure(null=Null(1.25, 0.02), severe=False)
    judges = Panel((GateSetting(), GateSetting("predictions", 0.1, critical=False, budget=None, measures=(measure,))))
    minute = at(-20, Counts(0, 2, 0, 10))
    found = after(*[replace(minute, gates=(*minute.gates, seen))] * 2, judges=judges)
    assert found.step_requests == 4


def test_a_broken_green_is_rolled_back_after_one_minute_even_if_blue_fails_often() -> None:
    """Three times blue's rate, a third, would allow green to fail everything; what it may do stays below that."""
    judges = errors_panel([300] * 60, [1000] * 60)
    assert judge(after(at(100, Counts(1000, 1000)), judges=judges), judges, Risk(), None).outcome is Outcome.FAIL


def test_general_slowdowns_require_at_most_eight_bad_minutes_of_latency() -> None:
    """In the past, slowness of everything, which cancels out next to green, looks like slowness of blue alone."""
    slow = [20 + 160 * (n % 2) for n in range(60)]
    hour = [replace(blue(n, burst=False), slowness={90: 1000 - slow[n], 110: slow[n]}) for n in range(60)]
    (latency,) = (one for one in calibrate(JudgeSettings(), past_of(hour, "blue")).panel.gates if one.name == "latency")
    assert TUNED.bad_minutes(latency.burstiness, known=latency.known) == 8
