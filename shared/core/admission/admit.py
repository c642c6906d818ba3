"""Which rollout may begin: one is open per endpoint, the newest version waits, and the others are superseded.

Admission is decided from the record alone; Azure is observed afterwards.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.policy.policy import Policy
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.operator_request import OperatorRequest
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.status import Status
from shared.core.verbs import Verb
from shared.errors import ErrorCode, NotPossible, TealError, Temporary

LONGEST_NAME = 32
MOST_REPLACED = 3  # in a row without a promotion; the next rollout is allowed to finish


@dataclass(frozen=True, slots=True)
class Missed:
    """A registered version without a rollout. newer: the newer version that was admitted in the meantime, if any."""

    model: ModelVersion
    created: datetime
    newer: str = ""


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """The lock of one endpoint: the rollout that may act, the one that waits, and the newest version of each model.

    The version matters because events arrive late and out of order: an old version must not replace a newer one. made:
    when the newest version of each model was created, if known. before: if not, the creation time of the last version
    for which it is known. replaced: the number of rollouts that newer versions have replaced since the last promotion.
    managed: when Teal began to manage each model here. missed: the versions without a rollout that the last daily
    comparison found.
    """

    endpoint: EndpointId
    current: str | None = None
    waiting: str | None = None
    newest: dict[str, str] = field(default_factory=dict)
    made: dict[str, datetime] = field(default_factory=dict)
    before: dict[str, datetime] = field(default_factory=dict)
    replaced: int = 0
    managed: dict[str, datetime] = field(default_factory=dict)
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A request to start a rollout. attempt: 1, or more when an operator restarts a rollout that has ended.

    made: when the version was created (None: unknown).
    """

    model: ModelVersion
    policy: Policy
    trigger: Reason
    actor: str = history.TEAL
    attempt: int = 1
    made: datetime | None = None


def rollout_id(start: Start) -> str:
    """Return the id of this start. Repeated requests get the same id, so duplicates become one rollout."""
    digest = _digest(str(start.policy.endpoint_id), start.model, start.attempt)
    return f"{deployment_name(start.model, start.attempt)}-{digest}"


def deployment_name(model: ModelVersion, attempt: int = 1) -> str:
    """Return green's name: the model's name and version as Azure allows it (3 to 32 of a-z, 0-9, -; a letter first).

    Names that had to be changed or truncated get a digest, so that two models never share one. So do names whose
    version is not a number, since they would be ambiguous (`a-b` version 1, `a` version b-1).
    """
    plain = f"{model.name}-{model.version}" + (f"-r{attempt}" if attempt > 1 else "")
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if name == plain and len(name) <= LONGEST_NAME and name[0].isalpha() and model.version.isdecimal():
        return name
    digest = _digest("", model, attempt)
    stem = name if name[:1].isalpha() else f"m-{name}"
    return f"{stem[: LONGEST_NAME - len(digest) - 1].strip('-')}-{digest}"


def is_late(record: EndpointRecord, model: ModelVersion, made: datetime | None = None) -> bool:
    """Return whether a later version (by creation, of any of the endpoint's models) has already been admitted."""
    return bool(overtaken_by(record, model, made))


def overtaken_by(record: EndpointRecord, model: ModelVersion, made: datetime | None = None) -> str:
    """Return the later version that has already been admitted (`name:version` for another model), or an empty string.

    made: when this version was created. Creation time is the only order between versions of different models.
    """
    if _is_older(record, model, made):
        return record.newest[model.name]
    others = [(at, name) for name, at in (record.before | record.made).items() if name != model.name]
    if made is None or not others or made >= max(others)[0]:
        return ""
    _, name = max(others)
    return str(ModelVersion(name, record.newest.get(name, "")))


def _is_older(record: EndpointRecord, model: ModelVersion, made: datetime | None) -> bool:
    """Return whether a later version of the same model has already been admitted.

    Creation times decide. Versions are just names: 1.10.0 and dates sort wrongly as text, and versions need not
    increase. Whole numbers are compared only if the times do not decide.
    """
    newest, admitted = record.newest.get(model.name, ""), record.made.get(model.name)
    if newest == model.version:
        return False
    if made is not None and admitted is not None and made != admitted:
        return made < admitted
    before = record.before.get(model.name)
    if made is not None and before is not None and made < before:
        return True
    return model.version.isdecimal() and newest.isdecimal() and int(model.version) < int(newest)


@dataclass(frozen=True, slots=True)
class Admission:
    """What admitting a start changes: the lock, the new rollout, and the rollouts that it displaces or speeds up."""

    record: EndpointRecord
    newcomer: Decision
    displaced: tuple[Decision, ...] = ()


def admit(
    start: Start, record: EndpointRecord, current: Rollout | None, waiting: Rollout | None, now: datetime
) -> Admission:
    """Return the admission of a rollout that does not exist yet. current, waiting: the rollouts that the lock names."""
    free = current is None or current.finished is not None
    why = start.trigger
    if current is not None and not free:
        why = reason(ReasonCode.WAITING_FOR_ENDPOINT, because=start.trigger, model=str(current.model))
    rollout = Rollout(
        id=rollout_id(start),
        endpoint=start.policy.endpoint_id,
        model=start.model,
        policy=start.policy,
        green=deployment_name(start.model, start.attempt),
        created=now,
        trigger=start.trigger,
        status=Status(phase=Phase.PROVISIONING if free else Phase.QUEUED, started=now, since=now, reason=why),
    )
    newcomer = Decision(rollout, (history.entry(rollout, why, now, actor=start.actor, before=None),))
    record = _with_known(_with_newest(record, start), start, now)
    if free:
        return Admission(replace(record, current=rollout.id), newcomer)
    displaced = [_superseded(waiting, start, now)] if waiting is not None else []
    replacing = current is not None and _replaces(current, start)
    if current is not None and replacing:
        displaced += [_replaced(current, start, record.replaced, now)]
    replaced = record.replaced + (replacing and record.replaced < MOST_REPLACED)
    return Admission(replace(record, waiting=rollout.id, replaced=replaced), newcomer, tuple(displaced))


def _with_newest(record: EndpointRecord, start: Start) -> EndpointRecord:
    """Return the lock with this version as the newest of its model, unless the lock has a newer one.

    If this version's creation time is unknown, the time of the previous one still shows which events are late.
    """
    if _is_older(record, start.model, start.made):
        return record
    name = start.model.name
    made, before = (
        {model: at for model, at in times.items() if model != name} for times in (record.made, record.before)
    )
    known = record.made.get(name) or record.before.get(name)
    if start.made is not None:
        made[name] = start.made
    elif known is not None:
        before[name] = known
    return replace(record, newest=record.newest | {name: start.model.version}, made=made, before=before)


def _with_known(record: EndpointRecord, start: Start, now: datetime) -> EndpointRecord:
    """Return the lock after noting that Teal manages this model and that this version has a rollout."""
    return replace(
        record,
        managed={start.model.name: now} | record.managed,
        missed=tuple(each for each in record.missed if each.model != start.model),
    )


def objection(start: Start, current: Rollout | None) -> TealError | None:
    """Return why a version must not be started: it already serves next to the open rollout. None: no objection.

    Starting it would end the open or the waiting rollout, and would then turn out to have nothing to do.
    """
    if current is None or not current.open:
        return None
    where = f"on {current.endpoint}, where the rollout of {current.model} is open"
    if current.observed.last is None:
        return Temporary(f"it is not known yet what serves {where}, so {start.model} is not started")
    serving = {current.observed.serving, None if current.alone else current.blue}
    runs = (each for each in current.observed.runs if each.deployment in serving)
    name = next((each.deployment for each in runs if start.model.named_by(each.model)), None)
    if name is None:
        return None
    words = f"{name} already serves {start.model} {where}; to return to {start.model}, roll that one back"
    return NotPossible(ErrorCode.ALREADY_SERVING, words)


def succeed(
    record: EndpointRecord, ended: Rollout, waiting: Rollout | None, now: datetime
) -> tuple[EndpointRecord, Decision | None]:
    """Return the lock after its current rollout has finished, and the waiting rollout, now begun, if any.

    The new rollout inherits the deployments that the old one kept, what it observed running, and the deletions that it
    ordered. A promotion ends a series of replacements.
    """
    if ended.phase is Phase.PROMOTED:
        record = replace(record, replaced=0)
    runs = tuple(replace(each, replaced=False) for each in ended.observed.runs)
    if waiting is None:
        return replace(record, current=None, waiting=None), None
    begun = replace(waiting, status=replace(waiting.status, started=now), kept=ended.kept)
    return replace(record, current=waiting.id, waiting=None), history.moved(
        begun.with_observed(runs=runs).with_orders(deleted=ended.orders.deleted),
        Phase.PROVISIONING,
        reason(ReasonCode.ENDPOINT_FREE),
        now,
    )


def _replaces(current: Rollout, start: Start) -> bool:
    """Return whether the new rollout's policy lets it replace the current one, which is not rolling back yet."""
    replaceable = current.phase in {Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED}
    going_back = any(request.verb is Verb.ROLLBACK for request in current.requests)
    return start.policy.newer_version == "replace" and replaceable and not going_back


def _replaced(current: Rollout, start: Start, replaced: int, now: datetime) -> Decision:
    """Return the current rollout with a request to roll back or, after too many replacements, allowed to finish.

    If versions arrive faster than a rollout can finish and each one replaced the last, none would ever be promoted.
    """
    if replaced >= MOST_REPLACED:
        return history.noted(
            current, reason(ReasonCode.NOT_REPLACED_AGAIN, model=str(start.model), replaced=replaced), now
        )
    request = OperatorRequest(Verb.ROLLBACK, by=history.TEAL, reason=f"{start.model} replaces it", at=now)
    why = reason(ReasonCode.REPLACED_BY_NEWER_VERSION, because=start.trigger, model=str(start.model))
    return history.noted(replace(current, requests=(*current.requests, request)), why, now, start.actor)


def _superseded(waiting: Rollout, start: Start, now: datetime) -> Decision:
    why = reason(ReasonCode.SUPERSEDED, because=start.trigger, model=str(start.model))
    return history.moved(waiting.finish(now), Phase.SUPERSEDED, why, now, start.actor)


def _digest(endpoint: str, model: ModelVersion, attempt: int) -> str:
    return hashlib.sha256(f"{endpoint}\n{model.name}\n{model.version}\n{attempt}".encode()).hexdigest()[:6]
