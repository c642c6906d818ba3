"""Admits rollouts that an event or an operator requests: each once, however often it is requested.

Endpoints are not read here: the loop observes them a moment later.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.acting import TRIES
from shared.core.admission import Admission, EndpointRecord, Start, admit, is_late, objection, rollout_id
from shared.core.admission.events import Ignored, ModelRegistered, read_event
from shared.core.endpoint_id import EndpointId
from shared.core.missed import RegisteredVersion
from shared.core.phases import IllegalMove
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Decision
from shared.core.rollout.pointers import Pointer
from shared.core.rollout.reasons import READ, Reason, ReasonCode
from shared.core.rollout.reasons import reason as why
from shared.errors import Conflict, ErrorCode, Misconfigured, NotPossible, Permanent, Temporary, Unregistered
from shared.ports import Changes, Clock, Models, Policies, Store, Stored, Wakeups
from shared.redaction import redacted
from shared.saving import changed, save
from shared.words import sentence
from shared.workspaces import Workspaces

log = logging.getLogger("teal.intake")
LINE = "event=%.200r outcome=%s endpoint=%s reason=%s summary=%.1000r"  # what a caller sent may be a megabyte


class IntakeResult(StrEnum):
    """The result of an event for one endpoint."""

    STARTED = "started"
    QUEUED = "queued"
    DUPLICATE = "duplicate"
    LATE = "late"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an event or a request, and the reason."""

    intake: IntakeResult
    reason: Reason
    endpoint: EndpointId | None = None
    rollout: Rollout | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Admits the rollouts that events and operators request."""

    store: Store
    workspaces: Workspaces
    policies: Policies
    wakeups: Wakeups
    clock: Clock

    def event(  # noqa: PLR0913 -- an event's own attributes
        self, event_type: str, subject: str, topic: str, event_id: str, data: object, *, at: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Process an Event Grid event. Raises errors of the store or of ARM that a redelivery may fix.

        Raises Misconfigured, after admitting the rollouts of valid policies, if an invalid one may be for this model:
        Event Grid keeps redelivering for a day, so a corrected policy deployed by then still gets its rollout.
        """
        outcomes = self._event(read_event(event_type, subject, topic, event_id, data), at)
        for outcome in outcomes:
            found = outcome.reason
            log.info(
                LINE,
                redacted(str(event_id)[:READ]),
                outcome.intake,
                outcome.endpoint or "",
                found.code,
                sentence(found),
            )
        for outcome in outcomes:
            if outcome.intake is IntakeResult.REFUSED:
                raise Misconfigured(sentence(outcome.reason))
        return outcomes

    def start(self, policy: Policy, model: ModelVersion, by: str, reason: str) -> Rollout:
        """Start a rollout at an operator's request; one that has ended may be started again.

        Raises NotPossible if this version has an open rollout on the endpoint, or already serves next to another one,
        Temporary if that is not known yet, and Unregistered if the workspace lacks it.
        """
        models = self.workspaces.named(policy.workspace).models
        in_registry = bool(policy.registry_of(model.name))  # which Teal does not read: Azure refuses what is not there
        if not in_registry and models.tags(model) is None:
            raise Unregistered(f"no model {model} is registered in the workspace")
        trigger = why(ReasonCode.ROLLOUT_REQUESTED, actor=by, comment=redacted(reason, policy.redact))
        attempt, tries, made = 1, 0, None if in_registry else _made(models, model, None)
        while tries < TRIES:
            start = Start(model, policy, trigger, actor=by, attempt=attempt, made=made)
            existing = self.store.rollout(policy.endpoint_id, rollout_id(start))
            if existing is not None and not existing.value.over:
                open_already = f"{model} already has a rollout on {policy.endpoint_id}: it is {existing.value.phase}"
                raise NotPossible(ErrorCode.ROLLOUT_ALREADY_OPEN, open_already)
            if existing is not None:
                attempt += 1
                continue
            record = self.store.record(policy.endpoint_id)
            refused = objection(start, self._current(record.value))
            if refused is not None:
                raise refused
            rollout = self._admitted(start, record)
            if rollout is not None:
                return rollout
            tries += 1
        raise _crowded(policy.endpoint_id)

    def missed(self, policy: Policy, version: RegisteredVersion) -> Outcome:
        """Process a version whose event was lost, for one endpoint, exactly as if its event had arrived now."""
        since, model = version.created.isoformat(), version.model
        trigger = why(ReasonCode.MISSED_VERSION_STARTED, model=str(model), since=since)
        outcome = self._registered(Start(model, policy, trigger, made=version.created))
        found = outcome.reason
        log.info(LINE, "missed", outcome.intake, outcome.endpoint or "", found.code, sentence(found))
        return outcome

    def _event(self, read: ModelRegistered | Ignored, at: datetime | None) -> tuple[Outcome, ...]:
        if isinstance(read, Ignored):
            return (Outcome(IntakeResult.IGNORED, read.reason),)
        workspace = self.workspaces.with_id(read.workspace) if read.workspace else self.workspaces.own
        if workspace is None:
            other = why(ReasonCode.OTHER_WORKSPACE, workspace=redacted(read.workspace[:READ]))
            return (Outcome(IntakeResult.IGNORED, other),)
        try:
            tags = read.tags if read.tags is not None else workspace.models.tags(read.model)
        except Permanent as error:
            return (
                Outcome(
                    IntakeResult.IGNORED,
                    why(ReasonCode.MODEL_TAGS_UNAVAILABLE, model=str(read.model), message=str(error)),
                ),
            )
        if tags is None:
            return (Outcome(IntakeResult.IGNORED, why(ReasonCode.MODEL_NOT_REGISTERED, model=str(read.model))),)
        if _archived(workspace.models, read.model):
            return (Outcome(IntakeResult.IGNORED, why(ReasonCode.MODEL_ARCHIVED, model=str(read.model))),)
        return self._matched(workspace.name, read.model, tags, _made(workspace.models, read.model, at))

    def _matched(
        self, workspace: str, model: ModelVersion, tags: dict[str, str], made: datetime | None
    ) -> tuple[Outcome, ...]:
        """Admit a version for each endpoint whose policy applies to it, and refuse it for invalid policies that may."""
        found = self.policies.for_model(workspace, model.name, model.version, tags)
        trigger = why(ReasonCode.ROLLOUT_STARTED, model=str(model))
        outcomes = [self._registered(Start(model, each, trigger, made=made)) for each in found]
        refusal = self.policies.refusal(workspace, model.name, tags)
        if refusal is not None:
            outcomes.append(_refused(str(refusal)))
        if not outcomes:
            message = self.policies.why_none(workspace, model.name, model.version, tags)
            none = why(ReasonCode.NO_POLICY, model=str(model), message=f"{message} (tags {tags})")
            outcomes.append(Outcome(IntakeResult.IGNORED, none))
        return tuple(outcomes)

    def _registered(self, start: Start) -> Outcome:
        """Admit a version for one endpoint; the loser of a race reads again what the winner has changed."""
        model, policy = start.model, start.policy
        for _ in range(TRIES):
            existing = self.store.rollout(policy.endpoint_id, rollout_id(start))
            if existing is not None:
                # The first delivery may have died after its write: wake an open rollout, but leave an ended one alone.
                if existing.value.finished is None:
                    self._push(policy.endpoint_id)
                return Outcome(
                    IntakeResult.DUPLICATE,
                    why(ReasonCode.DUPLICATE, model=str(model)),
                    policy.endpoint_id,
                    existing.value,
                )
            record = self.store.record(policy.endpoint_id)
            if is_late(record.value, model, start.made):
                return Outcome(IntakeResult.LATE, why(ReasonCode.OLDER_VERSION, model=str(model)), policy.endpoint_id)
            rollout = self._admitted(start, record)
            if rollout is not None:
                queued = rollout.phase == "queued"
                return Outcome(
                    IntakeResult.QUEUED if queued else IntakeResult.STARTED,
                    rollout.status.reason,
                    policy.endpoint_id,
                    rollout,
                )
        raise _crowded(policy.endpoint_id)

    def _admitted(self, start: Start, record: Stored[EndpointRecord]) -> Rollout | None:
        """Write the admission that this record of the endpoint allows; None if another was first."""
        endpoint = start.policy.endpoint_id
        self.store.mark_open(endpoint)
        current = self.store.rollout(endpoint, record.value.current) if record.value.current else None
        waiting = self.store.rollout(endpoint, record.value.waiting) if record.value.waiting else None
        try:
            admission = admit(
                start,
                record.value,
                current.value if current else None,
                waiting.value if waiting else None,
                self.clock(),
            )
        except IllegalMove as error:  # the record is out of date: what it says is waiting has begun, or ended
            log.info("conflict endpoint=%s: %s", endpoint, error)
            return None
        self.store.enlist(Pointer.to(admission.newcomer.rollout))
        etags = {stored.value.id: stored.etag for stored in (current, waiting) if stored}
        try:
            save(self.store, endpoint, _changes(admission, record.etag, etags))
        except Conflict:
            return None
        self._push(endpoint)
        return admission.newcomer.rollout

    def _current(self, record: EndpointRecord) -> Rollout | None:
        current = self.store.rollout(record.endpoint, record.current) if record.current else None
        return current.value if current else None

    def _push(self, endpoint: EndpointId) -> None:
        try:
            self.store.mark_open(endpoint)
            self.wakeups.wake(endpoint)
        except (Temporary, Permanent) as error:
            log.warning("no wake-up endpoint=%s: %s; the timer comes anyway", endpoint, error)


def _made(models: Models, model: ModelVersion, at: datetime | None) -> datetime | None:
    """Return when a model version was created: from ARM or else from the event's time (None: no event)."""
    try:
        return models.created(model) or at
    except (Temporary, Permanent) as error:
        log.warning("creation time unknown model=%s: %s; taking the event's time", model, error)
        return at


def _archived(models: Models, model: ModelVersion) -> bool:
    """Return whether somebody has archived the version since it was registered; False if that is not known."""
    try:
        return models.archived(model)
    except (Temporary, Permanent) as error:
        log.warning("unknown whether archived model=%s: %s", model, error)
        return False


def _refused(problems: str) -> Outcome:
    return Outcome(IntakeResult.REFUSED, why(ReasonCode.POLICY_INVALID, message=problems))


def _crowded(endpoint: EndpointId) -> Conflict:
    return Conflict(f"{endpoint} is being changed by others; try again")


def _changes(admission: Admission, record_etag: str | None, etags: dict[str, str | None]) -> Changes:
    decisions: list[tuple[str | None, Decision]] = [(None, admission.newcomer)]
    decisions += [(etags[decision.rollout.id], decision) for decision in admission.displaced]
    written = changed(*decisions)
    return Changes(written.rollouts, Stored(admission.record, record_etag), written.entries)
