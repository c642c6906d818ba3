"""The decision table: a rollout, an observation, the resulting phase, and the reason (None: nothing happens).

Rows only; `test_decide` reads them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from shared.core.judge.gate import GateEvidence
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Outcome
from shared.core.observation import Observation, SmokeResult
from shared.core.phases import Phase
from shared.core.rollout import Override, Rollout, Verb
from shared.core.rollout.ending import SeenHealthy
from shared.core.rollout.observed import Observed
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.rollout.reasons import reason
from shared.core.rollout.refusal import ActionKind
from shared.core.rollout.rereading import MinuteCounts, Rereading
from tests.core.rollouts import (
    ALL_BLUE,
    ALL_GREEN,
    FIRST,
    GREEN,
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
    request,
    rollout,
    seen,
    verdict,
)

QUEUED, PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED, ROLLING_BACK, ROLLED_BACK, SUPERSEDED, FAILED = Phase
Row = tuple[str, Rollout, Observation, Phase, Why | None]
PROBED = replace(seen(ALL_GREEN), probed="churn-6")
PASS, FAIL, UNSURE = verdict(Outcome.PASS), verdict(Outcome.FAIL), verdict(Outcome.INCONCLUSIVE)
HARMFUL_LAST = Evidence((GateEvidence(last=1.2),))  # the certificate plays no part in it
SUSPECT = verdict(Outcome.INCONCLUSIVE, 1.2)
BACK_PLEASE, PROMOTE, HOLD, GO_ON = (request(v) for v in (Verb.ROLLBACK, Verb.PROMOTE, Verb.PAUSE, Verb.RESUME))
OVERRULE, FULLY, EARLIER = request(Verb.OVERRIDE), replace(PROMOTE, full=True), replace(PROMOTE, step=SMOKE)
OVERRIDE = Override("ada", "known errors", NOW)
HALF = {"churn-6": 50, "churn-7": 50}
NO_ENDPOINT = Observation(None)
MISSING = {"observed": Observed(missing_since=NOW - 5 * MINUTE)}
ADVANCE = replace(POLICY, judge=replace(POLICY.judge, inconclusive="advance"))

REFUSED = refusal()
NO_GROWTH = replace(REFUSED, action=ActionKind.SCALE_DEPLOYMENT, deployment=GREEN)
HEARD = (MinuteCounts(green=60, blue=60),)
OTHERS = (MinuteCounts(blue=60),)
GONE = seen(ALL_BLUE, green="")
MADE: dict[str, object] = {"created_order": NOW - HOUR}
ORDERED: dict[str, object] = {"created_order": NOW - MINUTE}
SMOKED = SmokeResult(3, ("request 1: 424",))
UNHEARD = replace(seen(ALL_GREEN), telemetry_problem="503")
AN_HOUR = {"step_since": NOW - HOUR, "steady_since": NOW - HOUR}
(queued, provisioning, stepping, paused, promoting, promoted, rolling_back, rolled_back) = (
    partial(rollout, phase)
    for phase in (QUEUED, PROVISIONING, STEPPING, PAUSED, PROMOTING, PROMOTED, ROLLING_BACK, ROLLED_BACK)
)
EMPTY, BROKEN = seen({}, green=""), seen(ALL_BLUE, blue="Failed", green="")
SPLIT = seen({"churn-6": 50, OTHER: 50}, green="")
LATE = {"started": NOW - 44 * MINUTE}
BY_ADA = {"trigger": reason(Why.ROLLOUT_REQUESTED, actor="ada", comment="because")}
UNSEEN, DELETED = (
    {"observed": Observed(last=NOW - MINUTE, green_seen=True, green_missing_since=NOW - since)}
    for since in (4 * MINUTE, 5 * MINUTE)
)
PROVISIONING_ROWS: list[Row] = [
    ("blue is chosen", provisioning(blue=None), seen(ALL_BLUE, green=""), PROVISIONING, Why.CREATING_GREEN),
    ("the endpoint is written", provisioning(blue=None), seen({}, "Updating"), PROVISIONING, None),
    ("nothing serves yet", provisioning(blue=None), EMPTY, PROVISIONING, Why.WAITING_FOR_DEPLOYMENT),
    ("nothing serves", provisioning(blue=None, **LATE), EMPTY, FAILED, Why.NO_DEPLOYMENT_TO_COPY),
    ("nothing serves, by hand", provisioning(blue=None, **BY_ADA), EMPTY, FAILED, Why.NO_DEPLOYMENT_TO_COPY),
    ("no endpoint yet", provisioning(blue=None), NO_ENDPOINT, PROVISIONING, Why.WAITING_FOR_DEPLOYMENT),
    ("never an endpoint", provisioning(blue=None, **LATE), NO_ENDPOINT, FAILED, Why.ENDPOINT_MISSING),
    ("deployed by hand", provisioning(blue=None), seen(ALL_BLUE), SUPERSEDED, Why.ALREADY_DEPLOYED),
    ("being deployed by hand", provisioning(blue=None), seen(ALL_BLUE, green="Creating"), PROVISIONING, None),
    ("its name failed", provisioning(blue=None), seen(ALL_BLUE, green="Failed"), FAILED, Why.DEPLOYMENT_NAME_TAKEN),
    ("started while made", provisioning(blue=None, **BY_ADA), seen(ALL_BLUE, green="Creating"), PROVISIONING, None),
    ("started, deployed", provisioning(blue=None, **BY_ADA), seen(ALL_BLUE), PROVISIONING, Why.GREEN_FOUND),
    ("blue broke", provisioning(blue=None), BROKEN, FAILED, Why.BLUE_BROKEN_AT_START),
    ("a fix is asked for", provisioning(blue=None, **BY_ADA), BROKEN, PROVISIONING, Why.CREATING_GREEN),
    ("two serve", provisioning(blue=None), SPLIT, FAILED, Why.TRAFFIC_ALREADY_SPLIT),
    ("it serves already", provisioning(blue=None), seen(ALL_GREEN), SUPERSEDED, Why.ALREADY_SERVING),
    ("green is not there yet", provisioning(), seen(ALL_BLUE, green=""), PROVISIONING, None),
    ("green is being made", provisioning(), seen(ALL_BLUE, green="Creating"), PROVISIONING, None),
    ("green is out of sight", provisioning(**UNSEEN), GONE, PROVISIONING, None),
    ("green was deleted", provisioning(**DELETED), GONE, ROLLING_BACK, Why.GREEN_LOST),
    ("green is ready", provisioning(), seen(ALL_BLUE), STEPPING, Why.GREEN_READY),
    ("green failed", provisioning(), seen(ALL_BLUE, green="Failed"), ROLLING_BACK, Why.PROVISIONING_FAILED),
    ("green was cancelled", provisioning(), seen(ALL_BLUE, green="Canceled"), ROLLING_BACK, Why.PROVISIONING_FAILED),
    ("green is being deleted", provisioning(), seen(ALL_BLUE, green="Deleting"), PROVISIONING, None),
    ("a state of next year", provisioning(), seen(ALL_BLUE, green="Unknown"), PROVISIONING, None),
    ("just in time", provisioning(since=NOW - 45 * MINUTE), seen(ALL_BLUE, green=""), PROVISIONING, None),
    ("too late", provisioning(since=NOW - 46 * MINUTE), seen(ALL_BLUE, green=""), ROLLING_BACK, Why.DEADLINE_EXCEEDED),
    ("asked back", provisioning(request=BACK_PLEASE), seen(ALL_BLUE), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("refused", provisioning(refusal=REFUSED), seen(ALL_BLUE, green=""), ROLLING_BACK, Why.ACTION_REFUSED),
    ("no endpoint", provisioning(**MISSING), NO_ENDPOINT, FAILED, Why.ENDPOINT_MISSING),
    ("blue is gone", provisioning(), seen(ALL_BLUE, blue="", green=""), FAILED, Why.BLUE_LOST),
]  # fmt: skip

SMOKING = {"step": SMOKE, "weight": 0, "steady_since": None, "expected": (ALL_BLUE,)}
TENTH = {"weight": 10, "steady_since": None, "expected": (ALL_BLUE, TEN)}
STEPPING_ROWS: list[Row] = [
    ("no smoke result yet", stepping(**SMOKING), seen(ALL_BLUE), STEPPING, None),
    ("smoke passed", stepping(**SMOKING, smoke=SmokeResult(3)), seen(ALL_BLUE), STEPPING, Why.SMOKE_PASSED),
    ("smoke failed", stepping(**SMOKING, smoke=SMOKED), seen(ALL_BLUE), ROLLING_BACK, Why.SMOKE_FAILED),
    ("smoke of nothing", stepping(**SMOKING, smoke=SmokeResult(0)), seen(ALL_BLUE), ROLLING_BACK, Why.SMOKE_FAILED),
    ("no calibration yet", stepping(weight=0, expected=(ALL_BLUE,), calibration=None), seen(ALL_BLUE), STEPPING, None),
    ("a weight is wanted", stepping(weight=0, expected=(ALL_BLUE,)), seen(ALL_BLUE), STEPPING, Why.WEIGHT_REQUESTED),
    ("not in force yet", stepping(**TENTH), seen(ALL_BLUE), STEPPING, None),
    ("being written", stepping(**TENTH), seen(TEN, "Updating"), STEPPING, None),
    ("in force", stepping(**TENTH), seen(TEN), STEPPING, Why.WEIGHT_OBSERVED),
    ("no verdict", stepping(), seen(TEN), STEPPING, None),
    ("the judge cannot tell", stepping(verdict=UNSURE), seen(TEN), STEPPING, None),
    ("the judge passes", stepping(verdict=PASS), seen(TEN), STEPPING, Why.STEP_PASSED),
    ("the last step passes", stepping(step=LAST, verdict=PASS), seen(TEN), STEPPING, Why.WEIGHT_REQUESTED),
    ("the last minute looks harmful", stepping(verdict=PASS, evidence=HARMFUL_LAST), seen(TEN), STEPPING, None),
    ("the judge fails it", stepping(verdict=FAIL), seen(TEN), ROLLING_BACK, Why.REGRESSION_DETECTED),
    ("a pause step", stepping(step=PAUSE), seen(TEN), PAUSED, Why.PAUSE_STARTED),
    ("past the last step", stepping(step=4), seen(TEN), PROMOTING, Why.ALL_STEPS_PASSED),
    ("patience is over", stepping(**AN_HOUR, verdict=UNSURE), seen(TEN), PAUSED, Why.EVIDENCE_INSUFFICIENT),
    ("patience counts from the weight", stepping(step_since=NOW - HOUR, verdict=UNSURE), seen(TEN), STEPPING, None),
    ("patience is longer for late rows", stepping(**AN_HOUR, verdict=UNSURE, lag=HOUR), seen(TEN), STEPPING, None),
    ("uncertified", stepping(policy=ADVANCE, **AN_HOUR, verdict=UNSURE), seen(TEN), STEPPING, Why.STEP_UNCERTIFIED),
    ("suspicious", stepping(policy=ADVANCE, **AN_HOUR, verdict=SUSPECT), seen(TEN), PAUSED, Why.EVIDENCE_INSUFFICIENT),
    ("nothing judged", stepping(policy=ADVANCE, **AN_HOUR), seen(TEN), PAUSED, Why.EVIDENCE_INSUFFICIENT),
    ("the step took too long", stepping(step_since=NOW - 3 * HOUR), seen(TEN), ROLLING_BACK, Why.DEADLINE_EXCEEDED),
    ("passes late", stepping(step_since=NOW - 3 * HOUR, verdict=PASS), seen(TEN), STEPPING, Why.STEP_PASSED),
    ("all took too long", stepping(created=NOW - 25 * HOUR), seen(TEN), ROLLING_BACK, Why.DEADLINE_EXCEEDED),
    ("traffic edited", stepping(), seen({OTHER: 100}), PAUSED, Why.TRAFFIC_CHANGED_EXTERNALLY),
    ("set back to blue", stepping(), seen(ALL_BLUE), PAUSED, Why.TRAFFIC_CHANGED_EXTERNALLY),
    ("green gone", stepping(), seen(TEN, green=""), ROLLING_BACK, Why.GREEN_LOST),
    ("green failed", stepping(), seen(TEN, green="Failed"), ROLLING_BACK, Why.GREEN_LOST),
    ("green is scaled", stepping(), seen(TEN, green="Scaling"), STEPPING, None),
    ("blue failed", stepping(), seen(TEN, blue="Failed"), PAUSED, Why.BLUE_LOST),
    ("both failed", stepping(), seen(TEN, blue="Failed", green="Failed"), ROLLING_BACK, Why.GREEN_LOST),
    ("both go", stepping(), seen(TEN, blue="Deleting", green="Failed"), FAILED, Why.BOTH_UNHEALTHY),
    ("refused", stepping(refusal=REFUSED), seen(TEN), ROLLING_BACK, Why.ACTION_REFUSED),
    ("green may not grow", stepping(refusal=NO_GROWTH), seen(TEN), ROLLING_BACK, Why.ACTION_REFUSED),
    ("asked back", stepping(request=BACK_PLEASE), seen(TEN), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("asked back, passed", stepping(request=BACK_PLEASE, verdict=PASS), seen(TEN), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("asked to promote", stepping(request=PROMOTE), seen(TEN), STEPPING, Why.OPERATOR_PROMOTE),
    ("asked to promote fully", stepping(request=FULLY), seen(TEN), PROMOTING, Why.OPERATOR_PROMOTE_FULL),
    ("promote the last step", stepping(step=LAST, request=PROMOTE), seen(TEN), PROMOTING, Why.OPERATOR_PROMOTE),
    ("promote an earlier step", stepping(request=EARLIER), seen(TEN), STEPPING, Why.REQUEST_TOO_LATE),
    ("overruled, and fails", stepping(override=OVERRIDE, verdict=FAIL), seen(TEN), STEPPING, None),
    ("overruling what fails", stepping(request=OVERRULE, verdict=FAIL), seen(TEN), STEPPING, Why.OPERATOR_OVERRIDE),
    ("promote what fails", stepping(request=PROMOTE, verdict=FAIL), seen(TEN), ROLLING_BACK, Why.REGRESSION_DETECTED),
    ("promote before smoke", stepping(**SMOKING, request=PROMOTE), seen(ALL_BLUE), STEPPING, Why.REQUEST_TOO_LATE),
    ("promote one being made", stepping(request=PROMOTE), seen(TEN, green="Creating"), STEPPING, Why.REQUEST_TOO_LATE),
    ("asked to pause", stepping(request=HOLD, verdict=PASS), seen(TEN), PAUSED, Why.OPERATOR_PAUSE),
    ("asked to resume", stepping(request=GO_ON), seen(TEN), STEPPING, Why.REQUEST_TOO_LATE),
    ("no endpoint for once", stepping(), NO_ENDPOINT, STEPPING, None),
    ("no endpoint", stepping(**MISSING), NO_ENDPOINT, FAILED, Why.ENDPOINT_MISSING),
]  # fmt: skip

EDITED = reason(Why.TRAFFIC_CHANGED_EXTERNALLY, observed_traffic=ALL_GREEN, expected_traffic=TEN)
BY_HAND = {"step": FIRST}
BY_HAND_ALONE = {"step": 4, "weight": 100, "expected": (ALL_GREEN,), "in_pause_step": False, "verdict": FAIL}
PAUSED_ROWS: list[Row] = [
    ("waiting", paused(), seen(TEN), PAUSED, None),
    ("the clock ran", paused(since=NOW - HOUR), seen(TEN), STEPPING, Why.PAUSE_ENDED),
    ("paused by hand, no clock", paused(**BY_HAND, since=NOW - 9 * HOUR), seen(TEN), PAUSED, None),
    ("resumed", paused(**BY_HAND, request=GO_ON), seen(TEN), STEPPING, Why.OPERATOR_RESUME),
    ("pause step resumed", paused(request=GO_ON), seen(TEN), STEPPING, Why.OPERATOR_RESUME),
    ("promoted", paused(request=PROMOTE), seen(TEN), STEPPING, Why.OPERATOR_PROMOTE),
    ("promoted fully", paused(request=FULLY), seen(TEN), PROMOTING, Why.OPERATOR_PROMOTE_FULL),
    ("resumed an earlier step", paused(request=replace(GO_ON, step=SMOKE)), seen(TEN), PAUSED, Why.REQUEST_TOO_LATE),
    ("paused twice", paused(request=HOLD), seen(TEN), PAUSED, Why.OPERATOR_PAUSE),
    ("asked back", paused(request=BACK_PLEASE), seen(TEN), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("fails while paused", paused(verdict=FAIL), seen(TEN), ROLLING_BACK, Why.REGRESSION_DETECTED),
    ("passes while paused", paused(**BY_HAND, verdict=PASS), seen(TEN), PAUSED, None),
    ("traffic edited", paused(), seen({OTHER: 100}), PAUSED, Why.TRAFFIC_CHANGED_EXTERNALLY),
    ("fails alone, paused by hand", paused(**BY_HAND_ALONE), PROBED, PAUSED, Why.COMPARING_AGAIN),
    ("fails, traffic edited", paused(**BY_HAND_ALONE, reason=EDITED), PROBED, ROLLING_BACK, Why.REGRESSION_DETECTED),
    ("all took too long", paused(created=NOW - 25 * HOUR), seen(TEN), ROLLING_BACK, Why.DEADLINE_EXCEEDED),
    ("green gone", paused(), seen(TEN, green=""), ROLLING_BACK, Why.GREEN_LOST),
    ("blue gone", paused(), seen(TEN, blue=""), PAUSED, Why.BLUE_LOST),
    ("both gone", paused(), seen(TEN, blue="", green=""), FAILED, Why.BOTH_UNHEALTHY),
]  # fmt: skip

STARTING = {"weight": 50}
PROMOTING_ROWS: list[Row] = [
    ("all traffic is wanted", promoting(**STARTING, expected=(HALF,)), seen(HALF), PROMOTING, Why.WEIGHT_REQUESTED),
    ("not in force", promoting(steady_since=None, expected=(TEN, ALL_GREEN)), seen(TEN), PROMOTING, None),
    ("in force", promoting(steady_since=None), seen(ALL_GREEN), PROMOTING, Why.WEIGHT_OBSERVED),
    ("baking", promoting(verdict=UNSURE), seen(ALL_GREEN), PROMOTING, None),
    ("baked", promoting(verdict=PASS, judged_until=NOW, recent=HEARD), seen(ALL_GREEN), PROMOTED, Why.STEP_PASSED),
    (
        "baked, telemetry is away",
        promoting(verdict=PASS, judged_until=NOW, recent=HEARD),
        UNHEARD,
        PROMOTING,
        None,
    ),
    ("only others heard", promoting(verdict=PASS, judged_until=NOW, recent=OTHERS), seen(ALL_GREEN), PROMOTING, None),
    ("unheard lately", promoting(verdict=PASS), seen(ALL_GREEN), PROMOTING, None),
    ("goes bad", promoting(verdict=FAIL), PROBED, STEPPING, Why.COMPARING_AGAIN),
    ("goes bad, blue not probed yet", promoting(verdict=FAIL), seen(ALL_GREEN), PROMOTING, None),
    (
        "goes bad again",
        promoting(verdict=FAIL, compared=True),
        PROBED,
        ROLLING_BACK,
        Why.REGRESSION_DETECTED,
    ),
    ("goes bad without blue", promoting(verdict=FAIL), seen(ALL_GREEN, blue=""), ROLLING_BACK, Why.REGRESSION_DETECTED),
    ("silence", promoting(steady_since=NOW - HOUR, since=NOW - HOUR), seen(ALL_GREEN), PROMOTING, Why.HELD),
    (
        "silence of telemetry",
        promoting(last=None, steady_since=NOW - HOUR, judged_until=NOW - HOUR),
        UNHEARD,
        PROMOTING,
        Why.HELD,
    ),
    ("suspicious silence", promoting(steady_since=NOW - HOUR, verdict=SUSPECT), seen(ALL_GREEN), PROMOTING, None),
    ("too long", promoting(since=NOW - 3 * HOUR), seen(ALL_GREEN), ROLLING_BACK, Why.DEADLINE_EXCEEDED),
    (
        "passes late",
        promoting(since=NOW - 3 * HOUR, verdict=PASS, judged_until=NOW, recent=HEARD),
        seen(ALL_GREEN),
        PROMOTED,
        Why.STEP_PASSED,
    ),
    ("edited", promoting(), seen(ALL_BLUE), PAUSED, Why.TRAFFIC_CHANGED_EXTERNALLY),
    ("blue gone", promoting(), seen(ALL_GREEN, blue=""), PROMOTING, None),
    ("green gone", promoting(), seen(ALL_GREEN, green=""), ROLLING_BACK, Why.GREEN_LOST),
    ("asked back", promoting(request=BACK_PLEASE), seen(ALL_GREEN), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("asked to pause", promoting(request=HOLD), seen(ALL_GREEN), PAUSED, Why.OPERATOR_PAUSE),
]  # fmt: skip

BACK = {"ordered": ALL_BLUE, "reason": reason(Why.GREEN_LOST, deployment=GREEN)}
SMALL_REFUSED = {"ordered": TEN, "refusal": REFUSED, "blue_scaled_down": True}  # not to grow, but to get traffic
OVERRULED_FAIL = {"ordered": TEN, "verdict": FAIL, "override": OVERRIDE}
TAKEN = {
    "ordered": TEN,
    "shown": True,
    "steady_since": NOW - HOUR,
}  # it got what was ordered, and no opposite order was given
ROLLING_BACK_ROWS: list[Row] = [
    ("green has traffic", rolling_back(ordered=TEN), seen(TEN), ROLLING_BACK, None),
    ("an order may still land", rolling_back(ordered=TEN), seen(ALL_BLUE), ROLLING_BACK, None),
    ("a write is under way", rolling_back(**BACK), seen(ALL_BLUE, "Updating"), ROLLING_BACK, None),
    ("blue serves", rolling_back(**BACK), seen(ALL_BLUE), ROLLED_BACK, Why.TRAFFIC_RETURNED),
    ("others took it back just now", rolling_back(**TAKEN), seen(ALL_BLUE), ROLLING_BACK, None),
    (
        "others took it back",
        rolling_back(**TAKEN, since=NOW - 30 * MINUTE),
        seen(ALL_BLUE),
        ROLLED_BACK,
        Why.TRAFFIC_RETURNED,
    ),
    ("never had traffic", rolling_back(), seen(ALL_BLUE), ROLLED_BACK, Why.TRAFFIC_RETURNED),
    ("before blue was known", rolling_back(blue=None), seen({}, "Updating"), ROLLED_BACK, Why.NOTHING_TO_ROLL_BACK),
    ("blue failed", rolling_back(ordered=TEN), seen(TEN, blue="Failed"), ROLLING_BACK, Why.BLUE_FAILED_IN_AZURE),
    ("blue canceled", rolling_back(ordered=TEN), seen(TEN, blue="Canceled"), ROLLING_BACK, Why.BLUE_FAILED_IN_AZURE),
    ("blue is going", rolling_back(ordered=TEN), seen(TEN, blue="Deleting"), FAILED, Why.BLUE_GONE),
    ("blue is gone", rolling_back(ordered=TEN), seen(TEN, blue=""), FAILED, Why.BLUE_GONE),
    ("both are bad", rolling_back(ordered=TEN, verdict=FAIL), seen(TEN, blue=""), FAILED, Why.BOTH_UNHEALTHY),
    ("green is overruled to be good", rolling_back(**OVERRULED_FAIL), seen(TEN, blue=""), FAILED, Why.BLUE_GONE),
    ("both are broken", rolling_back(ordered=TEN), seen(TEN, blue="", green="Failed"), FAILED, Why.BOTH_UNHEALTHY),
    ("blue is not ready yet", rolling_back(ordered=TEN), seen(TEN, blue="Creating"), ROLLING_BACK, None),
    ("too long", rolling_back(ordered=TEN, since=NOW - 2 * HOUR), seen(TEN), FAILED, Why.DEADLINE_EXCEEDED),
    ("refused", rolling_back(ordered=TEN, refusal=REFUSED), seen(TEN), ROLLING_BACK, Why.ACTION_REFUSED),
    ("refused, with a small blue", rolling_back(**SMALL_REFUSED), seen(TEN), ROLLING_BACK, Why.ACTION_REFUSED),
    ("passes after all", rolling_back(ordered=TEN, verdict=PASS), seen(TEN), ROLLING_BACK, None),
    ("asked back twice", rolling_back(ordered=TEN, request=BACK_PLEASE), seen(TEN), ROLLING_BACK, Why.REQUEST_TOO_LATE),
    ("asked to promote", rolling_back(ordered=TEN, request=PROMOTE), seen(TEN), ROLLING_BACK, Why.REQUEST_TOO_LATE),
    ("no endpoint", rolling_back(**MISSING), NO_ENDPOINT, FAILED, Why.ENDPOINT_MISSING),
]  # fmt: skip

KEPT = {"clean_after": NOW + HOUR}
DUE = {"clean_after": NOW - MINUTE}
LONG_DUE = {"clean_after": NOW - 2 * HOUR}
WORKS = {"seen_healthy": SeenHealthy(GREEN, NOW - HOUR, NOW)}
LATE_HARM = {"rereading": Rereading(uncompared=True)}
ENDED_ROWS: list[Row] = [
    ("promoted, kept", promoted(**KEPT), seen(ALL_GREEN), PROMOTED, None),
    ("promoted, due", promoted(**DUE), seen(ALL_GREEN), PROMOTED, None),
    ("promoted, blue gone", promoted(**DUE), seen(ALL_GREEN, blue=""), PROMOTED, Why.LEFTOVER_GONE),
    ("promoted, blue serves", promoted(**DUE, expected=(ALL_GREEN, TEN)), seen(TEN), PROMOTED, Why.BLUE_KEPT_IN_USE),
    ("promoted, someone edits", promoted(**DUE), seen(TEN), PROMOTED, None),
    ("promoted, undeletable", promoted(**LONG_DUE, **WORKS), seen(ALL_GREEN), PROMOTED, Why.LEFTOVER_NOT_DELETED),
    ("promoted, harm uncompared", promoted(**DUE, **LATE_HARM), seen(ALL_GREEN), PROMOTED, Why.BLUE_KEPT_UNCOMPARED),
    ("promoted, overruled", promoted(**DUE, **LATE_HARM, override=OVERRIDE), seen(ALL_GREEN), PROMOTED, None),
    ("promoted, green may not work", promoted(**LONG_DUE), seen(ALL_GREEN), PROMOTED, Why.LEFTOVER_UNCHECKED),
    ("blue is last", promoted(**LONG_DUE), seen(ALL_GREEN, green="Failed"), PROMOTED, Why.BLUE_KEPT_GREEN_UNHEALTHY),
    ("promoted, back", promoted(**KEPT, request=BACK_PLEASE), seen(ALL_GREEN), ROLLING_BACK, Why.OPERATOR_ROLLBACK),
    ("asked too late", promoted(**DUE, request=BACK_PLEASE), seen(ALL_GREEN, blue=""), PROMOTED, Why.REQUEST_TOO_LATE),
    ("promoted, no endpoint", promoted(**KEPT, **MISSING), NO_ENDPOINT, PROMOTED, Why.ENDPOINT_MISSING),
    ("rolled back, green there", rolled_back(**DUE), seen(ALL_BLUE), ROLLED_BACK, None),
    ("rolled back, no green", rolled_back(**MADE, **DUE), GONE, ROLLED_BACK, Why.LEFTOVER_GONE),
    ("rolled back, green may come late", rolled_back(**ORDERED, **DUE), GONE, ROLLED_BACK, None),
    ("queued", queued(), seen(ALL_BLUE), QUEUED, None),
    ("finished", promoted(finished=NOW, request=BACK_PLEASE), seen(ALL_GREEN), PROMOTED, None),
]  # fmt: skip

ROWS = PROVISIONING_ROWS + STEPPING_ROWS + PAUSED_ROWS + PROMOTING_ROWS + ROLLING_BACK_ROWS + ENDED_ROWS
