"""What an operator does about each reason code, as Markdown for docs/runbook.md.

Every code is either here or in `NOTHING_TO_DO`; a test compares both with the list of codes.
"""

from __future__ import annotations

from shared.core.rollout.reasons import ReasonCode
from shared.words.reasons import REASONS

C = ReasonCode
LOGS = "Check the endpoint's diagnostic setting and Teal's role on the Log Analytics workspace. Nothing was lost: the "
LOGS += "rollout continues by itself once rows arrive."
DECIDE = "Read the history, then resume, promote or roll back."
FREE_QUOTA = "Request more quota, or delete deployments. If the usage is out of date, start the version manually."
REPAIR_BLUE = (
    "Repair the serving deployment. To roll out a fix for it, start that version manually (`POST /api/rollouts`)."
)

ACTIONS: dict[ReasonCode, str] = {
    C.EVENT_UNREADABLE: "Read the event in the traces. If a registration was lost, start it (`POST /api/rollouts`).",
    C.MODEL_NOT_REGISTERED: "Register the version again if it should be rolled out.",
    C.MODEL_ARCHIVED: "If it should serve nevertheless, start it manually (`POST /api/rollouts`).",
    C.MODEL_TAGS_UNAVAILABLE: "Check Teal's role on the workspace, then start the version (`POST /api/rollouts`).",
    C.NO_POLICY: "If the model should have a policy, add one, deploy, and start the version (`POST /api/rollouts`).",
    C.POLICY_INVALID: "Correct the file (`teal policy check`), deploy, and start the version.",
    C.OLDER_VERSION: "If the older version is really wanted, start it manually (`POST /api/rollouts`).",
    C.NOT_REPLACED_AGAIN: "Register less often, shorten the steps, or use `newer_version: wait`.",
    C.BLUE_BROKEN_AT_START: REPAIR_BLUE,
    C.BLUE_FAILING_AT_START: REPAIR_BLUE,
    C.ENDPOINT_MISSING: "Create the endpoint, or let the policy create it (`endpoint.create`).",
    C.ENDPOINT_UNHEALTHY: "Repair or recreate the endpoint in Azure ML, then start the version again.",
    C.ENDPOINT_UNREADABLE: "Check Teal's role on the workspace, and Azure's status. Nothing moves until then.",
    C.MIRROR_UNSUPPORTED: "Remove the mirror step from the policy, and start the version again.",
    C.QUOTA_INSUFFICIENT: FREE_QUOTA,
    C.MIRROR_IN_USE: "End the other mirror, or remove the mirror step, and start the version again.",
    C.DEPLOYMENT_NAME_TAKEN: "Delete or rename the deployment that has green's name, and start the version again.",
    C.TRAFFIC_ALREADY_SPLIT: "Give all live traffic to one deployment. Then resume, or start the version again.",
    C.ENDPOINT_FULL: "Delete an idle deployment, and start the version again.",
    C.NO_DEPLOYMENT_TO_COPY: "Create the first deployment, or give the policy a template (`deployment.template`).",
    C.GREEN_UNDERSIZED: "Scale green, or set `instance_count: proportional` for the next rollout.",
    C.PROVISIONING_FAILED: "Read the container log in the entry (`log_lines`), correct the model, register again.",
    C.SMOKE_FAILED: "Compare the examples with the requests file: correct the model, or the expected answers.",
    C.PAUSE_STARTED: "Check what the pause is for, then resume or promote.",
    C.EVIDENCE_INSUFFICIENT: "Wait, or promote with a reason. `teal policy check` estimates how long evidence takes.",
    C.GREEN_STARVED: "Find out why callers do not reach green: they name a deployment, or reuse connections.",
    C.SUSPICIOUS: "Wait for evidence, or compare both deployments yourself; roll back if in doubt.",
    C.REGRESSION_DETECTED: "The rollback is under way. Compare green's failures with blue's before registering again.",
    C.GREEN_UNHEARD: "Let green collect its responses as blue does, or correct the gate's query.",
    C.GATE_NOT_JUDGED: "See `missing_telemetry` in the API for the gate's reason.",
    C.TELEMETRY_UNAVAILABLE: LOGS,
    C.TELEMETRY_UNPROVEN: LOGS,
    C.DIAGNOSTIC_SETTING_MISSING: "Name the endpoint in `TEAL_ENDPOINTS` and run `azd provision workspace`.",
    C.REQUEST_LOG_OFF: "Enable the category AmlOnlineEndpointTrafficLog in the diagnostic setting.",
    C.LOGGED_ELSEWHERE: "Send the log to Teal's workspace as well, or point TEAL_LOGS_WORKSPACE_ID at the one in use.",
    C.LOG_TABLE_MISSING: "Wait an hour after adding the diagnostic setting; then check it.",
    C.REQUESTS_NOT_LOGGED: LOGS,
    C.TELEMETRY_LATE: "Raise `telemetry.lag` in the policy to the delay in the entry.",
    C.BLUE_NOT_LOGGED: "Check the diagnostic setting. The minutes concerned do not count.",
    C.TRAFFIC_MISMATCH: "Look for callers that address a deployment by name or keep connections open.",
    C.DEADLINE_EXCEEDED: "Read what it last waited for (`because`), and correct that or the policy's `deadlines`.",
    C.GREEN_LOST: "Find out who deleted green or why it failed, then start the version again.",
    C.GREEN_REPLACED: "Find out who deployed it. If it is what should serve, give it the traffic yourself.",
    C.BLUE_LOST: "If green is healthy, promote it all the way. Otherwise repair blue and resume.",
    C.ACTION_REFUSED: "Read Azure's message. Usual causes: quota, a lock, a missing role.",
    C.AUTOSCALE_NOT_COPIED: "Check Teal's autoscale role, and give green autoscale settings yourself.",
    C.AUTOSCALE_NOT_SUSPENDED: "Check Teal's autoscale role. Blue costs its full size until it is deleted.",
    C.AUTOSCALE_LEFT_SUSPENDED: "Enable the deployment's autoscale settings.",
    C.BLUE_NOT_SCALED_UP: "Scale blue to the instances that it had (Azure's message says why Teal could not).",
    C.TRAFFIC_CHANGED_EXTERNALLY: "Ask who changed it. Resume to restore Teal's split, or roll back.",
    C.MIRROR_CHANGED_EXTERNALLY: "Ask who changed it. Resume to restore the mirror, promote, or roll back.",
    C.TRAFFIC_TAKEN_BACK: "None for Teal: it rolls back. Record why the traffic was moved.",
    C.TRAFFIC_LEFT_AS_FOUND: "Check that the split that somebody else set is the one you want.",
    C.REQUEST_OVERRULED: "Nothing, unless the request is still needed: then repeat it.",
    C.REQUEST_TOO_LATE: "Look at the current rollout: the request may be needed there.",
    C.OBSERVATION_RESUMED: "Find out why Teal did not run (Azure's status, the function `tick`).",
    C.INCIDENT: "Treat it as an incident of the service: blue fails as well. The rollout continues when it is over.",
    C.OVERLOAD: "Add instances, or reduce the load. The rollout continues when it is over.",
    C.BAKE_UNSEEN: LOGS,
    C.SERVING_UNHEALTHY: "Investigate at once: what serves fails. The kept deployment can take the traffic back.",
    C.LEFTOVER_UNCHECKED: "Send the serving deployment a request. If it answers well, delete the other one.",
    C.LEFTOVER_KEPT: "Decide which deployment should serve, then delete the other.",
    C.FREEZE_WINDOW: "Nothing. To go ahead anyway, change the policy's freeze window for the next rollout.",
    C.HALTED: "Lift the halt (`DELETE /api/halt`) when its cause is gone.",
    C.BLUE_UNHEALTHY: "Repair blue, or give the traffic to a healthy deployment. Teal tries until its deadline.",
    C.BOTH_UNHEALTHY: "Neither deployment works: repair one, or deploy a known good version manually.",
    C.BLUE_KEPT_IN_USE: "Delete the deployment yourself when it is no longer needed.",
    C.BLUE_KEPT_GREEN_UNHEALTHY: "Return the traffic to the kept deployment, or repair the one that serves.",
    C.BLUE_KEPT_UNCHECKED: "Check green's errors yourself, then delete blue or give it the traffic.",
    C.LEFTOVER_IN_USE: "Decide what should serve, then delete the deployment that is not needed.",
    C.LEFTOVER_ONLY_ONE: "Give it the traffic, or create the deployment that should serve and then delete it.",
    C.LEFTOVER_REPLACED: "Nothing for Teal: the deployment belongs to whoever deployed it.",
    C.LEFTOVER_NOT_DELETED: "Delete the deployment. Usual causes: a lock, a missing role.",
    C.ORPHAN_FOUND: "Delete the deployment, or use it.",
    C.BLUE_LEFT_SCALED_DOWN: "Scale blue to the instances that it had.",
    C.WAITING_FOR_BLUE: REPAIR_BLUE,
    C.WAITING_FOR_QUOTA: FREE_QUOTA,
    C.WAITING_FOR_DEPLOYMENT: "Create the endpoint and its first deployment before the time in the entry.",
}

NOTHING_TO_DO = frozenset(
    {
        C.ROLLOUT_STARTED, C.ROLLOUT_REQUESTED, C.MISSED_VERSION_STARTED, C.ROLLOUT_SIMULATED, C.EVENT_NOT_RELEVANT,
        C.OTHER_WORKSPACE, C.DUPLICATE, C.WAITING_FOR_ENDPOINT, C.ENDPOINT_FREE, C.SUPERSEDED,
        C.REPLACED_BY_NEWER_VERSION, C.ALREADY_SERVING, C.ALREADY_DEPLOYED, C.BLUE_CHOSEN_ANEW, C.CREATING_GREEN,
        C.CREATING_FIRST_DEPLOYMENT, C.GREEN_READY, C.SMOKE_PASSED, C.MIRROR_REQUESTED, C.MIRROR_OBSERVED,
        C.WEIGHT_REQUESTED, C.WEIGHT_OBSERVED, C.STEP_SKIPPED, C.STEP_UNCERTIFIED, C.PAUSE_ENDED,
        C.EVIDENCE_SUFFICIENT, C.ALL_STEPS_PASSED, C.FIRST_DEPLOYMENT_PROMOTED, C.PROMOTED_UNCERTIFIED, C.NO_REQUESTS,
        C.TOO_FEW_MINUTES, C.NO_REGRESSION_SEEN, C.NOT_CERTIFIED, C.STEP_PASSED, C.NOTHING_JUDGED,
        C.GATES_NOT_CALIBRATED, C.TELEMETRY_PROVEN, C.GREEN_RECEIVES_TRAFFIC, C.TRAFFIC_AS_WEIGHTED,
        C.REQUEST_ACCEPTED, C.OPERATOR_PROMOTE, C.OPERATOR_PROMOTE_FULL, C.OPERATOR_OVERRIDE, C.OPERATOR_PAUSE,
        C.OPERATOR_RESUME, C.OPERATOR_ROLLBACK, C.OPERATOR_REQUEST, C.DEADLINE_POSTPONED, C.COMPARING_AGAIN,
        C.SERVING_HEALTHY, C.HELD, C.RELEASED, C.NOTHING_TO_ROLL_BACK, C.TRAFFIC_RETURNED, C.BLUE_KEPT,
        C.BLUE_HANDED_OVER, C.BLUE_RELEASED_EARLY, C.LEFTOVER_DELETED, C.ORPHAN_MIRROR_ENDED, C.ORPHAN_REMOVED,
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
