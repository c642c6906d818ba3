"""Each reason code and its sentence: one row per code, with the facts it needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.judge.verdict import Cause
from shared.core.rollout.reasons import Facts, Reason, ReasonCode, reason
from shared.words import sentence
from shared.words.reasons import REASONS
from shared.words.template import marks

C = ReasonCode
GREEN, BLUE = "churn-7", "churn-6"
SPLIT = {BLUE: 90, GREEN: 10}
MEASURED: Facts = {
    "measured": {
        "what": "failed_requests",
        "item": 0,
        "gate": "errors",
        "green_bad": 12,
        "green_total": 400,
        "blue_bad": 4,
        "blue_total": 3600,
    }
}
ODDS: Facts = {"log_odds_worse": 4.61, "log_odds_worse_threshold": 4.605}
SAFE: Facts = {"log_odds_safe": 3.0, "log_odds_safe_threshold": 2.9957, "next_weight": 25}
SAID = "green fails 3% of 400 requests (1.01 to 6.43%), blue 0.111% of 3,600 (0.0013 to 0.362%)"
NOTHING = reason(C.NOTHING_JUDGED)
FREEZE = reason(C.FREEZE_WINDOW, window="weekend")
ADA: Facts = {"actor": "ada", "comment": "looks wrong"}
NO_SETTING = (
    "the endpoint has no diagnostic setting; add one that sends AmlOnlineEndpointTrafficLog to Teal's Log Analytics "
    "workspace (see docs/deploying.md)"
)
UNREADABLE = (
    "Teal cannot read the endpoint's diagnostic settings, so it cannot tell whether requests are logged: 403; give "
    "Teal's role on the workspace the operation Microsoft.Insights/diagnosticSettings/read (see docs/permissions.md)"
)
ELSEWHERE = (
    "the endpoint's request log goes to a Log Analytics workspace other than TEAL_LOGS_WORKSPACE_ID: "
    "audit sends it to logs-2; send it to Teal's workspace as well, or set TEAL_LOGS_WORKSPACE_ID to the one that gets "
    "it"
)
NOT_LOGGED = (
    "telemetry shows no request after 11 min, not even those of the smoke test; check the endpoint's diagnostic "
    "setting, the telemetry source in the policy and its lag"
)
LATE = (
    "telemetry arrives later than the configured lag of 5 min: this rollout now waits 8 min, and judges again what it "
    "can read again; raise `telemetry.lag` in the policy"
)
UNEQUAL = (
    "churn-7 received 12.34% of the last 9,120 live requests although its weight is 25%; check whether callers "
    "address a deployment by name or keep connections open"
)
ONE_ARM = (
    "telemetry shows requests to churn-7 but none to churn-6 in the same minutes; those minutes do not count as "
    "evidence"
)
UNCOMPARED = (
    "keeping churn-6: late rows show failures while green had all traffic, and not next to churn-6. "
    "Manual intervention required"
)
UNCHECKED = (
    "keeping churn-6: the telemetry since green's first request could not be read again before deleting it (503). "
    "Manual intervention required"
)

ROWS: list[tuple[Reason, str]] = [
    (reason(C.ROLLOUT_STARTED, model="churn:7"), "churn:7 was registered"),
    (
        reason(C.MISSED_VERSION_STARTED, model="churn:7", since="2026-11-19T07:30:00+00:00"),
        "churn:7 was registered at 2026-11-19 07:30 UTC and had no rollout",
    ),
    (
        reason(C.ALREADY_DEPLOYED, deployment="by-hand", model="churn:7", state="Succeeded"),
        "by-hand of churn:7 is deployed already (state Succeeded), so there is nothing to roll out",
    ),
    (
        reason(C.WAITING_FOR_DEPLOYMENT, Reason(C.ENDPOINT_MISSING), until="2026-11-20T12:00:00+00:00"),
        "waiting until 2026-11-20 12:00 UTC for the first deployment: the endpoint does not exist",
    ),
    (
        reason(C.BLUE_CHOSEN_ANEW, deployment=GREEN, other=BLUE),
        "churn-6 now has all live traffic, so churn-7 is compared with it",
    ),
    (
        reason(
            C.WAITING_FOR_BLUE,
            reason(C.BLUE_FAILING_AT_START, deployment=BLUE, failed=70, requests=90),
            until="2026-11-20T12:00:00+00:00",
        ),
        (
            "waiting until 2026-11-20 12:00 UTC for the serving deployment to recover: churn-6 has all live traffic, "
            "and 70 of its last 90 requests failed, so nothing was started. Repair it, or start the rollout of a fix "
            "manually"
        ),
    ),
    (
        reason(C.BLUE_FAILING_AT_START, deployment=BLUE, failed=70, requests=90),
        (
            "churn-6 has all live traffic, and 70 of its last 90 requests failed, so nothing was started. Repair it, "
            "or start the rollout of a fix manually"
        ),
    ),
    (
        reason(
            C.WAITING_FOR_QUOTA,
            reason(
                C.QUOTA_INSUFFICIENT,
                instances=3,
                instance_type="Standard_F4s_v2",
                family="standardFSv2Family",
                cores=16,
                cores_left=10,
            ),
            until="2026-11-20T12:00:00+00:00",
        ),
        (
            "waiting until 2026-11-20 12:00 UTC for quota: green needs 16 cores of quota (3 instances of "
            "Standard_F4s_v2, and 20% more that Azure reserves for upgrades), and standardFSv2Family has 10 left, so "
            "nothing was started. Request more, or use fewer or smaller instances"
        ),
    ),
    (
        reason(
            C.QUOTA_INSUFFICIENT,
            instances=1,
            instance_type="Standard_F4s_v2",
            family="TotalDedicatedCores",
            cores=8,
            cores_left=0,
        ),
        (
            "green needs 8 cores of quota (1 instance of Standard_F4s_v2, and 20% more that Azure reserves for "
            "upgrades), and TotalDedicatedCores has 0 left, so nothing was started. Request more, or use fewer or "
            "smaller instances"
        ),
    ),
    (
        reason(C.MIRROR_IN_USE, deployment="shadow", mirror=15),
        (
            "the policy mirrors traffic, but shadow already gets a mirror of 15%, and Azure mirrors to one deployment "
            "only. End that mirror, or use a policy without one"
        ),
    ),
    (
        reason(
            C.BOTH_UNHEALTHY,
            reason(C.GREEN_LOST, deployment=GREEN),
            deployment=BLUE,
            other=GREEN,
            observed_traffic=SPLIT,
        ),
        (
            "neither churn-7 nor churn-6 is healthy, so the traffic stays as it is: churn-6 90%, churn-7 10%. Manual "
            "intervention required. The rollback was for: churn-7 failed or was deleted"
        ),
    ),
    (
        reason(C.BLUE_BROKEN_AT_START, deployment=BLUE, state="Failed"),
        (
            "churn-6 has all live traffic and is in state Failed, so nothing was started. Repair it, or start the "
            "rollout of a fix manually"
        ),
    ),
    (
        reason(C.LEFTOVER_IN_USE, deployment=GREEN, observed_traffic={GREEN: 100}),
        "churn-7 is left as it is, because it has live traffic: churn-7 100%. Manual intervention required",
    ),
    (Reason(C.ROLLOUT_REQUESTED, ADA), "started by ada: looks wrong"),
    (reason(C.ROLLOUT_SIMULATED), "simulated"),
    (reason(C.EVENT_NOT_RELEVANT, message="type 'x'"), "not a model registration: type 'x'"),
    (reason(C.EVENT_UNREADABLE, message="no version"), "the event cannot be used: no version"),
    (reason(C.OTHER_WORKSPACE, workspace="/s/w"), "the event is from another workspace: /s/w"),
    (reason(C.MODEL_NOT_REGISTERED, model="churn:7"), "churn:7 is not registered in the workspace"),
    (reason(C.MODEL_ARCHIVED, model="churn:7"), "churn:7 is archived"),
    (
        reason(C.MODEL_TAGS_UNAVAILABLE, model="churn:7", message="403"),
        "the tags of churn:7 cannot be read: 403",
    ),
    (reason(C.NO_POLICY, model="churn:7", message="no model churn"), "no policy applies to churn:7: no model churn"),
    (reason(C.POLICY_INVALID, message="churn.yaml:1:1: missing"), "churn.yaml:1:1: missing"),
    (reason(C.DUPLICATE, model="churn:7"), "churn:7 already has a rollout"),
    (reason(C.OLDER_VERSION, model="churn:7"), "a newer version than churn:7 was already admitted"),
    (
        reason(C.WAITING_FOR_ENDPOINT, reason(C.ROLLOUT_STARTED, model="churn:8"), model="churn:7"),
        "churn:8 was registered; waiting for the rollout of churn:7 to end",
    ),
    (reason(C.ENDPOINT_FREE), "the endpoint is free"),
    (
        reason(C.SUPERSEDED, because=reason(C.ROLLOUT_STARTED, model="churn:8"), model="churn:8"),
        "superseded by churn:8: churn:8 was registered",
    ),
    (
        reason(C.REPLACED_BY_NEWER_VERSION, because=Reason(C.ROLLOUT_REQUESTED, ADA), model="churn:5"),
        "churn:5 replaces this rollout: started by ada: looks wrong",
    ),
    (
        reason(C.NOT_REPLACED_AGAIN, model="churn:8", replaced=3),
        (
            "churn:8 waits although the policy says `replace`: 3 rollouts in a row were replaced and none was "
            "promoted, so this one is allowed to finish; new versions are registered or started faster than a rollout "
            "can finish"
        ),
    ),
    (
        reason(C.GREEN_UNDERSIZED, deployment=GREEN, other=BLUE, instances=1, wanted_instances=4, weight=50),
        (
            "churn-7 has 1 instance, and 50% of what churn-6 serves needs 4: it may be overloaded; scale it, or set "
            "`instance_count: proportional`"
        ),
    ),
    (reason(C.ALREADY_SERVING, deployment=BLUE, model="churn:6"), "churn-6 already serves churn:6"),
    (reason(C.ENDPOINT_MISSING), "the endpoint does not exist"),
    (
        reason(C.ENDPOINT_UNHEALTHY, state="Failed"),
        "the endpoint is in state Failed and serves nothing. Manual intervention required",
    ),
    (reason(C.MIRROR_UNSUPPORTED), "the policy mirrors traffic, which Kubernetes online endpoints do not support"),
    (
        reason(C.DEPLOYMENT_NAME_TAKEN, deployment=GREEN, model="azureml:x:1"),
        "a deployment named churn-7 already exists with another model (azureml:x:1). Manual intervention required",
    ),
    (
        reason(C.TRAFFIC_ALREADY_SPLIT, observed_traffic=SPLIT),
        "one deployment must have all live traffic before a rollout starts, but it is split: churn-6 90%, churn-7 10%",
    ),
    (
        reason(C.ENDPOINT_FULL, deployments=20, others=["a", "b"]),
        "the endpoint has 20 deployments, the most that Azure allows; delete one without traffic: a, b",
    ),
    (
        reason(C.NO_DEPLOYMENT_TO_COPY, others=["a", "b"]),
        (
            "no deployment serves, and `from: live` needs exactly one deployment to copy (found a, b); "
            "use a template instead"
        ),
    ),
    (reason(C.CREATING_GREEN, deployment=GREEN, other=BLUE), "creating churn-7 next to churn-6, without traffic"),
    (
        reason(C.GREEN_FOUND, deployment=GREEN, other=BLUE),
        "rolling out churn-7 next to churn-6, which is already deployed; this rollout does not delete it",
    ),
    (
        reason(C.DEPLOYMENT_NAME_TAKEN, deployment=GREEN, state="Failed"),
        "a deployment named churn-7 already exists and is Failed. Manual intervention required",
    ),
    (
        reason(C.CREATING_FIRST_DEPLOYMENT, deployment=GREEN),
        "no deployment has live traffic; creating churn-7 as the first",
    ),
    (reason(C.GREEN_READY, deployment=GREEN, other=BLUE), "churn-7 is ready next to churn-6"),
    (
        reason(C.PROVISIONING_FAILED, deployment=GREEN, state="Failed"),
        "churn-7 did not become ready: Azure reports Failed",
    ),
    (reason(C.SMOKE_PASSED, requests=1), "smoke test passed: 1 request answered as expected"),
    (
        reason(C.SMOKE_FAILED, failed=1, requests=3, examples=["request 1: status 424"]),
        "smoke test failed: 1 of 3 requests not answered as expected; request 1: status 424",
    ),
    (
        reason(C.MIRROR_REQUESTED, deployment=GREEN, mirror=20, others=["x"], unjudged={"latency": "no past"}),
        "mirroring 20% of the live traffic to churn-7, instead of to x; not judged: latency (no past)",
    ),
    (reason(C.MIRROR_OBSERVED, deployment=GREEN, mirror=20), "20% of the live traffic is mirrored to churn-7"),
    (reason(C.WEIGHT_REQUESTED, deployment=GREEN, weight=10), "shifting 10% of the live traffic to churn-7"),
    (reason(C.WEIGHT_OBSERVED, deployment=GREEN, weight=10), "churn-7 receives 10% of the live traffic"),
    (reason(C.STEP_SKIPPED), "skipped: no other deployment serves, so there is no traffic to share"),
    (
        reason(C.STEP_UNCERTIFIED, NOTHING, limit_seconds=3600),
        "advancing without a certificate after 1 h: no minute has been judged yet",
    ),
    (reason(C.PAUSE_STARTED, limit_seconds=1800), "paused by the policy for 30 min; resume or promote to continue"),
    (reason(C.PAUSE_ENDED, limit_seconds=1800), "the pause of 30 min is over"),
    (
        reason(C.EVIDENCE_INSUFFICIENT, NOTHING, limit_seconds=5400),
        "not enough evidence within 1 h 30 min: no minute has been judged yet",
    ),
    (reason(C.ALL_STEPS_PASSED), "every step passed or was skipped"),
    (
        reason(C.FIRST_DEPLOYMENT_PROMOTED, deployment=GREEN),
        "churn-7 is the first deployment that serves, with nothing to compare it with",
    ),
    (
        reason(C.PROMOTED_UNCERTIFIED, NOTHING, limit_seconds=3600),
        "promoted after 1 h without a passing verdict: no minute has been judged yet",
    ),
    (
        Reason(C.REGRESSION_DETECTED, {**MEASURED, **ODDS}),
        f"{SAID}; odds 100 : 1 that green is worse (rolls back at 100 : 1)",
    ),
    (reason(C.NO_REQUESTS), "green has received no requests yet"),
    (
        reason(C.GREEN_STARVED),
        (
            "blue receives requests and green none of its share; check the endpoint's traffic, and whether callers "
            "address a deployment by name or reuse connections"
        ),
    ),
    (
        reason(C.GREEN_UNHEARD, gate="fraud"),
        (
            "the gate fraud counts none of green's outcomes, although green answers requests; check that green "
            "collects its responses, as blue does, or that the query counts it"
        ),
    ),
    (
        reason(C.GATE_WITHOUT_DATA, gate="fraud", message="throttled"),
        (
            "the gate fraud counts nothing of requests that were answered: its data arrives later than the lag, or "
            "not at all (throttled)"
        ),
    ),
    (
        Reason(C.TOO_FEW_MINUTES, {**MEASURED, **ODDS, "settled_minutes": 2, "required_minutes": 3}),
        f"{SAID}; 2 of 3 settled minutes at this weight; odds 100 : 1 that green is worse",
    ),
    (
        Reason(C.SUSPICIOUS, {**MEASURED, **ODDS}),
        f"{SAID}; odds 100 : 1 that green is worse, too suspicious to advance (limit 100 : 1)",
    ),
    (
        Reason(C.NO_REGRESSION_SEEN, {**MEASURED, "settled_minutes": 1}),
        f"{SAID}; watched for 1 minute without a sign of regression",
    ),
    (
        Reason(C.NOT_CERTIFIED, {**MEASURED, **SAFE, "minutes_left": 4}),
        (
            f"{SAID}; not certified yet: odds 20.1 : 1 that 25% stays within the harm budget (advances at 20 : 1), "
            "in about 4 minutes at this rate"
        ),
    ),
    (
        reason(C.GATE_NOT_JUDGED, next_weight=25, unjudged={"latency": "no past"}),
        "a gate must be certified before 25%, but is not judged: latency (no past)",
    ),
    (
        Reason(C.STEP_PASSED, {**MEASURED, **SAFE}),
        f"{SAID}; certified: odds 20.1 : 1 that 25% stays within the harm budget (advances at 20 : 1)",
    ),
    (NOTHING, "no minute has been judged yet"),
    (reason(C.GATES_NOT_CALIBRATED, unjudged={"fraud": "throttled"}), "not judged: fraud (throttled)"),
    (reason(C.OPERATOR_REQUEST, verb="skip", actor="ada", comment="known good"), "skip by ada: known good"),
    (reason(C.ENDPOINT_UNREADABLE, message="503"), "the endpoint cannot be read: 503"),
    (reason(C.TELEMETRY_UNAVAILABLE, message="503"), "telemetry is unavailable: 503"),
    (
        reason(C.TELEMETRY_REFUSED, message="403", role="Reader on logs"),
        "telemetry may not be read: 403; check that Teal's identity has the role Reader on logs",
    ),
    (reason(C.DIAGNOSTIC_SETTING_UNREADABLE, message="403"), UNREADABLE),
    (
        reason(C.TELEMETRY_UNPROVEN, NOTHING, deployment=GREEN),
        "churn-7 gets no traffic until telemetry shows this endpoint's requests: no minute has been judged yet",
    ),
    (reason(C.DIAGNOSTIC_SETTING_MISSING), NO_SETTING),
    (
        reason(C.REQUEST_LOG_OFF, message="audit"),
        "no diagnostic setting of the endpoint sends AmlOnlineEndpointTrafficLog; enable that category in audit",
    ),
    (reason(C.LOGGED_ELSEWHERE, message="audit sends it to logs-2"), ELSEWHERE),
    (
        reason(C.LOG_TABLE_MISSING, message="SEM0100"),
        "the Log Analytics workspace has no request log yet; a new diagnostic setting can take an hour (SEM0100)",
    ),
    (reason(C.REQUESTS_NOT_LOGGED, limit_seconds=660.0), NOT_LOGGED),
    (
        reason(C.REQUESTS_NOT_LOGGED, limit_seconds=660.0, message="403"),
        NOT_LOGGED.replace("setting,", "setting (which Teal cannot read: 403),"),
    ),
    (reason(C.TELEMETRY_LATE, limit_seconds=300.0, delay_seconds=480.0), LATE),
    (reason(C.BLUE_NOT_LOGGED, deployment=BLUE, other=GREEN), ONE_ARM),
    (reason(C.BLUE_KEPT_UNCHECKED, deployment=BLUE, message="503"), UNCHECKED),
    (reason(C.BLUE_KEPT_UNCOMPARED, deployment=BLUE), UNCOMPARED),
    (reason(C.TELEMETRY_PROVEN), "telemetry shows this endpoint's requests"),
    (reason(C.GREEN_RECEIVES_TRAFFIC, deployment=GREEN), "churn-7 receives traffic again"),
    (
        reason(C.TRAFFIC_MISMATCH, deployment=GREEN, weight=25, observed_share=0.1234, requests=9120),
        UNEQUAL,
    ),
    (
        reason(
            C.TRAFFIC_MISMATCH, deployment=GREEN, weight=25, observed_share=0.1234, expected_share=0.2, requests=9120
        ),
        UNEQUAL.replace("25%", "25% (20% on average)"),
    ),
    (
        reason(C.TRAFFIC_AS_WEIGHTED, deployment=GREEN),
        "churn-7 receives a share of the requests that matches its weight",
    ),
    (
        reason(C.DEADLINE_EXCEEDED, NOTHING, deadline="step", limit_seconds=7200),
        "the step deadline of 2 h passed (last: no minute has been judged yet)",
    ),
    (reason(C.GREEN_LOST, deployment=GREEN), "churn-7 failed or was deleted"),
    (
        reason(C.GREEN_REPLACED, deployment=GREEN, model="azureml:fraud:3"),
        "someone else has deployed something else under the name churn-7 (azureml:fraud:3); it was never tested",
    ),
    (
        reason(C.MIRROR_CHANGED_EXTERNALLY, deployment=GREEN, mirror=20, observed_mirror=0),
        "someone else changed the mirror to churn-7 from 20% to 0%; resume to restore it, or roll back",
    ),
    (
        reason(C.BLUE_MIRROR_ENDED, deployment=BLUE, observed_mirror=10),
        (
            "someone else mirrors 10% of the requests to churn-6; that mirror ends first, because Azure allows no "
            "deployment both live and mirrored traffic"
        ),
    ),
    (
        reason(C.LEFTOVER_ONLY_ONE, deployment=GREEN),
        (
            "churn-7 is kept, because nothing has live traffic and it may be the only deployment that works. "
            "Manual intervention required"
        ),
    ),
    (
        reason(C.LEFTOVER_REPLACED, deployment=GREEN),
        "churn-7 is left as it is, because someone else deployed what has that name",
    ),
    (
        reason(C.GREEN_FAILS_ALONE, deployment=GREEN, limit=0.03),
        (
            "churn-7 fails more than 3% of its requests, far more than blue did, and someone else left blue "
            "without traffic, so there is nothing to compare it with: give blue some traffic, or roll back"
        ),
    ),
    (
        reason(C.ROLLBACK_WITHHELD, NOTHING, deployment=BLUE, other=GREEN, limit=0.03),
        (
            "churn-7 looks harmful, but churn-6 failed more than 3% of its last requests, so churn-7 keeps its share "
            "until churn-6 is seen to have recovered, or you decide: no minute has been judged yet"
        ),
    ),
    (
        reason(C.GREEN_FAILS_UNCOMPARED, deployment=GREEN, other=BLUE, limit=0.03),
        (
            "churn-7 fails more than 3% of its requests, far more than blue did, and telemetry shows none of "
            "churn-6's requests to compare them with; a rollback needs churn-6 to pass the smoke test"
        ),
    ),
    (
        reason(C.BLUE_REPLACED, deployment=BLUE, model="azureml:fraud:3"),
        (
            "someone else replaced churn-6, which green is compared with, by something else (azureml:fraud:3); resume "
            "to compare green with that, or roll back"
        ),
    ),
    (
        reason(C.BLUE_LOST, deployment=BLUE, observed_traffic=SPLIT),
        (
            "churn-6, which served, failed or was deleted; live traffic now: churn-6 90%, churn-7 10%. "
            "Manual intervention required"
        ),
    ),
    (
        reason(C.ACTION_REFUSED, action="set_traffic", other=BLUE, message="OutOfQuota"),
        "Azure refused to set traffic: OutOfQuota; churn-6 serves now",
    ),
    (
        reason(C.AUTOSCALE_NOT_COPIED, deployment=GREEN, message="OutOfQuota"),
        "Azure refused to copy the autoscale settings to churn-7: OutOfQuota; continuing without them",
    ),
    (
        reason(C.BLUE_NOT_SCALED_UP, deployment=BLUE, message="OutOfQuota"),
        "Azure refused to scale churn-6 back up: OutOfQuota; it takes its traffic back with the instances it has",
    ),
    (
        reason(C.TRAFFIC_CHANGED_EXTERNALLY, observed_traffic={BLUE: 100}, expected_traffic=SPLIT),
        (
            "someone else set the traffic to churn-6 100% (expected churn-6 90%, churn-7 10%); resume to restore it, "
            "or roll back"
        ),
    ),
    (
        reason(C.TRAFFIC_TAKEN_BACK, deployment=GREEN, observed_traffic={BLUE: 100}),
        "someone else took all live traffic from churn-7; live traffic now: churn-6 100%",
    ),
    (
        reason(C.TRAFFIC_LEFT_AS_FOUND, deployment=GREEN, observed_traffic={"hotfix": 100}),
        "someone else set the traffic to hotfix 100%; the rollback only removes the share of churn-7",
    ),
    (Reason(C.OPERATOR_PROMOTE, ADA), "promoted to the next step by ada: looks wrong"),
    (
        Reason(C.OPERATOR_PROMOTE_FULL, ADA | {"skipped": ["pause", "weight 25%"]}),
        "promoted all the way by ada: looks wrong; skips pause, weight 25%",
    ),
    (Reason(C.OPERATOR_OVERRIDE, ADA), "judge overruled by ada: looks wrong"),
    (Reason(C.REQUEST_ACCEPTED, ADA | {"verb": "pause"}), "pause requested by ada: looks wrong"),
    (
        Reason(C.REQUEST_OVERRULED, {"actor": "bob", "verb": "promote"}, Reason(C.OPERATOR_PAUSE, ADA)),
        "promote requested by bob is not carried out (paused by ada: looks wrong)",
    ),
    (Reason(C.OPERATOR_PAUSE, ADA), "paused by ada: looks wrong"),
    (Reason(C.OPERATOR_RESUME, ADA), "resumed by ada: looks wrong"),
    (Reason(C.OPERATOR_ROLLBACK, ADA), "rolled back by ada: looks wrong"),
    (
        reason(C.REQUEST_TOO_LATE, verb="pause", actor="ada", phase="promoting"),
        "pause requested by ada came too late: the rollout is promoting",
    ),
    (
        reason(
            C.OBSERVATION_RESUMED,
            since="2026-11-20T12:00:00+00:00",
            limit_seconds=5400.0,
            message="telemetry gave no answer: 503",
        ),
        (
            "not everything was observed for 1 h 30 min since 2026-11-20 12:00 UTC: telemetry gave no answer: 503; "
            "deadlines do not count that time"
        ),
    ),
    (
        reason(C.DEADLINE_POSTPONED, deadline="rollout", limit_seconds=86400.0, deployment=GREEN),
        "the rollout deadline of 1 d passed, but green is certified, so it is not rolled back",
    ),
    (
        reason(C.DEADLINE_WITHHELD, NOTHING, deadline="step", limit_seconds=7200, deployment=BLUE, other=GREEN),
        (
            "the step deadline of 2 h passed, but churn-6 failed far more than in its past when it last had requests, "
            "so churn-7 keeps its traffic until it passes, churn-6 recovers, or you override the judge or roll back "
            "(last: no minute has been judged yet)"
        ),
    ),
    (
        reason(C.EVIDENCE_SUFFICIENT, reason(C.ALL_STEPS_PASSED)),
        "there is enough evidence now; resuming automatically: every step passed or was skipped",
    ),
    (
        reason(C.INCIDENT, deployment=BLUE, limit=0.0125),
        "incident: churn-6 fails more than 1.25% of its requests, far more than in its past",
    ),
    (
        reason(C.INCIDENT_SLOW, deployment=BLUE, limit=0.2, limit_milliseconds=425.2),
        "incident: churn-6 takes longer than 425 ms for more than 20% of its answers, far more than in its past",
    ),
    (
        reason(C.INCIDENT_UNREADABLE, deployment=BLUE, limit=0.25),
        (
            "incident: more than 25% of the answers of churn-6 cannot be read where the policy expects a prediction, "
            "far more than in its past"
        ),
    ),
    (
        reason(C.OVERLOAD, deployment=BLUE, limit=0.001),
        "incident: churn-6 is overloaded and answers more than 0.1% of its requests with 429 or 408",
    ),
    (
        reason(C.COMPARING_AGAIN, NOTHING, deployment=GREEN, weight=10),
        (
            "churn-7 looks harmful with all traffic, and blue has none to compare it with; back to 10%: "
            "no minute has been judged yet"
        ),
    ),
    (
        reason(C.COMPARISON_BROKEN_OFF, deployment=BLUE, other=GREEN),
        (
            "churn-6 fails more of its requests than churn-7, so all traffic goes back to churn-7, as before they "
            "were compared"
        ),
    ),
    (
        reason(C.BAKE_UNSEEN, deployment=GREEN),
        "churn-7 has all traffic, but telemetry does not show how it performs, so it is not promoted yet",
    ),
    (
        reason(C.SMOKE_UNREADABLE, deployment=GREEN, message="smoke/a.jsonl: no such file"),
        "churn-7 cannot be tested, because the policy's smoke files cannot be read: smoke/a.jsonl: no such file",
    ),
    (
        reason(C.SERVING_UNHEALTHY, deployment=BLUE),
        (
            "churn-6 serves and is not healthy: far more of its requests than is normal fail, are refused, take long "
            "or get answers that cannot be read; nothing is deleted in the meantime"
        ),
    ),
    (reason(C.SERVING_HEALTHY, deployment=BLUE), "churn-6 is healthy again"),
    (
        reason(C.SERVING_REPLACED, deployment=GREEN, model="azureml:fraud:3"),
        (
            "someone else replaced churn-7, which serves, by something else (azureml:fraud:3); nothing is deleted "
            "until that has been seen healthy"
        ),
    ),
    (
        reason(C.LEFTOVER_KEPT, deployment=GREEN, other=BLUE),
        "churn-7 is kept, because churn-6, which serves, is not healthy. Manual intervention required",
    ),
    (
        reason(C.LEFTOVER_KEPT, deployment=BLUE, other=GREEN, wanted_instances=9),
        (
            "churn-6 is kept, because churn-7, which serves, is not healthy. Manual intervention required. It was "
            "scaled down from 9 instances, and any autoscale settings of it are disabled: restore both before it serves"
        ),
    ),
    (
        reason(C.LEFTOVER_UNCHECKED, deployment=GREEN, other=BLUE),
        ("churn-7 is kept, because it is not known whether churn-6, which serves, works. Manual intervention required"),
    ),
    (reason(C.HELD, FREEZE), "on hold: freeze window: weekend"),
    (reason(C.RELEASED, FREEZE), "hold lifted (freeze window: weekend)"),
    (FREEZE, "freeze window: weekend"),
    (
        Reason(C.RELEASED, {"actor": "bob", "comment": "it is over"}, Reason(C.HALTED, ADA)),
        "hold lifted by bob: it is over (all rollouts halted by ada: looks wrong)",
    ),
    (Reason(C.HALTED, ADA), "all rollouts halted by ada: looks wrong"),
    (Reason(C.HALT_UNKNOWN), "whether all rollouts are halted could not be read"),
    (reason(C.NOTHING_TO_ROLL_BACK), "nothing had been changed on the endpoint"),
    (reason(C.TRAFFIC_RETURNED, deployment=GREEN, other=BLUE), "churn-7 has no live traffic; churn-6 serves"),
    (
        reason(C.BLUE_UNHEALTHY, reason(C.GREEN_LOST, deployment=GREEN), deployment=BLUE, observed_traffic={}),
        (
            "churn-6 is unhealthy, so traffic is not returned to it; live traffic now: no deployment. "
            "Manual intervention required. The rollback was for: churn-7 failed or was deleted"
        ),
    ),
    (
        reason(C.BLUE_GONE, reason(C.GREEN_LOST, deployment=GREEN), deployment=BLUE, observed_traffic={GREEN: 100}),
        (
            "churn-6 is gone, so traffic cannot return to it; live traffic now: churn-7 100%. "
            "Manual intervention required. The rollback was for: churn-7 failed or was deleted"
        ),
    ),
    (
        reason(C.NOTHING_TO_RETURN_TO, reason(C.GREEN_LOST, deployment=GREEN), deployment=GREEN),
        (
            "churn-7 keeps all live traffic, because nothing served before it that traffic could return to. "
            "Manual intervention required. The rollback was for: churn-7 failed or was deleted"
        ),
    ),
    (
        reason(
            C.BLUE_FAILED_IN_AZURE,
            reason(C.GREEN_LOST, deployment=GREEN),
            deployment=BLUE,
            state="Failed",
            observed_traffic=SPLIT,
        ),
        (
            "Azure calls churn-6 Failed and gives it no more traffic until it is repaired, so the traffic stays "
            "as it is: churn-6 90%, churn-7 10%. Manual intervention required. "
            "The rollback was for: churn-7 failed or was deleted"
        ),
    ),
    (
        reason(C.BLUE_KEPT, deployment=BLUE, until="2026-11-20T14:30:00+00:00", instances=1),
        "keeping churn-6 until 2026-11-20 14:30 UTC, scaled down to 1 instance",
    ),
    (
        reason(C.BLUE_RESIZED, deployment=BLUE, instances=3),
        "churn-6 now has 3 instances, which Teal did not order: it keeps them until it is deleted",
    ),
    (reason(C.BLUE_KEPT_IN_USE, deployment=BLUE), "keeping churn-6: it was given live traffic"),
    (
        reason(C.BLUE_KEPT_IN_USE, deployment=BLUE, wanted_instances=4),
        (
            "keeping churn-6: it was given live traffic. It was scaled down from 4 instances, and any autoscale "
            "settings of it may still be disabled: restore both"
        ),
    ),
    (
        reason(C.AUTOSCALE_NOT_SUSPENDED, deployment=BLUE, message="AuthorizationFailed"),
        "Azure refused to disable the autoscale settings of churn-6: AuthorizationFailed; it keeps its instances",
    ),
    (
        reason(C.AUTOSCALE_LEFT_SUSPENDED, deployment=BLUE, message="AuthorizationFailed"),
        (
            "the autoscale settings of churn-6, which were disabled while it was kept, could not be enabled again: "
            "enable them manually (Azure: AuthorizationFailed)"
        ),
    ),
    (
        reason(C.BLUE_KEPT_GREEN_UNHEALTHY, deployment=BLUE, other=GREEN),
        (
            "keeping churn-6: churn-7 serves and the deployment that should serve is unhealthy. "
            "Manual intervention required"
        ),
    ),
    (
        reason(C.BLUE_HANDED_OVER, deployment=BLUE, until="2026-11-20T14:30:00+00:00", model="churn:8"),
        "churn:8 begins; churn-6 is kept until 2026-11-20 14:30 UTC, or until churn:8 is promoted",
    ),
    (
        reason(C.BLUE_RELEASED_EARLY, deployment=BLUE, deployments=20),
        "the endpoint has 20 deployments, as many as Azure allows, so churn-6 is deleted now",
    ),
    (reason(C.LEFTOVER_DELETED, deployment=GREEN), "churn-7 was deleted; cleanup is complete"),
    (
        reason(C.LEFTOVER_GONE, deployment=GREEN),
        "churn-7 is not there, and Teal did not delete it; cleanup is complete",
    ),
    (
        reason(C.LEFTOVER_MIRRORED, deployment=BLUE, observed_mirror=10),
        (
            "churn-6 is kept and still incurs cost, because someone mirrors 10% of the requests to it: "
            "end the mirror and delete it manually"
        ),
    ),
    (
        reason(C.LEFTOVER_MIRROR_NOT_ENDED, deployment=GREEN, observed_mirror=10, message="ScopeLocked"),
        (
            "churn-7 still gets Teal's mirror of 10% of the requests, because Azure has not ended it (ScopeLocked): "
            "Teal orders that every minute, and finishes the cleanup afterwards"
        ),
    ),
    (
        reason(C.TRAFFIC_LEFT_AFTER_PROMOTION, deployment=GREEN, observed_traffic={"hotfix": 100}),
        "someone else set the traffic to hotfix 100% after churn-7 was promoted; it stays like that",
    ),
    (
        reason(C.LEFTOVER_NOT_DELETED, deployment=GREEN, message="Locked"),
        "churn-7 could not be deleted and still incurs cost: delete it manually (Azure: Locked)",
    ),
    (
        reason(C.ORPHAN_FOUND, deployment=GREEN, mirror=20, until="2026-11-21T05:00:00+00:00"),
        (
            "churn-7 is still deployed although the rollout has ended, with a mirror of 20%; it costs as much as one "
            "that serves. It is removed after 2026-11-21 05:00 UTC unless someone uses or changes it"
        ),
    ),
    (
        reason(C.ORPHAN_MIRROR_ENDED, deployment=GREEN, mirror=20),
        "ending the mirror of 20% to churn-7, which the rollout left on",
    ),
    (
        reason(C.ORPHAN_REMOVED, deployment=GREEN),
        "deleting churn-7, which the rollout left behind and nobody has used or changed since",
    ),
    (
        reason(C.BLUE_LEFT_SCALED_DOWN, deployment=BLUE, instances=1, wanted_instances=4),
        "churn-6 has 1 of 4 instances and could not be scaled up: scale it to 4 manually",
    ),
]


@pytest.mark.parametrize(("why", "text"), ROWS, ids=[why.code.value for why, _ in ROWS])
def test_a_reason_becomes_a_sentence(why: Reason, text: str) -> None:
    """The code and its facts give the sentence."""
    assert sentence(why) == text


def test_every_code_has_a_row() -> None:
    """Every code has a template, a meaning and a row above."""
    assert {why.code for why, _ in ROWS} == set(ReasonCode) == set(REASONS)
    assert all(row.meaning.endswith(".") for row in REASONS.values())


def test_every_cause_of_a_verdict_is_a_code() -> None:
    """A verdict's cause is the code of the resulting reason."""
    assert {cause.value for cause in Cause} <= {code.value for code in ReasonCode}


def test_templates_name_existing_facts() -> None:
    """A placeholder that is not a fact would always be `unknown`."""
    known = {*Facts.__annotations__, "because"}
    assert not {mark for row in REASONS.values() for mark in marks(row.template)} - known


@pytest.mark.parametrize("why", [why for why, _ in ROWS], ids=[why.code.value for why, _ in ROWS])
def test_a_missing_fact_never_stops_a_sentence(why: Reason) -> None:
    """A record from another version, or with a bug of ours, still gives a readable sentence."""
    assert isinstance(sentence(replace(why, facts={}, because=None)), str)
