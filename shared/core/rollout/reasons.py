"""Why something happened, as data: a code from a closed list and its facts. `shared.words` makes the sentences.

Codes are part of the public API: a code keeps its meaning once released, and is never reused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict, Unpack

from shared.core.bounds import LONGEST_TEXT, MOST_ITEMS, bounded
from shared.core.gates.measured import GateFacts
from shared.redaction import redacted


class ReasonCode(StrEnum):
    """What happened. `MEANINGS` says when each one is used."""

    ROLLOUT_STARTED = "rollout_started"
    ROLLOUT_REQUESTED = "rollout_requested"
    MISSED_VERSION_STARTED = "missed_version_started"
    ROLLOUT_SIMULATED = "rollout_simulated"
    EVENT_NOT_RELEVANT = "event_not_relevant"
    EVENT_UNREADABLE = "event_unreadable"
    OTHER_WORKSPACE = "other_workspace"
    MODEL_NOT_REGISTERED = "model_not_registered"
    MODEL_ARCHIVED = "model_archived"
    MODEL_TAGS_UNAVAILABLE = "model_tags_unavailable"
    NO_POLICY = "no_policy"
    POLICY_INVALID = "policy_invalid"
    DUPLICATE = "duplicate"
    OLDER_VERSION = "older_version"
    WAITING_FOR_ENDPOINT = "waiting_for_endpoint"
    ENDPOINT_FREE = "endpoint_free"
    SUPERSEDED = "superseded"
    REPLACED_BY_NEWER_VERSION = "replaced_by_newer_version"
    NOT_REPLACED_AGAIN = "not_replaced_again"
    ALREADY_SERVING = "already_serving"
    ALREADY_DEPLOYED = "already_deployed"
    WAITING_FOR_DEPLOYMENT = "waiting_for_deployment"
    BLUE_CHOSEN_ANEW = "blue_chosen_anew"
    BLUE_BROKEN_AT_START = "blue_broken_at_start"
    BLUE_FAILING_AT_START = "blue_failing_at_start"
    WAITING_FOR_BLUE = "waiting_for_blue"
    ENDPOINT_MISSING = "endpoint_missing"
    ENDPOINT_UNHEALTHY = "endpoint_unhealthy"
    ENDPOINT_UNREADABLE = "endpoint_unreadable"
    MIRROR_UNSUPPORTED = "mirror_unsupported"
    QUOTA_INSUFFICIENT = "quota_insufficient"
    WAITING_FOR_QUOTA = "waiting_for_quota"
    MIRROR_IN_USE = "mirror_in_use"
    DEPLOYMENT_NAME_TAKEN = "deployment_name_taken"
    TRAFFIC_ALREADY_SPLIT = "traffic_already_split"
    NO_DEPLOYMENT_TO_COPY = "no_deployment_to_copy"
    ENDPOINT_FULL = "endpoint_full"
    CREATING_GREEN = "creating_green"
    GREEN_FOUND = "green_found"
    CREATING_FIRST_DEPLOYMENT = "creating_first_deployment"
    GREEN_READY = "green_ready"
    GREEN_UNDERSIZED = "green_undersized"
    PROVISIONING_FAILED = "provisioning_failed"
    SMOKE_PASSED = "smoke_passed"
    SMOKE_FAILED = "smoke_failed"
    MIRROR_REQUESTED = "mirror_requested"
    MIRROR_OBSERVED = "mirror_observed"
    WEIGHT_REQUESTED = "weight_requested"
    WEIGHT_OBSERVED = "weight_observed"
    STEP_SKIPPED = "step_skipped"
    STEP_UNCERTIFIED = "step_uncertified"
    PAUSE_STARTED = "pause_started"
    PAUSE_ENDED = "pause_ended"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    EVIDENCE_SUFFICIENT = "evidence_sufficient"
    ALL_STEPS_PASSED = "all_steps_passed"
    FIRST_DEPLOYMENT_PROMOTED = "first_deployment_promoted"
    PROMOTED_UNCERTIFIED = "promoted_uncertified"
    REGRESSION_DETECTED = "regression_detected"
    NO_REQUESTS = "no_requests"
    GREEN_STARVED = "green_starved"
    TOO_FEW_MINUTES = "too_few_minutes"
    SUSPICIOUS = "suspicious"
    GREEN_UNHEARD = "green_unheard"
    GATE_WITHOUT_DATA = "gate_without_data"
    NO_REGRESSION_SEEN = "no_regression_seen"
    NOT_CERTIFIED = "not_certified"
    GATE_NOT_JUDGED = "gate_not_judged"
    STEP_PASSED = "step_passed"
    NOTHING_JUDGED = "nothing_judged"
    GATES_NOT_CALIBRATED = "gates_not_calibrated"
    TELEMETRY_UNAVAILABLE = "telemetry_unavailable"
    TELEMETRY_REFUSED = "telemetry_refused"
    TELEMETRY_UNPROVEN = "telemetry_unproven"
    TELEMETRY_PROVEN = "telemetry_proven"
    DIAGNOSTIC_SETTING_MISSING = "diagnostic_setting_missing"
    DIAGNOSTIC_SETTING_UNREADABLE = "diagnostic_setting_unreadable"
    REQUEST_LOG_OFF = "request_log_off"
    LOGGED_ELSEWHERE = "logged_elsewhere"
    LOG_TABLE_MISSING = "log_table_missing"
    REQUESTS_NOT_LOGGED = "requests_not_logged"
    TELEMETRY_LATE = "telemetry_late"
    BLUE_NOT_LOGGED = "blue_not_logged"
    GREEN_RECEIVES_TRAFFIC = "green_receives_traffic"
    TRAFFIC_MISMATCH = "traffic_mismatch"
    TRAFFIC_AS_WEIGHTED = "traffic_as_weighted"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    GREEN_LOST = "green_lost"
    GREEN_FAILS_ALONE = "green_fails_alone"
    GREEN_FAILS_UNCOMPARED = "green_fails_uncompared"
    GREEN_REPLACED = "green_replaced"
    BLUE_REPLACED = "blue_replaced"
    BLUE_LOST = "blue_lost"
    ACTION_REFUSED = "action_refused"
    AUTOSCALE_NOT_COPIED = "autoscale_not_copied"
    AUTOSCALE_NOT_SUSPENDED = "autoscale_not_suspended"
    AUTOSCALE_LEFT_SUSPENDED = "autoscale_left_suspended"
    BLUE_NOT_SCALED_UP = "blue_not_scaled_up"
    TRAFFIC_CHANGED_EXTERNALLY = "traffic_changed_externally"
    MIRROR_CHANGED_EXTERNALLY = "mirror_changed_externally"
    TRAFFIC_TAKEN_BACK = "traffic_taken_back"
    TRAFFIC_LEFT_AS_FOUND = "traffic_left_as_found"
    TRAFFIC_LEFT_AFTER_PROMOTION = "traffic_left_after_promotion"
    BLUE_MIRROR_ENDED = "blue_mirror_ended"
    REQUEST_ACCEPTED = "request_accepted"
    REQUEST_OVERRULED = "request_overruled"
    OPERATOR_PROMOTE = "operator_promote"
    OPERATOR_PROMOTE_FULL = "operator_promote_full"
    OPERATOR_OVERRIDE = "operator_override"
    OPERATOR_PAUSE = "operator_pause"
    OPERATOR_RESUME = "operator_resume"
    OPERATOR_ROLLBACK = "operator_rollback"
    OPERATOR_REQUEST = "operator_request"
    REQUEST_TOO_LATE = "request_too_late"
    OBSERVATION_RESUMED = "observation_resumed"
    DEADLINE_POSTPONED = "deadline_postponed"
    ROLLBACK_WITHHELD = "rollback_withheld"
    DEADLINE_WITHHELD = "deadline_withheld"
    INCIDENT = "incident"
    INCIDENT_SLOW = "incident_slow"
    INCIDENT_UNREADABLE = "incident_unreadable"
    OVERLOAD = "overload"
    COMPARING_AGAIN = "comparing_again"
    COMPARISON_BROKEN_OFF = "comparison_broken_off"
    BAKE_UNSEEN = "bake_unseen"
    SMOKE_UNREADABLE = "smoke_unreadable"
    SERVING_UNHEALTHY = "serving_unhealthy"
    LEFTOVER_UNCHECKED = "leftover_unchecked"
    SERVING_REPLACED = "serving_replaced"
    SERVING_HEALTHY = "serving_healthy"
    LEFTOVER_KEPT = "leftover_kept"
    HELD = "held"
    RELEASED = "released"
    FREEZE_WINDOW = "freeze_window"
    HALTED = "halted"
    HALT_UNKNOWN = "halt_unknown"
    NOTHING_TO_ROLL_BACK = "nothing_to_roll_back"
    TRAFFIC_RETURNED = "traffic_returned"
    BLUE_UNHEALTHY = "blue_unhealthy"
    BLUE_GONE = "blue_gone"
    NOTHING_TO_RETURN_TO = "nothing_to_return_to"
    BLUE_FAILED_IN_AZURE = "blue_failed_in_azure"
    BOTH_UNHEALTHY = "both_unhealthy"
    BLUE_KEPT = "blue_kept"
    BLUE_RESIZED = "blue_resized"
    BLUE_KEPT_IN_USE = "blue_kept_in_use"
    BLUE_KEPT_GREEN_UNHEALTHY = "blue_kept_green_unhealthy"
    BLUE_KEPT_UNCHECKED = "blue_kept_unchecked"
    BLUE_KEPT_UNCOMPARED = "blue_kept_uncompared"
    BLUE_HANDED_OVER = "blue_handed_over"
    BLUE_RELEASED_EARLY = "blue_released_early"
    LEFTOVER_DELETED = "leftover_deleted"
    LEFTOVER_GONE = "leftover_gone"
    LEFTOVER_IN_USE = "leftover_in_use"
    LEFTOVER_ONLY_ONE = "leftover_only_one"
    LEFTOVER_REPLACED = "leftover_replaced"
    LEFTOVER_MIRRORED = "leftover_mirrored"
    LEFTOVER_MIRROR_NOT_ENDED = "leftover_mirror_not_ended"
    LEFTOVER_NOT_DELETED = "leftover_not_deleted"
    ORPHAN_FOUND = "orphan_found"
    ORPHAN_MIRROR_ENDED = "orphan_mirror_ended"
    ORPHAN_REMOVED = "orphan_removed"
    BLUE_LEFT_SCALED_DOWN = "blue_left_scaled_down"


class Facts(TypedDict, total=False):
    """The facts behind a reason, as JSON values.

    action: an `ActionKind`. actor: who requested it. comment: the reason they gave. cores, cores_left: needed, and left
    of the quota `family`. instance_type: Azure's name. deadline: which of the policy's deadlines. deployment: the one
    it is about. deployments: how many. examples: the first few problems. expected_share: of live requests, by green's
    weights in that time. expected_traffic, observed_traffic, mirror_traffic: percent by deployment. failed, requests:
    how many. gate: the one it is about. instances, wanted_instances: how many there are, and should be. limit: a share
    of requests. limit_milliseconds: how long an answer may take. limit_seconds: how long something may take. log_lines:
    the deployment's last log lines. log_odds_worse, log_odds_worse_threshold: natural logarithms of the odds that green
    is worse. log_odds_safe, log_odds_safe_threshold: the same for `the next step stays within the harm budget`.
    message: Azure's or a source's own words. minutes_left: until the certificate, at this rate. model: name:version.
    observed_share: of live requests. next_weight, weight, mirror: percent. other: a second deployment or model.
    replaced: how many rollouts in a row newer versions replaced. role: what Azure asks for, and where. settled_minutes,
    required_minutes: at this weight. skipped: the steps that are skipped. state: Azure's provisioning state. unjudged:
    gates that are not judged, with reasons. since, until: ISO 8601. verb, phase: of a request. window: what the freeze
    window is for. workspace: its ARM id. delay_seconds: how late something is.
    """

    action: str
    actor: str
    comment: str
    cores: int
    cores_left: int
    deadline: str
    delay_seconds: float
    deployment: str
    deployments: int
    examples: list[str]
    expected_share: float
    expected_traffic: dict[str, int]
    failed: int
    family: str
    gate: str
    instance_type: str
    instances: int
    limit: float
    limit_milliseconds: float
    limit_seconds: float
    log_lines: list[str]
    log_odds_safe: float
    log_odds_safe_threshold: float
    log_odds_worse: float
    log_odds_worse_threshold: float
    measured: GateFacts
    message: str
    minutes_left: int
    mirror: int
    model: str
    next_weight: int
    observed_mirror: int
    observed_share: float
    observed_traffic: dict[str, int]
    other: str
    others: list[str]
    phase: str
    replaced: int
    required_minutes: int
    requests: int
    role: str
    settled_minutes: int
    since: str
    skipped: list[str]
    state: str
    unjudged: dict[str, str]
    until: str
    verb: str
    wanted_instances: int
    weight: int
    window: str
    workspace: str


# Facts written by people, models and services, which can contain anything.
FREE_TEXT = frozenset({"comment", "examples", "log_lines", "message", "unjudged"})
READ = 4 * LONGEST_TEXT  # more than is kept, so that truncation never leaves part of a secret


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, its facts, and the underlying reason, where one thing follows from another."""

    code: ReasonCode
    facts: Facts = field(default_factory=Facts)
    because: Reason | None = None

    def __post_init__(self) -> None:
        """Truncate every fact and redact secrets in free text, because reasons are stored on records."""
        facts = {name: bounded(_safe(value) if name in FREE_TEXT else value) for name, value in self.facts.items()}
        object.__setattr__(self, "facts", facts)


def _safe(value: object) -> object:
    if isinstance(value, str):
        return redacted(value[:READ])
    if isinstance(value, list):
        return [redacted(item[:READ]) for item in value[:MOST_ITEMS]]
    return {name: redacted(item[:READ]) for name, item in value.items()} if isinstance(value, dict) else value


def reason(code: ReasonCode, because: Reason | None = None, **facts: Unpack[Facts]) -> Reason:
    """Return a reason with these facts."""
    return Reason(code, facts, because)
