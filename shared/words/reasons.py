"""The meaning of each reason code, and the sentence that it and its facts become: one row per code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.core.rollout.reasons import Reason, ReasonCode
from shared.core.wording import odds, time
from shared.words.gates import measurement
from shared.words.numbers import duration, moment, percent, traffic
from shared.words.template import fill, marks

MANUAL = "Manual intervention required"
SMALL = (
    "[. It was scaled down from {wanted_instances|instance}, and any autoscale settings of it are disabled: restore "
    "both before it serves]"
)
WORSE = "odds {log_odds_worse} that green is worse"


class Row(NamedTuple):
    """One code: the template of its sentence, and when the code is used."""

    template: str
    meaning: str


REASONS: Mapping[ReasonCode, Row] = {
    ReasonCode.ROLLOUT_STARTED: Row(
        "{model} was registered", "A model version that a policy applies to was registered."
    ),
    ReasonCode.ROLLOUT_REQUESTED: Row("started by {actor}: {comment}", "An operator started the rollout."),
    ReasonCode.MISSED_VERSION_STARTED: Row(
        "{model} was registered at {since} and had no rollout",
        "The daily comparison found a version whose event was lost, and the policy says `missed_versions: start`.",
    ),
    ReasonCode.ROLLOUT_SIMULATED: Row("simulated", "The rollout exists in a simulation only."),
    ReasonCode.EVENT_NOT_RELEVANT: Row("not a model registration: {message}", "An event of another type was ignored."),
    ReasonCode.EVENT_UNREADABLE: Row(
        "the event cannot be used: {message}", "An event lacked something that a rollout needs."
    ),
    ReasonCode.OTHER_WORKSPACE: Row(
        "the event is from another workspace: {workspace}", "An event of another workspace was ignored."
    ),
    ReasonCode.MODEL_NOT_REGISTERED: Row(
        "{model} is not registered in the workspace", "The model version was deleted, or never existed."
    ),
    ReasonCode.MODEL_ARCHIVED: Row(
        "{model} is archived", "Someone archived the version before its rollout began; an operator can still start it."
    ),
    ReasonCode.MODEL_TAGS_UNAVAILABLE: Row(
        "the tags of {model} cannot be read: {message}", "Without its tags no policy can be chosen."
    ),
    ReasonCode.NO_POLICY: Row("no policy applies to {model}: {message}", "No policy selects this model version."),
    ReasonCode.POLICY_INVALID: Row("{message}", "A policy file that may apply to this model version is not valid."),
    ReasonCode.DUPLICATE: Row("{model} already has a rollout", "The same event or version was received again."),
    ReasonCode.OLDER_VERSION: Row(
        "a newer version than {model} was already admitted", "An older version never replaces a newer one."
    ),
    ReasonCode.WAITING_FOR_ENDPOINT: Row(
        "{because}; waiting for the rollout of {model} to end", "Another rollout is open on the endpoint."
    ),
    ReasonCode.ENDPOINT_FREE: Row("the endpoint is free", "The previous rollout ended."),
    ReasonCode.SUPERSEDED: Row(
        "superseded by {model}: {because}", "A newer version, or one that an operator started, is waiting instead."
    ),
    ReasonCode.REPLACED_BY_NEWER_VERSION: Row(
        "{model} replaces this rollout: {because}",
        "The policy says `newer_version: replace`, and a newer version was registered or an operator started another.",
    ),
    ReasonCode.NOT_REPLACED_AGAIN: Row(
        "{model} waits although the policy says `replace`: {replaced|rollout} in a row were replaced and none was "
        "promoted, so this one is allowed to finish; new versions are registered or started faster than a rollout "
        "can finish",
        "If every rollout were replaced, no version would ever be promoted.",
    ),
    ReasonCode.ALREADY_SERVING: Row("{deployment} already serves {model}", "There is nothing to roll out."),
    ReasonCode.ALREADY_DEPLOYED: Row(
        "{deployment} of {model} is deployed already (state {state}), so there is nothing to roll out",
        "Someone deployed this version manually, or an earlier rollout kept it; Teal never deploys it twice.",
    ),
    ReasonCode.WAITING_FOR_DEPLOYMENT: Row(
        "waiting until {until} for the first deployment: {because}",
        "A model may be registered before its endpoint and first deployment exist.",
    ),
    ReasonCode.BLUE_CHOSEN_ANEW: Row(
        "{other} now has all live traffic, so {deployment} is compared with it",
        "Someone gave all live traffic to another deployment before green got any.",
    ),
    ReasonCode.BLUE_BROKEN_AT_START: Row(
        "{deployment} has all live traffic and is in state {state}, so nothing was started. Repair it, or start the "
        "rollout of a fix manually",
        "A rollout does not begin next to a broken deployment unless an operator starts it.",
    ),
    ReasonCode.BLUE_FAILING_AT_START: Row(
        "{deployment} has all live traffic, and {failed} of its last {requests|request} failed, so nothing was "
        "started. Repair it, or start the rollout of a fix manually",
        "A rollout does not begin next to a deployment that fails most requests, unless an operator starts it or the "
        "policy says `failing_blue: replace`.",
    ),
    ReasonCode.WAITING_FOR_BLUE: Row(
        "waiting until {until} for the serving deployment to recover: {because}",
        "Nothing has been created yet. If the deployment does not recover, the rollout ends as failed.",
    ),
    ReasonCode.ENDPOINT_MISSING: Row("the endpoint does not exist", "Azure has no such endpoint."),
    ReasonCode.ENDPOINT_UNHEALTHY: Row(
        "the endpoint is in state {state} and serves nothing. " + MANUAL, "The endpoint itself failed."
    ),
    ReasonCode.ENDPOINT_UNREADABLE: Row("the endpoint cannot be read: {message}", "Azure did not return the endpoint."),
    ReasonCode.MIRROR_UNSUPPORTED: Row(
        "the policy mirrors traffic, which Kubernetes online endpoints do not support",
        "This kind of endpoint does not support one of the policy's steps.",
    ),
    ReasonCode.QUOTA_INSUFFICIENT: Row(
        "green needs {cores|core} of quota ({instances|instance} of {instance_type}, and 20% more that Azure "
        "reserves for upgrades), and {family} has {cores_left} left, so nothing was started. Request more, or use "
        "fewer or smaller instances",
        "Azure would refuse to create green. An operator who starts the rollout skips this check.",
    ),
    ReasonCode.WAITING_FOR_QUOTA: Row(
        "waiting until {until} for quota: {because}",
        "Nothing has been created yet. Quota becomes free when other deployments are deleted, such as the last blue.",
    ),
    ReasonCode.MIRROR_IN_USE: Row(
        "the policy mirrors traffic, but {deployment} already gets a mirror of {mirror}, and Azure mirrors to one "
        "deployment only. End that mirror, or use a policy without one",
        "Nothing was created: a mirror that somebody else set is not replaced.",
    ),
    ReasonCode.DEPLOYMENT_NAME_TAKEN: Row(
        "a deployment named {deployment} already exists[ with another model ({model})][ and is {state}]. " + MANUAL,
        "Green's name is in use. Teal neither uses nor deletes what it did not make.",
    ),
    ReasonCode.TRAFFIC_ALREADY_SPLIT: Row(
        "one deployment must have all live traffic before a rollout starts, but it is split: {observed_traffic}",
        "It is not clear which deployment is blue.",
    ),
    ReasonCode.ENDPOINT_FULL: Row(
        "the endpoint has {deployments|deployment}, the most that Azure allows; delete one[ without traffic: {others}]",
        "Nothing was created: the endpoint has no room for green.",
    ),
    ReasonCode.NO_DEPLOYMENT_TO_COPY: Row(
        "no deployment serves, and `from: live` needs exactly one deployment to copy[ (found {others})]; "
        "use a template instead",
        "The first deployment of an endpoint needs a template.",
    ),
    ReasonCode.GREEN_FOUND: Row(
        "rolling out {deployment}[ next to {other}], which is already deployed; this rollout does not delete it",
        "An operator started a version that was already deployed without traffic.",
    ),
    ReasonCode.CREATING_GREEN: Row(
        "creating {deployment} next to {other}, without traffic[; the quota was not checked: {message}]",
        "Blue is known, and green is being created.",
    ),
    ReasonCode.CREATING_FIRST_DEPLOYMENT: Row(
        "no deployment has live traffic; creating {deployment} as the first[; the quota was not checked: {message}]",
        "There is no blue.",
    ),
    ReasonCode.GREEN_READY: Row("{deployment} is ready[ next to {other}]", "Azure reports that green is ready."),
    ReasonCode.GREEN_UNDERSIZED: Row(
        "{deployment} has {instances|instance}, and {weight} of what {other} serves needs {wanted_instances}: it may "
        "be overloaded; scale it, or set `instance_count: proportional`",
        "Green has fewer instances than its share of the traffic needs, judging by the deployment that serves.",
    ),
    ReasonCode.PROVISIONING_FAILED: Row(
        "{deployment} did not become ready: Azure reports {state}", "Azure could not create green."
    ),
    ReasonCode.SMOKE_PASSED: Row(
        "smoke test passed: {requests|request} answered as expected", "Green answered every smoke request."
    ),
    ReasonCode.SMOKE_FAILED: Row(
        "smoke test failed: {failed} of {requests|request} not answered as expected[; {examples}]",
        "Green answered a smoke request wrongly, or none was sent.",
    ),
    ReasonCode.MIRROR_REQUESTED: Row(
        "mirroring {mirror} of the live traffic to {deployment}[, instead of to {others}][; not judged: {unjudged}]",
        "A mirror step began.",
    ),
    ReasonCode.MIRROR_OBSERVED: Row(
        "{mirror} of the live traffic is mirrored to {deployment}", "Azure shows the mirror in force."
    ),
    ReasonCode.WEIGHT_REQUESTED: Row(
        "shifting {weight} of the live traffic to {deployment}[; not judged: {unjudged}]",
        "A new weight was requested from Azure.",
    ),
    ReasonCode.WEIGHT_OBSERVED: Row(
        "{deployment} receives {weight} of the live traffic", "Azure shows the weight in force."
    ),
    ReasonCode.STEP_SKIPPED: Row(
        "skipped: no other deployment serves, so there is no traffic to share",
        "Steps that share traffic do not apply to a first deployment.",
    ),
    ReasonCode.STEP_UNCERTIFIED: Row(
        "advancing without a certificate after {limit_seconds}[; the judge is overruled by {actor}]",
        "Patience ran out, and the policy says `advance` or an operator has overruled the judge.",
    ),
    ReasonCode.PAUSE_STARTED: Row(
        "paused by the policy[ for {limit_seconds}]; resume or promote to continue", "A pause step began."
    ),
    ReasonCode.PAUSE_ENDED: Row("the pause of {limit_seconds} is over", "A timed pause step ended."),
    ReasonCode.EVIDENCE_INSUFFICIENT: Row(
        "not enough evidence within {limit_seconds}",
        "Patience ran out, and the policy says `pause`. The rollout resumes automatically once green passes.",
    ),
    ReasonCode.EVIDENCE_SUFFICIENT: Row(
        "there is enough evidence now; resuming automatically",
        "A rollout that was paused for lack of evidence has enough now.",
    ),
    ReasonCode.ALL_STEPS_PASSED: Row("every step passed or was skipped", "Green may get all traffic."),
    ReasonCode.FIRST_DEPLOYMENT_PROMOTED: Row(
        "{deployment} is the first deployment that serves, with nothing to compare it with",
        "A first deployment was promoted.",
    ),
    ReasonCode.PROMOTED_UNCERTIFIED: Row(
        "promoted after {limit_seconds} without a passing verdict", "Patience ran out at 100% without a sign of harm."
    ),
    ReasonCode.REGRESSION_DETECTED: Row(
        "[{measured}; ]" + WORSE + " (rolls back at {log_odds_worse_threshold})",
        "The judge is convinced that green is worse.",
    ),
    ReasonCode.NO_REQUESTS: Row("green has received no requests yet", "There is no evidence about green yet."),
    ReasonCode.GREEN_STARVED: Row(
        "blue receives requests and green none of its share; check the endpoint's traffic, and whether callers "
        "address a deployment by name or reuse connections",
        "Green should receive requests but does not.",
    ),
    ReasonCode.TOO_FEW_MINUTES: Row(
        "[{measured}; ]{settled_minutes} of {required_minutes|settled minute} at this weight; " + WORSE,
        "Green has not been at this weight for the minimum time.",
    ),
    ReasonCode.SUSPICIOUS: Row(
        "[{measured}; ]" + WORSE + ", too suspicious to advance (limit {log_odds_worse_threshold})",
        "Harm is not proven, but too likely to advance.",
    ),
    ReasonCode.GREEN_UNHEARD: Row(
        "the gate {gate} counts none of green's outcomes, although green answers requests; check that green "
        "collects its responses, as blue does, or that the query counts it",
        "Green cannot pass a gate by giving it nothing to count.",
    ),
    ReasonCode.GATE_WITHOUT_DATA: Row(
        "the gate {gate} counts nothing of requests that were answered: its data arrives later than the lag, or not at "
        "all[ ({message})]",
        "No gate is passed while its data is late or lost.",
    ),
    ReasonCode.NO_REGRESSION_SEEN: Row(
        "[{measured}; ]watched for {settled_minutes|minute} without a sign of regression",
        "No certificate is needed, and green was watched for long enough.",
    ),
    ReasonCode.NOT_CERTIFIED: Row(
        "[{measured}; ]not certified yet[: odds {log_odds_safe} that {next_weight} stays within the harm budget "
        "(advances at {log_odds_safe_threshold})][, in about {minutes_left|minute} at this rate]",
        "Evidence is still being gathered.",
    ),
    ReasonCode.GATE_NOT_JUDGED: Row(
        "a gate must be certified before {next_weight}, but is not judged: {unjudged}",
        "A step needs a gate that has no evidence.",
    ),
    ReasonCode.STEP_PASSED: Row(
        "[{measured}; ]certified[: odds {log_odds_safe} that {next_weight} stays within the harm budget "
        "(advances at {log_odds_safe_threshold})]",
        "The next step is certified.",
    ),
    ReasonCode.NOTHING_JUDGED: Row("no minute has been judged yet", "There is no evidence at all."),
    ReasonCode.GATES_NOT_CALIBRATED: Row("not judged: {unjudged}", "Gates are waiting for blue's past."),
    ReasonCode.TELEMETRY_UNAVAILABLE: Row("telemetry is unavailable: {message}", "A source gave no answer."),
    ReasonCode.TELEMETRY_REFUSED: Row(
        "telemetry may not be read: {message}[; check that Teal's identity has the role {role}]",
        "A source refused to answer; usually a role is missing.",
    ),
    ReasonCode.TELEMETRY_UNPROVEN: Row(
        "{deployment} gets no traffic until telemetry shows this endpoint's requests: {because}",
        "The smoke step waits until the telemetry path of this endpoint is proven; it then continues automatically.",
    ),
    ReasonCode.TELEMETRY_PROVEN: Row(
        "telemetry shows this endpoint's requests", "The wait for the telemetry path is over."
    ),
    ReasonCode.DIAGNOSTIC_SETTING_MISSING: Row(
        "the endpoint has no diagnostic setting; add one that sends AmlOnlineEndpointTrafficLog to Teal's Log "
        "Analytics workspace (see docs/deploying.md)",
        "Nothing sends the endpoint's request log anywhere.",
    ),
    ReasonCode.DIAGNOSTIC_SETTING_UNREADABLE: Row(
        "Teal cannot read the endpoint's diagnostic settings, so it cannot tell whether requests are logged: "
        "{message}; give Teal's role on the workspace the operation Microsoft.Insights/diagnosticSettings/read (see "
        "docs/permissions.md)",
        "Telemetry shows no request yet, and Azure refuses to say where the request log goes.",
    ),
    ReasonCode.REQUEST_LOG_OFF: Row(
        "no diagnostic setting of the endpoint sends AmlOnlineEndpointTrafficLog; enable that category[ in {message}]",
        "The endpoint has diagnostic settings, but not for its request log.",
    ),
    ReasonCode.LOGGED_ELSEWHERE: Row(
        "the endpoint's request log goes to a Log Analytics workspace other than TEAL_LOGS_WORKSPACE_ID[: "
        "{message}]; send it to Teal's workspace as well, or set TEAL_LOGS_WORKSPACE_ID to the one that gets it",
        "Teal reads a workspace that the endpoint does not log to.",
    ),
    ReasonCode.LOG_TABLE_MISSING: Row(
        "the Log Analytics workspace has no request log yet; a new diagnostic setting can take an hour[ ({message})]",
        "No endpoint has ever logged a request to the workspace.",
    ),
    ReasonCode.REQUESTS_NOT_LOGGED: Row(
        "telemetry shows no request after {limit_seconds}, not even those of the smoke test; check the endpoint's "
        "diagnostic setting[ (which Teal cannot read: {message})], the telemetry source in the policy and its lag",
        "The source responds, but has no data for this endpoint.",
    ),
    ReasonCode.TELEMETRY_LATE: Row(
        "telemetry arrives later than the configured lag of {limit_seconds}: this rollout now waits {delay_seconds}, "
        "and judges again what it can read again; raise `telemetry.lag` in the policy",
        "Rows arrived late: for minutes already judged, for minutes that looked good after the end, or so late that "
        "the log seemed to have stopped.",
    ),
    ReasonCode.BLUE_NOT_LOGGED: Row(
        "telemetry shows requests to {other} but none to {deployment} in the same minutes; those minutes do not count "
        "as evidence",
        "One deployment's rows are missing, even after waiting for them.",
    ),
    ReasonCode.GREEN_RECEIVES_TRAFFIC: Row("{deployment} receives traffic again", "Green receives requests again."),
    ReasonCode.TRAFFIC_MISMATCH: Row(
        "{deployment} received {observed_share} of the last {requests|live request} although its weight is {weight}"
        "[ ({expected_share} on average)]; check whether callers address a deployment by name or keep connections open",
        "Green's share of the requests does not match its weight. Its answers are not at fault, but its callers may "
        "differ from blue's. The policy says whether this holds the rollout.",
    ),
    ReasonCode.TRAFFIC_AS_WEIGHTED: Row(
        "{deployment} receives a share of the requests that matches its weight", "The mismatch ended."
    ),
    ReasonCode.DEADLINE_EXCEEDED: Row(
        "the {deadline} deadline of {limit_seconds} passed[ (last: {because})]", "One of the policy's deadlines passed."
    ),
    ReasonCode.GREEN_LOST: Row("{deployment} failed or was deleted", "Green is no longer there."),
    ReasonCode.GREEN_FAILS_ALONE: Row(
        "{deployment} fails more than {limit} of its requests, far more than blue did, and someone else left blue "
        "without traffic, so there is nothing to compare it with: give blue some traffic, or roll back",
        "Traffic was edited outside Teal so that green cannot be judged, and green fails.",
    ),
    ReasonCode.GREEN_FAILS_UNCOMPARED: Row(
        "{deployment} fails more than {limit} of its requests, far more than blue did, and telemetry shows none of "
        "{other}'s requests to compare them with; a rollback needs {other} to pass the smoke test",
        "Green fails, and blue's rows are missing.",
    ),
    ReasonCode.GREEN_REPLACED: Row(
        "someone else has deployed something else under the name {deployment}[ ({model})]; it was never tested",
        "Green is no longer what the rollout created.",
    ),
    ReasonCode.BLUE_REPLACED: Row(
        "someone else replaced {deployment}, which green is compared with, by something else ({model}); resume to "
        "compare green with that, or roll back",
        "Blue was changed outside Teal, so the rollout is paused.",
    ),
    ReasonCode.BLUE_LOST: Row(
        "{deployment}, which served, failed or was deleted[; live traffic now: {observed_traffic}]. "
        + MANUAL
        + "[: promote all the way to {other}, or repair the old deployment and then resume or roll back]",
        "Blue is no longer there.",
    ),
    ReasonCode.ACTION_REFUSED: Row(
        "Azure refused to {action}[ ({deployment})]: {message}[; {other} serves now]",
        "Azure refused an action permanently.",
    ),
    ReasonCode.AUTOSCALE_NOT_COPIED: Row(
        "Azure refused to copy the autoscale settings to {deployment}: {message}; continuing without them",
        "Green has no autoscale settings.",
    ),
    ReasonCode.AUTOSCALE_NOT_SUSPENDED: Row(
        "Azure refused to disable the autoscale settings of {deployment}: {message}; it keeps its instances",
        "A kept blue is not scaled down, because its autoscaler would undo that.",
    ),
    ReasonCode.AUTOSCALE_LEFT_SUSPENDED: Row(
        "the autoscale settings of {deployment}, which were disabled while it was kept, could not be enabled again: "
        "enable them manually[ (Azure: {message})]",
        "Blue serves again without autoscaling.",
    ),
    ReasonCode.BLUE_NOT_SCALED_UP: Row(
        "Azure refused to scale {deployment} back up: {message}; it takes its traffic back with the instances it has",
        "Blue serves again, but with fewer instances.",
    ),
    ReasonCode.TRAFFIC_CHANGED_EXTERNALLY: Row(
        "someone else set the traffic to {observed_traffic} (expected {expected_traffic}); resume to restore it, "
        "or roll back[ (on hold: {because})]",
        "Traffic was edited outside Teal, so the rollout is paused.",
    ),
    ReasonCode.MIRROR_CHANGED_EXTERNALLY: Row(
        "someone else changed the mirror to {deployment} from {mirror} to {observed_mirror}; resume to restore it, or "
        "roll back",
        "The mirror was edited outside Teal, so the rollout is paused.",
    ),
    ReasonCode.TRAFFIC_TAKEN_BACK: Row(
        "someone else took all live traffic from {deployment}; live traffic now: {observed_traffic}",
        "Traffic was moved off green outside Teal, which counts as a request to roll back.",
    ),
    ReasonCode.TRAFFIC_LEFT_AS_FOUND: Row(
        "someone else set the traffic to {observed_traffic}; the rollback only removes the share of {deployment}",
        "A rollback found a split that Teal did not set, so it changes only green's share.",
    ),
    ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION: Row(
        "someone else set the traffic to {observed_traffic} after {deployment} was promoted; it stays like that",
        "Teal is done with the traffic, so it changes nothing. Blue is not deleted while it has some.",
    ),
    ReasonCode.BLUE_MIRROR_ENDED: Row(
        "someone else mirrors {observed_mirror} of the requests to {deployment}; that mirror ends first, because Azure "
        "allows no deployment both live and mirrored traffic",
        "A rollback ends a mirror to blue, so that blue can get its traffic back.",
    ),
    ReasonCode.REQUEST_ACCEPTED: Row(
        "{verb} requested by {actor}: {comment}[; skips {skipped}]", "A request was accepted and will be carried out."
    ),
    ReasonCode.REQUEST_OVERRULED: Row(
        "{verb} requested by {actor} is not carried out ({because})",
        "Something safer took precedence over an accepted request.",
    ),
    ReasonCode.OPERATOR_PROMOTE: Row(
        "promoted to the next step by {actor}: {comment}", "An operator ended the current step."
    ),
    ReasonCode.OPERATOR_PROMOTE_FULL: Row(
        "promoted all the way by {actor}: {comment}[; skips {skipped}]", "An operator skipped the remaining steps."
    ),
    ReasonCode.OPERATOR_OVERRIDE: Row(
        "judge overruled by {actor}: {comment}",
        "An operator decided that this rollout continues, whatever the judge finds.",
    ),
    ReasonCode.OPERATOR_PAUSE: Row("paused by {actor}: {comment}", "An operator paused."),
    ReasonCode.OPERATOR_RESUME: Row("resumed by {actor}: {comment}", "An operator resumed."),
    ReasonCode.OPERATOR_ROLLBACK: Row("rolled back by {actor}: {comment}", "An operator rolled back."),
    ReasonCode.OPERATOR_REQUEST: Row(
        "{verb} by {actor}: {comment}", "An operator requested an action that has no code of its own."
    ),
    ReasonCode.REQUEST_TOO_LATE: Row(
        "{verb} requested by {actor} came too late: the rollout is {phase}[; {because}]", "A request no longer applied."
    ),
    ReasonCode.OBSERVATION_RESUMED: Row(
        "not everything was observed for {limit_seconds} since {since}[: {message}]; deadlines do not count that time",
        "Teal did not run, or could not read the endpoint or telemetry, for some time.",
    ),
    ReasonCode.DEADLINE_POSTPONED: Row(
        "the {deadline} deadline of {limit_seconds} passed, but green is certified, so it is not rolled back",
        "A deadline never rolls back a green that has passed. It is extended by its own length.",
    ),
    ReasonCode.ROLLBACK_WITHHELD: Row(
        "{other} looks harmful, but {deployment} failed more than {limit} of its last requests, so {other} keeps its "
        "share until {deployment} is seen to have recovered, or you decide: {because}",
        "A rollback waits while users would fare worse with blue.",
    ),
    ReasonCode.DEADLINE_WITHHELD: Row(
        "the {deadline} deadline of {limit_seconds} passed, but {deployment} failed far more than in its past when it "
        "last had requests, so {other} keeps its traffic until it passes, {deployment} recovers, or you override the "
        "judge or roll back[ (last: {because})]",
        "A deadline never gives traffic to a blue that was seen failing, or overloaded.",
    ),
    ReasonCode.INCIDENT: Row(
        "incident: {deployment} fails more than {limit} of its requests, far more than in its past",
        "Blue fails as never before. Nothing advances until that is over, unless an operator overrides "
        "the judge or the policy says `failing_blue: replace`.",
    ),
    ReasonCode.INCIDENT_SLOW: Row(
        "incident: {deployment} takes longer than {limit_milliseconds} for more than {limit} of its answers, far more "
        "than in its past",
        "Blue is far slower than it ever was. Nothing advances until that is over, as in any incident.",
    ),
    ReasonCode.INCIDENT_UNREADABLE: Row(
        "incident: more than {limit} of the answers of {deployment} cannot be read where the policy expects a "
        "prediction, far more than in its past",
        "Predictions cannot be compared while neither deployment's can be read. Nothing advances until that is over.",
    ),
    ReasonCode.OVERLOAD: Row(
        "incident: {deployment} is overloaded and answers more than {limit} of its requests with 429 or 408",
        "There are more requests than the deployments can handle. Nothing advances until that is over.",
    ),
    ReasonCode.COMPARING_AGAIN: Row(
        "{deployment} looks harmful with all traffic, and blue has none to compare it with; back to {weight}",
        "Before rolling back, Teal checks whether blue would do any better. Outages recur, so this may happen again.",
    ),
    ReasonCode.COMPARISON_BROKEN_OFF: Row(
        "{deployment} fails more of its requests than {other}, so all traffic goes back to {other}, as before they "
        "were compared",
        "Green looked harmful with all traffic, but next to it blue turned out to be worse.",
    ),
    ReasonCode.BAKE_UNSEEN: Row(
        "{deployment} has all traffic, but telemetry does not show how it performs, so it is not promoted yet",
        "Telemetry is unavailable, or shows no requests, while green has all traffic. The bake waits for them.",
    ),
    ReasonCode.SMOKE_UNREADABLE: Row(
        "{deployment} cannot be tested, because the policy's smoke files cannot be read: {message}",
        "The rollout's own policy names a file that a newer package no longer has, or that is not valid there.",
    ),
    ReasonCode.SERVING_UNHEALTHY: Row(
        "{deployment} serves and is not healthy: far more of its requests than is normal fail, are refused, take long "
        "or get answers that cannot be read; nothing is deleted in the meantime",
        "After the rollout ended, the deployment that serves is not healthy. An operator should investigate.",
    ),
    ReasonCode.SERVING_REPLACED: Row(
        "someone else replaced {deployment}, which serves, by something else ({model}); nothing is deleted until that "
        "has been seen healthy",
        "After the rollout ended, the deployment that serves was replaced outside Teal.",
    ),
    ReasonCode.SERVING_HEALTHY: Row("{deployment} is healthy again", "The deployment that serves recovered."),
    ReasonCode.LEFTOVER_KEPT: Row(
        "{deployment} is kept, because {other}, which serves, is not healthy. " + MANUAL + SMALL,
        "A deployment that could replace a failing one is not deleted.",
    ),
    ReasonCode.LEFTOVER_UNCHECKED: Row(
        "{deployment} is kept, because it is not known whether {other}, which serves, works. " + MANUAL,
        "Neither the log nor the smoke requests showed for long enough that the serving deployment is healthy, so the "
        "other one stays.",
    ),
    ReasonCode.HELD: Row(
        "on hold: {because}", "Nothing advances for now, and no blue that is kept is scaled down or deleted."
    ),
    ReasonCode.RELEASED: Row("hold lifted[ by {actor}: {comment}] ({because})", "The hold is over."),
    ReasonCode.FREEZE_WINDOW: Row("freeze window: {window}", "The policy's freeze window is open."),
    ReasonCode.HALTED: Row("all rollouts halted by {actor}: {comment}", "An operator halted everything."),
    ReasonCode.HALT_UNKNOWN: Row(
        "whether all rollouts are halted could not be read",
        "Teal cannot read from its storage whether there is a halt, so nothing advances.",
    ),
    ReasonCode.NOTHING_TO_ROLL_BACK: Row(
        "nothing had been changed on the endpoint", "There was nothing to undo, so the rollback ended immediately."
    ),
    ReasonCode.TRAFFIC_RETURNED: Row("{deployment} has no live traffic[; {other} serves]", "The rollback is done."),
    ReasonCode.BLUE_UNHEALTHY: Row(
        "{deployment} is unhealthy, so traffic is not returned to it; live traffic now: {observed_traffic}. "
        + MANUAL
        + "[. The rollback was for: {because}]",
        "There is no healthy deployment to roll back to.",
    ),
    ReasonCode.BLUE_GONE: Row(
        "{deployment} is gone, so traffic cannot return to it; live traffic now: {observed_traffic}. "
        + MANUAL
        + "[. The rollback was for: {because}]",
        "Blue was deleted, so there is no deployment to roll back to.",
    ),
    ReasonCode.NOTHING_TO_RETURN_TO: Row(
        "{deployment} keeps all live traffic, because nothing served before it that traffic could return to. "
        + MANUAL
        + "[. The rollback was for: {because}]",
        "The endpoint's first deployment should be rolled back, but nothing else could answer.",
    ),
    ReasonCode.BLUE_FAILED_IN_AZURE: Row(
        "Azure calls {deployment} {state} and gives it no more traffic until it is repaired, so the traffic stays as "
        "it is: {observed_traffic}. " + MANUAL + "[. The rollback was for: {because}]",
        "Blue may well answer its requests, but Azure refuses to return green's share to it.",
    ),
    ReasonCode.BOTH_UNHEALTHY: Row(
        "neither {other} nor {deployment} is healthy, so the traffic stays as it is: {observed_traffic}. "
        + MANUAL
        + "[. The rollback was for: {because}]",
        "Green should be rolled back, and blue is no better. The deployment that serves keeps serving.",
    ),
    ReasonCode.BLUE_KEPT: Row(
        "keeping {deployment} until {until}, scaled down to {instances|instance}", "Blue is kept after promotion."
    ),
    ReasonCode.BLUE_RESIZED: Row(
        "{deployment} now has {instances|instance}, which Teal did not order: it keeps them until it is deleted",
        "An operator or an autoscaler gave more instances to a kept blue that had been scaled down.",
    ),
    ReasonCode.BLUE_KEPT_IN_USE: Row(
        "keeping {deployment}: it was given live traffic[. It was scaled down from {wanted_instances|instance}, and "
        "any autoscale settings of it may still be disabled: restore both]",
        "Blue is not deleted while it serves.",
    ),
    ReasonCode.BLUE_KEPT_GREEN_UNHEALTHY: Row(
        "keeping {deployment}: [{other} serves and ]the deployment that should serve is unhealthy. " + MANUAL + SMALL,
        "Blue is not deleted while nothing else is healthy.",
    ),
    ReasonCode.BLUE_KEPT_UNCHECKED: Row(
        "keeping {deployment}: the telemetry since green's first request could not be read again before deleting it"
        "[ ({message})]. " + MANUAL + SMALL,
        "Blue is not deleted until it is known whether late rows count against green.",
    ),
    ReasonCode.BLUE_KEPT_UNCOMPARED: Row(
        "keeping {deployment}: late rows show failures while green had all traffic, and not next to {deployment}"
        "[ ({because})]. " + MANUAL + SMALL,
        "Teal cannot tell whether blue would have done better: something that both depend on may have failed. So "
        "nothing is rolled back or deleted.",
    ),
    ReasonCode.BLUE_HANDED_OVER: Row(
        "{model} begins; {deployment} is kept until {until}, or until {model} is promoted",
        "The next rollout begins and takes over the deployment that is kept.",
    ),
    ReasonCode.BLUE_RELEASED_EARLY: Row(
        "the endpoint has {deployments} deployments, as many as Azure allows, so {deployment} is deleted now",
        "A kept deployment makes room for green.",
    ),
    ReasonCode.LEFTOVER_DELETED: Row("{deployment} was deleted; cleanup is complete", "Nothing is left over."),
    ReasonCode.LEFTOVER_GONE: Row(
        "{deployment} is not there, and Teal did not delete it; cleanup is complete",
        "Someone else deleted what Teal would have deleted later, or it was never created.",
    ),
    ReasonCode.LEFTOVER_IN_USE: Row(
        "{deployment} is left as it is, because it has live traffic: {observed_traffic}. " + MANUAL,
        "Someone gave green traffic after its rollback, or the rollout failed: what serves is not deleted.",
    ),
    ReasonCode.LEFTOVER_ONLY_ONE: Row(
        "{deployment} is kept, because nothing has live traffic and it may be the only deployment that works. "
        + MANUAL,
        "The old deployment is gone, so only an operator can say what should serve.",
    ),
    ReasonCode.LEFTOVER_REPLACED: Row(
        "{deployment} is left as it is, because someone else deployed what has that name",
        "What Teal did not create is not deleted.",
    ),
    ReasonCode.LEFTOVER_MIRRORED: Row(
        "{deployment} is kept and still incurs cost, because someone mirrors {observed_mirror} of the requests to it: "
        "end the mirror and delete it manually" + SMALL,
        "A deployment that someone else mirrors to is in use, although it has no live traffic.",
    ),
    ReasonCode.LEFTOVER_MIRROR_NOT_ENDED: Row(
        "{deployment} still gets Teal's mirror of {observed_mirror} of the requests, because Azure has not ended it"
        "[ ({message})]: Teal orders that every minute, and finishes the cleanup afterwards",
        "The mirror that Teal ordered could not be ended, so the cleanup waits.",
    ),
    ReasonCode.LEFTOVER_NOT_DELETED: Row(
        "{deployment} could not be deleted and still incurs cost: delete it manually[ (Azure: {message})]" + SMALL,
        "Cleanup failed.",
    ),
    ReasonCode.ORPHAN_FOUND: Row(
        "{deployment} is still deployed although the rollout has ended[, with a mirror of {mirror}]; it costs as much "
        "as one that serves[. It is removed after {until} unless someone uses or changes it]",
        "The nightly audit found what a rollout left behind.",
    ),
    ReasonCode.ORPHAN_MIRROR_ENDED: Row(
        "ending the mirror of {mirror} to {deployment}, which the rollout left on",
        "The policy says `orphans: remove`, and the mirror is Teal's.",
    ),
    ReasonCode.ORPHAN_REMOVED: Row(
        "deleting {deployment}, which the rollout left behind and nobody has used or changed since",
        "The policy says `orphans: remove`.",
    ),
    ReasonCode.BLUE_LEFT_SCALED_DOWN: Row(
        "{deployment} has {instances} of {wanted_instances|instance} and could not be scaled up: "
        "scale it to {wanted_instances} manually[ (Azure: {message})]",
        "Blue was scaled down while it was kept, and has fewer instances than it needs to serve.",
    ),
}


def sentence(reason: Reason) -> str:
    """Return a reason as a sentence, in lower case and without a full stop."""
    template, because = REASONS[reason.code].template, reason.because
    facts: dict[str, Any] = dict(reason.facts)
    if because is not None:
        facts["because"] = sentence(because)
    text = fill(template, facts, _spell)
    return f"{text}: {facts['because']}" if because is not None and "because" not in marks(template) else text


_SPELLED: Mapping[str, Callable[[Any], str]] = {
    "action": lambda kind: kind.replace("_", " "),
    "delay_seconds": duration,
    "examples": "; ".join,
    "expected_share": lambda share: percent(round(100 * share, 2)),
    "expected_traffic": traffic,
    "limit": lambda share: percent(round(100 * share, 2)),
    "limit_milliseconds": time,
    "limit_seconds": duration,
    "log_odds_safe": odds,
    "log_odds_safe_threshold": odds,
    "log_odds_worse": odds,
    "log_odds_worse_threshold": odds,
    "measured": measurement,
    "mirror": percent,
    "observed_mirror": percent,
    "next_weight": percent,
    "observed_share": lambda share: percent(round(100 * share, 2)),
    "observed_traffic": traffic,
    "others": ", ".join,
    "skipped": ", ".join,
    "unjudged": lambda gates: "; ".join(f"{gate} ({why})" for gate, why in gates.items()),
    "since": moment,
    "until": moment,
    "weight": percent,
}


def _spell(name: str, value: object) -> str:
    return _SPELLED.get(name, str)(value)
