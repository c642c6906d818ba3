"""Minutes of telemetry as the judge sees them: each once, settled, with the weight in force."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.core.observation import DeploymentMinute, Observation
from shared.core.observation.spans import ceil_minute, floor_minute
from shared.core.phases import Phase
from shared.core.reconcile.judging import calibrated, judge_minutes
from shared.core.reconcile.plan import Window, plan_observation
from shared.core.rollout import Rollout
from shared.core.rollout.traffic_plan import PastWeight
from shared.core.steps.traffic import at_new_split
from tests.core.rollouts import ALL_BLUE, BLUE, GREEN, HOUR, MINUTE, NOW, OTHER, POLICY, SMOKE, TEN, endpoint, rollout

START = NOW - 10 * MINUTE
WATCHED = rollout(Phase.STEPPING, judged_until=START, began=START, steady_since=START)
SECOND = timedelta(seconds=1)
LAG = POLICY.judge.telemetry_lag


def rows(minute: datetime, *, blue: int = 900, green: int = 100, bad: int = 0) -> list[DeploymentMinute]:
    """Return one minute's rows."""
    return [DeploymentMinute(BLUE, minute, blue, 0), DeploymentMinute(GREEN, minute, green, bad)]


def after(minutes: list[DeploymentMinute] | None, until: datetime = NOW, before: Rollout = WATCHED) -> Rollout:
    """Return the rollout after a reconcile that read these minutes."""
    return judge_minutes(before, Observation(endpoint(TEN), None if minutes is None else tuple(minutes), until)).rollout


def told(history: list[DeploymentMinute] | None, **missing: str) -> Observation:
    """Return an observation with blue's past."""
    return Observation(
        endpoint(TEN), history=None if history is None else tuple(history), history_missing=missing, settled_until=NOW
    )


def green_requests(found: Rollout) -> int:
    """Return how many of green's requests the errors gate has seen."""
    return found.judging.evidence.gates[0].counts().green_total if found.judging.evidence.gates else 0


def settled_minutes(found: Rollout) -> int:
    """Return the verdict's number of settled minutes."""
    return found.verdict.settled_minutes if found.verdict else 0


def test_every_settled_minute_is_judged_once() -> None:
    """The same rows a second time change nothing."""
    once = after(rows(START) + rows(START + MINUTE))
    assert green_requests(once) == 200
    assert once.judging.judged_until == START + 2 * MINUTE
    assert after(rows(START) + rows(START + MINUTE), before=once).judging.evidence == once.judging.evidence


def test_minutes_that_may_still_grow_are_left_for_later() -> None:
    """Rows after the settled time are not used, however complete they seem."""
    early = after(rows(START) + rows(START + MINUTE), until=START + MINUTE)
    assert green_requests(early) == 100
    assert early.judging.judged_until == START + MINUTE


def test_silence_is_not_taken_for_the_end() -> None:
    """Without any rows nothing is skipped: late rows still count."""
    silent = after([])
    assert silent.judging.judged_until == START
    assert green_requests(after(rows(START), before=silent)) == 100


def test_no_answer_is_not_an_empty_answer() -> None:
    """Without telemetry the evidence is unchanged, and no verdict is invented."""
    assert after(None) == WATCHED


def test_a_gap_between_minutes_is_silence() -> None:
    """A minute without requests between others is skipped and does not count as settled."""
    gap = after(rows(START) + rows(START + 3 * MINUTE))
    assert (green_requests(gap), settled_minutes(gap)) == (200, 2)


def test_minutes_before_the_weight_was_in_force_certify_nothing() -> None:
    """The minute in which the weight was first seen in force, and those before it, count for harm only."""
    late = WATCHED.with_traffic(steady_since=START + timedelta(seconds=90))
    found = after([row for n in range(4) for row in rows(START + n * MINUTE)], before=late)
    assert settled_minutes(found) == 2
    assert green_requests(found) == 400


def live_weights(before: Rollout, minutes: int = 8) -> list[int]:
    """Return the weights of the minutes in which green's share of the live requests is compared."""
    found = after([row for n in range(minutes) for row in rows(START + n * MINUTE)], before=before)
    return [sample.weight for sample in found.judging.evidence.traffic.recent]


def test_minutes_before_a_change_are_compared_with_the_weight_that_they_had() -> None:
    """Late telemetry is judged after the change. The minutes of the change itself are not compared."""
    earlier = PastWeight(25, START + 30 * SECOND, START + 4 * MINUTE + 59 * SECOND)
    raised = WATCHED.with_traffic(weight=40, steady_since=START + 6 * MINUTE, before=earlier)
    assert live_weights(raised) == [25, 25, 25, 40, 40]


def test_a_weight_is_remembered_when_another_one_is_wanted() -> None:
    """From when it was seen in force until then, and for longer if the next weight never comes into force."""
    since, now = START - 7 * MINUTE, START + 3 * MINUTE
    changing = at_new_split(WATCHED.with_traffic(weight=15, steady_since=since), now)
    assert changing.traffic.before == PastWeight(15, since, now)
    assert at_new_split(changing.with_traffic(weight=30), now + MINUTE).traffic.before == PastWeight(15, since, now)


@pytest.mark.parametrize("mirror", [0, 30])
def test_no_live_weight_is_remembered_where_there_was_none(mirror: int) -> None:
    """Mirrored requests show nothing about green's share of the live ones."""
    earlier = PastWeight(15, START - HOUR, START - 30 * MINUTE)
    without = WATCHED.with_traffic(weight=0, mirror=mirror, steady_since=START, before=earlier)
    assert at_new_split(without, NOW).traffic.before is None


def test_other_deployments_do_not_count() -> None:
    """Requests to a third deployment are neither blue's nor green's."""
    found = after([*rows(START), DeploymentMinute(OTHER, START, 500, 500)])
    assert (found.judging.evidence.gates[0].counts().blue_total, green_requests(found)) == (900, 100)


@pytest.mark.parametrize("missing", ["calibration", "judged_until"])
def test_nothing_is_judged_before_calibration(missing: str) -> None:
    """Without a calibration or a start there is no evidence yet."""
    unset = rollout(Phase.STEPPING, **({"judged_until": START} | {missing: None}))
    assert after(rows(START), before=unset) == unset


def test_the_judge_is_calibrated_once_from_blues_past() -> None:
    """Only blue's rows calibrate; a second past does not change the judge in the middle of a rollout."""
    fresh = WATCHED.with_judging(calibration=None)
    past = [row for n in range(60) for row in rows(START - n * MINUTE, blue=400, bad=100)]
    once = calibrated(fresh, told(past), NOW)
    assert once.judging.calibration is not None
    assert (once.judging.calibration.panel.requests_per_minute, once.judging.calibration.panel.gates[0].phi) == (
        400,
        1.0,
    )
    assert calibrated(once, told([]), NOW) == once
    assert calibrated(fresh, told(None), NOW) == fresh


def test_a_quiet_minute_in_blues_past_counts_as_one() -> None:
    """Requests per minute are an average over all minutes, even those without rows."""
    past = [DeploymentMinute(BLUE, START, 100, 0), DeploymentMinute(BLUE, START + 3 * MINUTE, 100, 0)]
    found = calibrated(WATCHED.with_judging(calibration=None), told(past), NOW).judging.calibration
    assert found is not None
    assert found.panel.requests_per_minute == 50


def test_minutes_are_whole() -> None:
    """Floor and ceiling leave a whole minute unchanged and enclose any other time."""
    half = START + timedelta(seconds=30, microseconds=1)
    assert (floor_minute(START), ceil_minute(START)) == (START, START)
    assert (floor_minute(half), ceil_minute(half)) == (START, START + MINUTE)


@pytest.mark.parametrize("phase", list(Phase))
def test_telemetry_is_read_while_green_is_watched(phase: Phase) -> None:
    """From the last judged minute up to the telemetry's lag, only in the phases that watch."""
    asked = plan_observation(rollout(phase, judged_until=START, calibration=None), endpoint(TEN), NOW)
    watched = phase in {Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}
    assert (asked.minutes.window if asked.minutes else None) == (Window(START, NOW - LAG) if watched else None)
    past = asked.history.window if asked.history else None
    assert past == (Window(NOW - LAG - 6 * HOUR, NOW - LAG) if watched else None)


def test_nothing_is_read_twice() -> None:
    """What is judged and calibrated is not read again; what is not settled is not read yet."""
    asked = plan_observation(rollout(Phase.STEPPING, judged_until=NOW - LAG), endpoint(TEN), NOW)
    assert (asked.minutes, asked.history) == (None, None)


def test_green_is_tested_once_it_is_ready() -> None:
    """The smoke test waits for a ready green, and is not repeated once there is a result."""
    smoking = rollout(Phase.STEPPING, step=SMOKE, weight=0)
    assert plan_observation(smoking, endpoint(ALL_BLUE), NOW).smoke == POLICY.steps[SMOKE]
    assert plan_observation(smoking, endpoint(ALL_BLUE, green="Creating"), NOW).smoke is None
    assert plan_observation(rollout(Phase.STEPPING), endpoint(ALL_BLUE), NOW).smoke is None


@pytest.mark.parametrize(("state", "asked"), [("Failed", True), ("Canceled", True), ("Creating", False)])
def test_logs_are_fetched_when_green_failed(state: str, asked: bool) -> None:  # noqa: FBT001 -- a column
    """The last log lines are needed for the rollback's reason, and only then."""
    assert plan_observation(rollout(Phase.PROVISIONING), endpoint(ALL_BLUE, green=state), NOW).logs is asked


def test_a_reconcile_reads_six_hours_at_most() -> None:
    """After a long outage the minutes are read in parts, so that no answer is truncated."""
    long_ago = NOW - 30 * HOUR
    asked = plan_observation(rollout(Phase.STEPPING, judged_until=long_ago), endpoint(TEN), NOW)
    assert asked.minutes is not None
    assert asked.minutes.window == Window(long_ago, long_ago + 6 * HOUR)


def test_a_silence_of_six_hours_is_skipped() -> None:
    """Nothing arrives six hours late, and traffic may follow; a shorter silence may mean late data."""
    before = WATCHED.with_judging(judged_until=NOW - 30 * HOUR)
    assert after([], until=NOW - 24 * HOUR, before=before).judging.judged_until == NOW - 24 * HOUR - MINUTE
    assert after([], until=NOW - 25 * HOUR, before=before).judging.judged_until == before.judging.judged_until


def test_an_incomplete_past_is_waited_for_from_its_first_answer() -> None:
    """It is waited for five minutes from the first partial answer, however long there was none before that."""
    fresh = WATCHED.with_progress(since=NOW - HOUR).with_judging(calibration=None)
    past = [row for n in range(60) for row in rows(START - n * MINUTE)]
    waiting = calibrated(fresh, told(past, latency="throttled"), NOW)
    assert (waiting.judging.calibration, waiting.judging.history_incomplete_since, waiting.observed.missing_gates) == (
        None,
        NOW,
        {"latency": "throttled"},
    )
    assert calibrated(waiting, told(past), NOW + MINUTE).judging.calibration is not None
    late = calibrated(waiting, told(past, latency="throttled"), NOW + 5 * MINUTE)
    assert late.judging.calibration is not None
    assert late.judging.calibration.unjudged == {"latency": "throttled"}


def test_only_blues_past_answers_are_read() -> None:
    """Green has none yet, and a problem with its location must not leave a gate out."""
    asked = plan_observation(rollout(Phase.STEPPING, calibration=None), endpoint(TEN), NOW)
    assert asked.history is not None
    assert asked.history.deployments == (BLUE,)
