"""What an operator does about each reason code, as Markdown for docs/runbook.md.

Every code is either here or in `NOTHING_TO_DO`; a test compares both with the list of codes.
"""

from __future__ import annotations

from shared.core.rollout.reasons import ReasonCode
from shared.words.reasons import REASONS

C = ReasonCode
# The commands are those that docs/runbook.md defines at its beginning.
LOGGED = (
    "Green keeps its weight, nothing is judged, and no deadline ends this: `act rollback` if users complain. "
    "Compare the endpoint's diagnostic setting (`az monitor diagnostic-settings list --resource <endpoint's id>`) "
    "with `TEAL_LOGS_WORKSPACE_ID`, and look for Teal's role *Log Analytics Data Reader* there. Once rows arrive, "
    "the minutes that were missed are judged and the rollout continues by itself."
)
FREE_QUOTA = (
    "Request more quota, or delete deployments (`az ml online-deployment delete`). If the usage is out of date, "
    "`start` the version: an operator's start skips the check."
)
REPAIR_BLUE = (
    "`az ml online-deployment get-logs` of the serving deployment, and repair it. If the new version is the fix, "
    "`start` it: then Teal begins next to the broken one."
)
DELETE = "`az ml online-deployment delete`"
TRAFFIC = "`az ml online-endpoint update --traffic`"

ACTIONS: dict[ReasonCode, str] = {
    C.EVENT_UNREADABLE: "Read the event in the traces. If a registration was lost, `start` the version.",
    C.MODEL_NOT_REGISTERED: "Register the version again if it should be rolled out.",
    C.MODEL_ARCHIVED: "If it should serve nevertheless, `start` it.",
    C.MODEL_TAGS_UNAVAILABLE: "Check Teal's role on the workspace, then `start` the version.",
    C.NO_POLICY: "If the model should have a policy, add one, deploy, and `start` the version.",
    C.POLICY_INVALID: "Correct the file (`teal policy check`), deploy, and `start` the version.",
    C.OLDER_VERSION: "If the older version is really wanted, `start` it.",
    C.NOT_REPLACED_AGAIN: "Register or start versions less often, shorten the steps, or use `newer_version: wait`.",
    C.BLUE_BROKEN_AT_START: REPAIR_BLUE,
    C.BLUE_FAILING_AT_START: REPAIR_BLUE,
    C.ENDPOINT_MISSING: (
        "Create the endpoint, or let the policy create it (`endpoint.create`); then `start` the version."
    ),
    C.ENDPOINT_UNHEALTHY: "Repair or recreate the endpoint in Azure ML, then `start` the version.",
    C.ENDPOINT_UNREADABLE: (
        "Read `message`. With 401 or 403, check Teal's role on the workspace; otherwise Azure's status. Azure "
        "serves with the split that it has, and Teal cannot change it, not even to roll back: if green must go, "
        f"{TRAFFIC}."
    ),
    C.MIRROR_UNSUPPORTED: "Remove the mirror step from the policy, deploy, and `start` the version.",
    C.QUOTA_INSUFFICIENT: FREE_QUOTA,
    C.MIRROR_IN_USE: (
        'End the other mirror (`az ml online-endpoint update --mirror-traffic "<deployment>=0"`) or remove the mirror '
        "step, and `start` the version."
    ),
    C.DEPLOYMENT_NAME_TAKEN: f"Delete the deployment that has green's name ({DELETE}), and `start` the version.",
    C.TRAFFIC_ALREADY_SPLIT: (
        f"Give all live traffic to one deployment ({TRAFFIC}). Then `start` the version; if the rollout is only "
        "paused, `act resume`."
    ),
    C.ENDPOINT_FULL: f"Delete an idle deployment ({DELETE}), and `start` the version.",
    C.NO_DEPLOYMENT_TO_COPY: "Create the first deployment, or give the policy a template (`deployment.template`).",
    C.GREEN_UNDERSIZED: (
        "`az ml online-deployment update --name <green> --endpoint-name <endpoint> --set instance_count=<n>`; for "
        "the next rollout, `instance_count: proportional`."
    ),
    C.PROVISIONING_FAILED: (
        "Users were never affected. Read Azure's message and the container's last lines (`log_lines` in the facts "
        "of this entry), correct the model or its environment, and register a new version."
    ),
    C.SMOKE_FAILED: (
        "Users were never affected. `summary` quotes the wrong answers: correct the model, or the expected answers "
        "in the policy. Green is deleted unless the policy says `on_rollback: keep`."
    ),
    C.PAUSE_STARTED: "The policy wants an approval here: check what it asks for, then `act resume` or `act rollback`.",
    C.OPERATOR_PAUSE: "Ask whoever paused it (`summary` has the name and why), then `act resume` or `act rollback`.",
    C.EVIDENCE_INSUFFICIENT: (
        "`summary` says what is missing, and about how many minutes of traffic that takes. Wait: it resumes by "
        "itself, and is rolled back at `deadlines.rollout`. Or decide: `act promote` (one step on) or `act "
        "rollback`."
    ),
    C.GREEN_STARVED: "Find out why callers do not reach green: they name a deployment, or reuse connections.",
    C.SUSPICIOUS: "Wait for evidence, or compare both deployments yourself; in doubt, `act rollback`.",
    C.REGRESSION_DETECTED: (
        "No action needed: within a minute green has no traffic. Confirm it with `show`. Compare green's failures "
        "with blue's before you register again."
    ),
    C.GREEN_UNHEARD: "Let green collect its responses as blue does, or correct the gate's query.",
    C.GATE_WITHOUT_DATA: (
        "Run the gate's query, or look for the collected answers, of the last hour. If they are complete but late, "
        "raise `telemetry.lag` above their delay; otherwise repair what is named. It continues by itself."
    ),
    C.GATE_NOT_JUDGED: "`summary` names the gate and why it has no evidence; repair that, or `act promote` without it.",
    C.TELEMETRY_UNAVAILABLE: LOGGED,
    C.TELEMETRY_REFUSED: (
        "`message` has Azure's words. With 401 or 403, give Teal's identity the role that the entry names; otherwise "
        "compare `TEAL_LOGS_WORKSPACE_ID` with the workspace's customer id. It continues by itself."
    ),
    C.TELEMETRY_UNPROVEN: (
        "No hurry: green has no live traffic. Look up the code in `because`. It continues by itself once the log "
        "has the endpoint's requests, which takes up to an hour on a new one."
    ),
    C.DIAGNOSTIC_SETTING_MISSING: (
        "`azd env set TEAL_ENDPOINTS <all of them, with commas>` and `azd provision workspace`; then allow an hour."
    ),
    C.DIAGNOSTIC_SETTING_UNREADABLE: (
        "Only the diagnosis is impeded: nothing to do if requests arrive after all. Otherwise "
        "`azd provision workspace`, which restores Teal's role there, and look at the setting yourself "
        "(`az monitor diagnostic-settings list --resource <endpoint's id>`)."
    ),
    C.REQUEST_LOG_OFF: (
        "Enable the category AmlOnlineEndpointTrafficLog in the diagnostic setting that `message` names."
    ),
    C.LOGGED_ELSEWHERE: (
        "Send the log to Teal's workspace as well, or point `TEAL_LOGS_WORKSPACE_ID` at the one in use."
    ),
    C.LOG_TABLE_MISSING: "Wait an hour after adding the diagnostic setting; then check it.",
    C.REQUESTS_NOT_LOGGED: LOGGED,
    C.TELEMETRY_LATE: "Raise `telemetry.lag` in the policy to the delay in the entry.",
    C.BLUE_NOT_LOGGED: "Check the diagnostic setting. The minutes concerned do not count.",
    C.TRAFFIC_MISMATCH: "Look for callers that address a deployment by name or keep connections open.",
    C.DEADLINE_EXCEEDED: (
        f"`deadline` says which. *rollback*: the traffic may still be split, so move it ({TRAFFIC}); `because` says "
        "what was in the way. Any other: the rollout was rolled back. Read what it last waited for (`because`), and "
        "correct that or the policy's `deadlines`."
    ),
    C.GREEN_LOST: "It is rolled back. Find out who deleted green or why it failed, then `start` the version.",
    C.GREEN_REPLACED: f"It is rolled back. Ask who deployed green anew; if that should serve, {TRAFFIC}.",
    C.BLUE_LOST: (
        "Users of blue's share are affected. If green answers well, `act promote --full`: a minute later it "
        f"has everything. Otherwise {TRAFFIC} to a deployment that works, or repair blue and `act resume`. A "
        "rollback to a broken blue only fails the rollout."
    ),
    C.ACTION_REFUSED: (
        "Read Azure's `message`: usually quota, a lock or a missing role. If it is rolled back because of this, "
        "repair that and `start` the version. If the rollback itself is refused, green keeps its share until you "
        f"remove the lock or {TRAFFIC}; Teal repeats the order every minute."
    ),
    C.AUTOSCALE_NOT_COPIED: "Check Teal's autoscale role, and give green autoscale settings yourself.",
    C.AUTOSCALE_NOT_SUSPENDED: "Check Teal's autoscale role. Blue costs its full size until it is deleted.",
    C.AUTOSCALE_LEFT_SUSPENDED: (
        "Enable the deployment's autoscale settings (`az monitor autoscale update --enabled true`)."
    ),
    C.BLUE_NOT_SCALED_UP: "Scale blue to the instances that it had (Azure's message says why Teal could not).",
    C.TRAFFIC_CHANGED_EXTERNALLY: (
        "Ask who changed it, and why: nothing moves until you decide. `act resume` restores Teal's split, `act "
        "promote` starts the next step instead, `act rollback` takes green's share away and leaves the rest as it "
        "is. If green has lost all traffic, it is rolled back after ten minutes."
    ),
    C.MIRROR_CHANGED_EXTERNALLY: (
        "Ask who changed it: the mirror may have been too much for green. `act resume` restores it, `act promote` "
        "continues without it, `act rollback` abandons the rollout."
    ),
    C.GREEN_FAILS_ALONE: (
        "Users are affected now. `act rollback` gives green's share to blue; if blue is no better, "
        f"{TRAFFIC} to whichever deployment answers."
    ),
    C.GREEN_FAILS_UNCOMPARED: (
        "Users are affected now. Teal rolls back by itself once blue passes the smoke test. If the policy has none, or "
        "blue fails some of it: `act rollback` gives green's share to blue."
    ),
    C.ROLLBACK_WITHHELD: (
        "Neither deployment serves well: blue fails requests, and green is worse in another way. Repair blue; if the "
        "policy has a smoke step to show that, Teal then rolls back by itself, otherwise `act rollback`. Or `act "
        "rollback` now if blue is the lesser harm, or `act override` if green is."
    ),
    C.DEADLINE_WITHHELD: (
        "Neither deployment is known to serve well. If blue is repaired or green is worse, `act rollback`; if green "
        "is to stay although it is not certified, `act override` and `act promote`. It goes on by itself once green "
        "passes, or blue has requests and recovers."
    ),
    C.COMPARISON_BROKEN_OFF: (
        "Find out why blue fails: green looked harmful too. Teal compares them again once blue has answered every "
        "smoke request well for ten minutes; without a smoke step, `act rollback` when blue is repaired."
    ),
    C.BLUE_REPLACED: (
        "Ask who deployed it, and why: the evidence so far compares green with the old one. `act resume` goes on and "
        "adds what is seen from now on; `act rollback` gives the new one all traffic again."
    ),
    C.TRAFFIC_TAKEN_BACK: "No action needed: it is rolled back. Find out why the traffic was moved.",
    C.TRAFFIC_LEFT_AFTER_PROMOTION: "Check that this split is the one you want: Teal does not change it any more.",
    C.TRAFFIC_LEFT_AS_FOUND: "Check that the split that somebody else set is the one you want.",
    C.BLUE_MIRROR_ENDED: "No action needed: whoever mirrored to blue can do so again, to another deployment.",
    C.REQUEST_OVERRULED: "Nothing, unless the request is still needed: then repeat it.",
    C.REQUEST_TOO_LATE: "`show` the current rollout: the request may be needed there.",
    C.OBSERVATION_RESUMED: (
        "Find out why telemetry gave no answer, if the entry says so, or else why Teal did not run or could not read "
        "the endpoint (Azure's status, the function `tick`)."
    ),
    C.INCIDENT: (
        "Your service has an incident: blue fails as never before, regardless of green. Nothing advances until it is "
        "over; green keeps its share. `az ml online-deployment get-logs` of blue. If green answers well and blue "
        "does not, `act override` and then `act promote --full`; if green makes it worse, `act rollback`."
    ),
    C.INCIDENT_SLOW: (
        "Your service has an incident: blue is slower than ever, regardless of green. Check shared dependencies, the "
        "load and the instances. The rollout continues when it is over. If this is how fast it will be from now "
        "on, `act override`, or roll back and start again: a new rollout is calibrated from the new past."
    ),
    C.INCIDENT_UNREADABLE: (
        "Find out what changed in blue's answers or in data collection, and compare with the policy's "
        "`predictions.at`. The rollout continues when they can be read again."
    ),
    C.OVERLOAD: (
        "`az ml online-deployment update --set instance_count=<n>` for the deployment that the entry names, or "
        "reduce the load. The rollout continues when it is over."
    ),
    C.BAKE_UNSEEN: LOGGED,
    C.SMOKE_UNREADABLE: (
        "Deploy the app with that file again, even if newer policies name another one: a rollout keeps the policy "
        "that it started with. It then continues by itself. Or roll it back and start the version again."
    ),
    C.SERVING_UNHEALTHY: (
        "Users are affected now. After a promotion, `act rollback` returns to blue if it is still there "
        "(`allowed_actions`). After a rollback the new version is already gone: `az ml online-deployment get-logs`, "
        f"repair, or {TRAFFIC} to whichever deployment answers."
    ),
    C.SERVING_REPLACED: (
        "Check that what was deployed is meant to serve: no rollout has tested it. `act rollback` returns to blue if "
        "it is still there."
    ),
    C.LEFTOVER_UNCHECKED: (
        f"`az ml online-endpoint invoke` with a request. If the serving deployment answers well, {DELETE} the other "
        "one."
    ),
    C.LEFTOVER_KEPT: f"Do not delete it yet: repair what serves, or {TRAFFIC} to this one. Then {DELETE} the other.",
    C.FREEZE_WINDOW: "Nothing. To go ahead anyway, change the policy's freeze window for the next rollout.",
    C.HALT_UNKNOWN: "Nothing if it ends by itself; `GET /api/health` says why. If the stored halt is unreadable, "
    "`DELETE /api/halt` replaces it and ends whatever it was.",
    C.HALTED: "`GET /api/halt` says who and why. `DELETE /api/halt` lifts it when its cause is gone.",
    C.BLUE_UNHEALTHY: (
        "Green keeps its share, because blue fails. If blue recovers before `deadlines.rollback`, Teal returns the "
        "traffic; then the rollout fails, and Teal leaves the traffic alone. Repair blue (`az ml online-deployment "
        f"get-logs`). A deployment that works can take over at any time ({TRAFFIC}), but until that deadline Teal "
        "still takes the traffic from green once blue answers again."
    ),
    C.BLUE_GONE: (
        f"Green keeps its share and Teal leaves the traffic alone. {TRAFFIC} to a deployment that works, or create one "
        "of a version that worked and give it the traffic."
    ),
    C.NOTHING_TO_RETURN_TO: (
        "The rollout has ended and its deployment keeps serving; the message says why Teal wanted to roll back. If it "
        "answers well, there is nothing to do. Otherwise repair it, or register a fixed version, which is then rolled "
        "out next to it."
    ),
    C.BLUE_FAILED_IN_AZURE: (
        "Repeat the change to blue that failed, such as a scale-out (`az ml online-deployment update`), until Azure "
        "calls it Succeeded. Before `deadlines.rollback`, Teal then returns the traffic; after it, "
        f"{TRAFFIC} yourself."
    ),
    C.BOTH_UNHEALTHY: (
        "The deployment that serves keeps serving, but badly. `az ml online-deployment get-logs` of both; repair one, "
        f"or create a deployment of a version that worked, and {TRAFFIC} to it."
    ),
    C.BLUE_KEPT_IN_USE: f"Teal is done with it. {DELETE} when it is no longer needed.",
    C.BLUE_KEPT_GREEN_UNHEALTHY: f"{TRAFFIC} to the kept deployment, or repair the one that serves.",
    C.BLUE_KEPT_UNCHECKED: f"Check green's errors yourself, then {DELETE} blue, or {TRAFFIC} to it.",
    C.BLUE_KEPT_UNCOMPARED: (
        f"If what both depend on failed then and green is healthy now, {DELETE} blue. If not, `act rollback` goes back "
        "to it (`allowed_actions`)."
    ),
    C.LEFTOVER_IN_USE: f"Decide what should serve and {TRAFFIC} to it; then {DELETE} the other one.",
    C.LEFTOVER_ONLY_ONE: f"{TRAFFIC} to it, or create the deployment that should serve and then {DELETE} this one.",
    C.LEFTOVER_REPLACED: "Nothing for Teal: the deployment belongs to whoever deployed it.",
    C.LEFTOVER_MIRRORED: (
        'Ask whoever set the mirror. Then end it (`az ml online-endpoint update --mirror-traffic "<deployment>=0"`); '
        f"{DELETE}."
    ),
    C.LEFTOVER_MIRROR_NOT_ENDED: (
        "Remove what Azure's message names, usually a lock or a missing role: within a minute Teal ends the mirror, "
        'and then finishes the cleanup. Or end it (`az ml online-endpoint update --mirror-traffic "<deployment>=0"`).'
    ),
    C.LEFTOVER_NOT_DELETED: (
        f"{DELETE}. If Azure refuses that too, its message says why: usually a lock or a missing role."
    ),
    C.ORPHAN_FOUND: (
        f"`entries` says why it is there. {DELETE}, unless the deployment that serves fails, or you use it."
    ),
    C.BLUE_LEFT_SCALED_DOWN: (
        "`az ml online-deployment update --set instance_count=<n>`, to the number that the entry names."
    ),
    C.WAITING_FOR_BLUE: REPAIR_BLUE,
    C.WAITING_FOR_QUOTA: FREE_QUOTA,
    C.WAITING_FOR_DEPLOYMENT: "Create the endpoint and its first deployment before the time in the entry.",
}

NOTHING_TO_DO = frozenset(
    {
        C.ROLLOUT_STARTED, C.ROLLOUT_REQUESTED, C.MISSED_VERSION_STARTED, C.ROLLOUT_SIMULATED, C.EVENT_NOT_RELEVANT,
        C.OTHER_WORKSPACE, C.DUPLICATE, C.WAITING_FOR_ENDPOINT, C.ENDPOINT_FREE, C.SUPERSEDED,
        C.REPLACED_BY_NEWER_VERSION, C.ALREADY_SERVING, C.ALREADY_DEPLOYED, C.BLUE_CHOSEN_ANEW, C.CREATING_GREEN,
        C.GREEN_FOUND,
        C.CREATING_FIRST_DEPLOYMENT, C.GREEN_READY, C.SMOKE_PASSED, C.MIRROR_REQUESTED, C.MIRROR_OBSERVED,
        C.WEIGHT_REQUESTED, C.WEIGHT_OBSERVED, C.STEP_SKIPPED, C.STEP_UNCERTIFIED, C.PAUSE_ENDED,
        C.EVIDENCE_SUFFICIENT, C.ALL_STEPS_PASSED, C.FIRST_DEPLOYMENT_PROMOTED, C.PROMOTED_UNCERTIFIED, C.NO_REQUESTS,
        C.TOO_FEW_MINUTES, C.NO_REGRESSION_SEEN, C.NOT_CERTIFIED, C.STEP_PASSED, C.NOTHING_JUDGED,
        C.GATES_NOT_CALIBRATED, C.TELEMETRY_PROVEN, C.GREEN_RECEIVES_TRAFFIC, C.TRAFFIC_AS_WEIGHTED,
        C.REQUEST_ACCEPTED, C.OPERATOR_PROMOTE, C.OPERATOR_PROMOTE_FULL, C.OPERATOR_OVERRIDE,
        C.OPERATOR_RESUME, C.OPERATOR_ROLLBACK, C.OPERATOR_REQUEST, C.DEADLINE_POSTPONED, C.COMPARING_AGAIN,
        C.SERVING_HEALTHY, C.HELD, C.RELEASED, C.NOTHING_TO_ROLL_BACK, C.TRAFFIC_RETURNED, C.BLUE_KEPT,
        C.BLUE_RESIZED, C.BLUE_HANDED_OVER, C.BLUE_RELEASED_EARLY, C.LEFTOVER_DELETED, C.LEFTOVER_GONE,
        C.ORPHAN_MIRROR_ENDED,
        C.ORPHAN_REMOVED,
    }
)  # fmt: skip


def actions_table() -> str:
    """Return the table of the codes that need an operator: what the code means, and what to do."""
    rows = ["| code | meaning | what to do |", "|---|---|---|"]
    rows += [f"| `{code.value}` | {REASONS[code].meaning} | {ACTIONS[code]} |" for code in REASONS if code in ACTIONS]
    return "\n".join(rows) + "\n"


def quiet_list() -> str:
    """Return the codes that need nobody, as one paragraph."""
    return ", ".join(f"`{code.value}`" for code in REASONS if code in NOTHING_TO_DO) + ".\n"
