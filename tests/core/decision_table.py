"""The table of decisions: a rollout, what is seen, and where it should be then, and words that say why.

Rows only; `test_decide` reads them. Without words nothing is worth telling.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from shared.core.judge.verdict import Outcome
from shared.core.observation import Observation, SmokeResult
from shared.core.phases import Phase
from shared.core.rollout import Rollout, Verb
from tests.core.rollouts import (
    ALL_BLUE,
    ALL_GREEN,
    FIRST,
    HOUR,
    LAST,
    MINUTE,
    NOW,
    OTHER,
    PAUSE,
    POLICY,
    SMOKE,
    TEN,
    refusal,
    rollout,
    seen,
    verdict,
    wish,
)

QUEUED, PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED, ROLLING_BACK, ROLLED_BACK, SUPERSEDED, FAILED = Phase
Row = tuple[str, Rollout, Observation, Phase, str]
PASS, FAIL, UNSURE = verdict(Outcome.PASS), verdict(Outcome.FAIL), verdict(Outcome.INCONCLUSIVE)
SUSPECT = verdict(Outcome.INCONCLUSIVE, 1.2)
BACK_PLEASE, PROMOTE, HOLD, GO_ON = (wish(v) for v in (Verb.ROLLBACK, Verb.PROMOTE, Verb.PAUSE, Verb.RESUME))
HALF = {"churn-6": 50, "churn-7": 50}
NO_ENDPOINT = Observation(None)
ADVANCE = replace(POLICY, judge=replace(POLICY.judge, inconclusive="advance"))
ENDED_HERE = "churn does not exist"

REFUSED = refusal()
SMOKED = SmokeResult(3, ("request 1: 424",))
UNHEARD = replace(seen(ALL_GREEN), telemetry_problem="503")
AN_HOUR = {"step_since": NOW - HOUR, "steady_since": NOW - HOUR}
(queued, provisioning, stepping, paused, promoting, promoted, rolling_back, rolled_back) = (
    partial(rollout, phase)
    for phase in (QUEUED, PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED, ROLLING_BACK, ROLLED_BACK)
)
PROVISIONING_ROWS: list[Row] = [
    ("blue is chosen", provisioning(blue=None), seen(ALL_BLUE, green=""), PROVISIONING, "creating churn-7"),
    ("the endpoint is written", provisioning(blue=None), seen({}, "Updating"), PROVISIONING, ""),
    ("nothing serves", provisioning(blue=None), seen({}), FAILED, "there are churn-6, by-hand"),
    ("two serve", provisioning(blue=None), seen({"churn-6": 50, OTHER: 50}), FAILED, "by-hand 50 %, churn-6 50 %"),
    ("it serves already", provisioning(blue=None), seen(ALL_GREEN), SUPERSEDED, "churn-7 serves churn:7 already"),
    ("green is not there yet", provisioning(), seen(ALL_BLUE, green=""), PROVISIONING, ""),
    ("green is being made", provisioning(), seen(ALL_BLUE, green="Creating"), PROVISIONING, ""),
    ("green is ready", provisioning(), seen(ALL_BLUE), STEPPING, "churn-7 is ready beside churn-6"),
    ("green failed", provisioning(), seen(ALL_BLUE, green="Failed"), ROLLING_BACK, "Azure says Failed"),
    ("green was cancelled", provisioning(), seen(ALL_BLUE, green="Canceled"), ROLLING_BACK, "Azure says Canceled"),
    ("green is being deleted", provisioning(), seen(ALL_BLUE, green="Deleting"), PROVISIONING, ""),
    ("a state of next year", provisioning(), seen(ALL_BLUE, green="Unknown"), PROVISIONING, ""),
    ("just in time", provisioning(since=NOW - 45 * MINUTE), seen(ALL_BLUE, green=""), PROVISIONING, ""),
    ("too late", provisioning(since=NOW - 46 * MINUTE), seen(ALL_BLUE, green=""), ROLLING_BACK, "within 0:45:00"),
    ("asked back", provisioning(wish=BACK_PLEASE), seen(ALL_BLUE), ROLLING_BACK, "rolled back by ada: because"),
    ("refused", provisioning(refusal=REFUSED), seen(ALL_BLUE, green=""), ROLLING_BACK, "to set traffic: OutOfQuota"),
    ("no endpoint", provisioning(), NO_ENDPOINT, FAILED, ENDED_HERE),
    ("blue is gone", provisioning(), seen(ALL_BLUE, blue="", green=""), FAILED, "A person is needed"),
]  # fmt: skip

SMOKING = {"step": SMOKE, "weight": 0, "steady_since": None, "expected": (ALL_BLUE,)}
TENTH = {"weight": 10, "steady_since": None, "expected": (ALL_BLUE, TEN)}
STEPPING_ROWS: list[Row] = [
    ("no smoke result yet", stepping(**SMOKING), seen(ALL_BLUE), STEPPING, ""),
    ("smoke passed", stepping(**SMOKING, smoke=SmokeResult(3)), seen(ALL_BLUE), STEPPING, "smoke test passed: 3"),
    ("smoke failed", stepping(**SMOKING, smoke=SMOKED), seen(ALL_BLUE), ROLLING_BACK, "request 1: 424"),
    ("smoke of nothing", stepping(**SMOKING, smoke=SmokeResult(0)), seen(ALL_BLUE), ROLLING_BACK, "0 of 0"),
    ("no calibration yet", stepping(weight=0, expected=(ALL_BLUE,), calibration=None), seen(ALL_BLUE), STEPPING, ""),
    ("a weight is wanted", stepping(weight=0, expected=(ALL_BLUE,)), seen(ALL_BLUE), STEPPING, "sending 10 %"),
    ("not in force yet", stepping(**TENTH), seen(ALL_BLUE), STEPPING, ""),
    ("being written", stepping(**TENTH), seen(TEN, "Updating"), STEPPING, ""),
    ("in force", stepping(**TENTH), seen(TEN), STEPPING, "seen: 10 %"),
    ("no verdict", stepping(), seen(TEN), STEPPING, ""),
    ("the judge cannot tell", stepping(verdict=UNSURE), seen(TEN), STEPPING, ""),
    ("the judge passes", stepping(verdict=PASS), seen(TEN), STEPPING, "the judge says pass"),
    ("the last step passes", stepping(step=LAST, verdict=PASS), seen(TEN), STEPPING, "sending 50 %"),
    ("the judge fails it", stepping(verdict=FAIL), seen(TEN), ROLLING_BACK, "the judge says fail"),
    ("a pause step", stepping(step=PAUSE), seen(TEN), PAUSED, "waiting for 1:00:00"),
    ("past the last step", stepping(step=4), seen(TEN), PROMOTING, "every step passed"),
    ("patience is over", stepping(**AN_HOUR, verdict=UNSURE), seen(TEN), PAUSED, "inconclusive for 1:00:00"),
    ("patience counts from the weight", stepping(step_since=NOW - HOUR, verdict=UNSURE), seen(TEN), STEPPING, ""),
    ("uncertified", stepping(policy=ADVANCE, **AN_HOUR, verdict=UNSURE), seen(TEN), STEPPING, "uncertified after"),
    ("suspicious", stepping(policy=ADVANCE, **AN_HOUR, verdict=SUSPECT), seen(TEN), PAUSED, "inconclusive"),
    ("nothing judged", stepping(policy=ADVANCE, **AN_HOUR), seen(TEN), PAUSED, "no minute could be judged"),
    ("the step took too long", stepping(step_since=NOW - 3 * HOUR), seen(TEN), ROLLING_BACK, "longer than 2:00:00"),
    ("all took too long", stepping(created=NOW - 25 * HOUR), seen(TEN), ROLLING_BACK, "took longer than 1 day"),
    ("traffic edited", stepping(), seen({OTHER: 100}), PAUSED, "someone else set the traffic to by-hand 100 %"),
    ("set back to blue", stepping(), seen(ALL_BLUE), PAUSED, "someone else set the traffic to churn-6 100 %"),
    ("green gone", stepping(), seen(TEN, green=""), ROLLING_BACK, "churn-7 is broken or gone"),
    ("green failed", stepping(), seen(TEN, green="Failed"), ROLLING_BACK, "churn-7 is broken or gone"),
    ("green is scaled", stepping(), seen(TEN, green="Scaling"), STEPPING, ""),
    ("blue failed", stepping(), seen(TEN, blue="Failed"), FAILED, "churn-6, which served, is broken or gone"),
    ("both failed", stepping(), seen(TEN, blue="Failed", green="Failed"), FAILED, "A person is needed"),
    ("refused", stepping(refusal=REFUSED), seen(TEN), ROLLING_BACK, "Azure refused"),
    ("asked back", stepping(wish=BACK_PLEASE), seen(TEN), ROLLING_BACK, "rolled back by ada: because"),
    ("asked back though passed", stepping(wish=BACK_PLEASE, verdict=PASS), seen(TEN), ROLLING_BACK, "ada"),
    ("asked to promote", stepping(wish=PROMOTE), seen(TEN), PROMOTING, "promoted by ada: because"),
    ("asked to promote what fails", stepping(wish=PROMOTE, verdict=FAIL), seen(TEN), ROLLING_BACK, "fail"),
    ("asked to promote before smoke", stepping(**SMOKING, wish=PROMOTE), seen(ALL_BLUE), STEPPING, "too late"),
    ("asked to promote what is being made", stepping(wish=PROMOTE), seen(TEN, green="Creating"), STEPPING, "too late"),
    ("asked to pause", stepping(wish=HOLD, verdict=PASS), seen(TEN), PAUSED, "paused by ada: because"),
    ("asked to resume", stepping(wish=GO_ON), seen(TEN), STEPPING, "resume by ada came too late"),
    ("no endpoint", stepping(), NO_ENDPOINT, FAILED, ENDED_HERE),
]  # fmt: skip

BY_HAND = {"step": FIRST}
PAUSED_ROWS: list[Row] = [
    ("waiting", paused(), seen(TEN), PAUSED, ""),
    ("the clock ran", paused(since=NOW - HOUR), seen(TEN), STEPPING, "waited 1:00:00"),
    ("paused by hand, no clock", paused(**BY_HAND, since=NOW - 9 * HOUR), seen(TEN), PAUSED, ""),
    ("resumed", paused(**BY_HAND, wish=GO_ON), seen(TEN), STEPPING, "resumed by ada: because"),
    ("pause step resumed", paused(wish=GO_ON), seen(TEN), STEPPING, "resumed by ada: because"),
    ("promoted", paused(wish=PROMOTE), seen(TEN), PROMOTING, "promoted by ada"),
    ("paused twice", paused(wish=HOLD), seen(TEN), PAUSED, "pause by ada came too late"),
    ("asked back", paused(wish=BACK_PLEASE), seen(TEN), ROLLING_BACK, "rolled back by ada"),
    ("fails while paused", paused(verdict=FAIL), seen(TEN), ROLLING_BACK, "the judge says fail"),
    ("passes while paused", paused(**BY_HAND, verdict=PASS), seen(TEN), PAUSED, ""),
    ("traffic edited", paused(), seen({OTHER: 100}), PAUSED, ""),
    ("all took too long", paused(created=NOW - 25 * HOUR), seen(TEN), ROLLING_BACK, "the rollout took longer"),
    ("green gone", paused(), seen(TEN, green=""), ROLLING_BACK, "churn-7 is broken or gone"),
    ("blue gone", paused(), seen(TEN, blue=""), FAILED, "A person is needed"),
]  # fmt: skip

STARTING = {"weight": 50, "steady_since": None}
PROMOTING_ROWS: list[Row] = [
    ("all traffic is wanted", promoting(**STARTING, expected=(HALF,)), seen(HALF), PROMOTING, "sending all"),
    ("not in force", promoting(steady_since=None, expected=(TEN, ALL_GREEN)), seen(TEN), PROMOTING, ""),
    ("in force", promoting(steady_since=None), seen(ALL_GREEN), PROMOTING, "seen: all live traffic goes to green"),
    ("baking", promoting(verdict=UNSURE), seen(ALL_GREEN), PROMOTING, ""),
    ("baked", promoting(verdict=PASS), seen(ALL_GREEN), PROMOTED, "the judge says pass"),
    ("goes bad", promoting(verdict=FAIL), seen(ALL_GREEN), ROLLING_BACK, "the judge says fail"),
    ("silence", promoting(steady_since=NOW - HOUR), seen(ALL_GREEN), PROMOTED, "uncertified: no request was seen"),
    ("silence of telemetry", promoting(steady_since=NOW - HOUR), UNHEARD, PROMOTED, "uncertified: 503"),
    ("suspicious silence", promoting(steady_since=NOW - HOUR, verdict=SUSPECT), seen(ALL_GREEN), PROMOTING, ""),
    ("too long", promoting(since=NOW - 3 * HOUR), seen(ALL_GREEN), ROLLING_BACK, "the step took longer"),
    ("edited", promoting(), seen(ALL_BLUE), PROMOTING, "setting it back"),
    ("blue gone", promoting(), seen(ALL_GREEN, blue=""), PROMOTING, ""),
    ("green gone", promoting(), seen(ALL_GREEN, green=""), ROLLING_BACK, "churn-7 is broken or gone"),
    ("asked back", promoting(wish=BACK_PLEASE), seen(ALL_GREEN), ROLLING_BACK, "rolled back by ada"),
    ("asked to pause", promoting(wish=HOLD), seen(ALL_GREEN), PROMOTING, "pause by ada came too late"),
]  # fmt: skip

BACK = {"ordered": ALL_BLUE, "reason": "it fails"}
ROLLING_BACK_ROWS: list[Row] = [
    ("green has traffic", rolling_back(ordered=TEN), seen(TEN), ROLLING_BACK, ""),
    ("an order may still land", rolling_back(ordered=TEN), seen(ALL_BLUE), ROLLING_BACK, ""),
    ("a write is under way", rolling_back(**BACK), seen(ALL_BLUE, "Updating"), ROLLING_BACK, ""),
    ("blue serves", rolling_back(**BACK), seen(ALL_BLUE), ROLLED_BACK, "churn-6 serves; churn-7 has no live traffic"),
    ("never had traffic", rolling_back(), seen(ALL_BLUE), ROLLED_BACK, "churn-6 serves"),
    ("before blue was known", rolling_back(blue=None), seen({}, "Updating"), ROLLED_BACK, "nothing had been done"),
    ("blue is broken", rolling_back(ordered=TEN), seen(TEN, blue="Failed"), FAILED, "traffic is not sent back to it"),
    ("blue is gone", rolling_back(ordered=TEN), seen(TEN, blue=""), FAILED, "traffic is not sent back to it"),
    ("blue is not ready yet", rolling_back(ordered=TEN), seen(TEN, blue="Creating"), ROLLING_BACK, ""),
    ("too long", rolling_back(ordered=TEN, since=NOW - 2 * HOUR), seen(TEN), FAILED, "a person is needed"),
    ("refused", rolling_back(ordered=TEN, refusal=REFUSED), seen(TEN), FAILED, "now serving: churn-6"),
    ("passes after all", rolling_back(ordered=TEN, verdict=PASS), seen(TEN), ROLLING_BACK, ""),
    ("asked back twice", rolling_back(ordered=TEN, wish=BACK_PLEASE), seen(TEN), ROLLING_BACK, "too late"),
    ("asked to promote", rolling_back(ordered=TEN, wish=PROMOTE), seen(TEN), ROLLING_BACK, "too late"),
    ("no endpoint", rolling_back(), NO_ENDPOINT, FAILED, ENDED_HERE),
]  # fmt: skip

LAST_ONE = "churn-6 is kept: churn-7 serves and is not healthy"
KEPT = {"clean_after": NOW + HOUR}
DUE = {"clean_after": NOW - MINUTE}
LONG_DUE = {"clean_after": NOW - 2 * HOUR}
ENDED_ROWS: list[Row] = [
    ("promoted, kept", promoted(**KEPT), seen(ALL_GREEN), PROMOTED, ""),
    ("promoted, due", promoted(**DUE), seen(ALL_GREEN), PROMOTED, ""),
    ("promoted, blue gone", promoted(**DUE), seen(ALL_GREEN, blue=""), PROMOTED, "churn-6 is gone"),
    ("promoted, blue serves again", promoted(**DUE), seen(TEN), PROMOTED, "churn-6 is kept"),
    ("promoted, undeletable", promoted(clean_after=NOW - 2 * HOUR), seen(ALL_GREEN), PROMOTED, "still costs money"),
    ("promoted, blue is the last", promoted(**LONG_DUE), seen(ALL_GREEN, green="Failed"), PROMOTED, LAST_ONE),
    ("promoted, asked back", promoted(**KEPT, wish=BACK_PLEASE), seen(ALL_GREEN), ROLLING_BACK, "rolled back by ada"),
    ("promoted, asked too late", promoted(**DUE, wish=BACK_PLEASE), seen(ALL_GREEN, blue=""), PROMOTED, "is too late"),
    ("promoted, no endpoint", promoted(**KEPT), NO_ENDPOINT, PROMOTED, "nothing is left to clean up"),
    ("rolled back, green there", rolled_back(**DUE), seen(ALL_BLUE), ROLLED_BACK, ""),
    ("rolled back, green gone", rolled_back(**DUE), seen(ALL_BLUE, green=""), ROLLED_BACK, "churn-7 is gone"),
    ("queued", queued(), seen(ALL_BLUE), QUEUED, ""),
    ("finished", promoted(finished=NOW, wish=BACK_PLEASE), seen(ALL_GREEN), PROMOTED, ""),
]  # fmt: skip

ROWS = PROVISIONING_ROWS + STEPPING_ROWS + PAUSED_ROWS + PROMOTING_ROWS + ROLLING_BACK_ROWS + ENDED_ROWS
