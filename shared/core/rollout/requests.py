"""Decides whether an operator's request is accepted, and records it. The loop carries it out later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.operator_request import AnsweredKey, OperatorRequest
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.verbs import Verb
from shared.errors import ErrorCode, NotPossible
from shared.redaction import redacted

MOST_WAITING = 10
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class Address:
    """Which rollout a request is meant for, according to the caller; fields that are None match everything.

    rollout: its id. model, version: what it rolls out. expected_step: the index of its step. key: the same in every
    repetition of a request, so that it is carried out once.
    """

    rollout: str | None = None
    model: str | None = None
    version: str | None = None
    expected_step: int | None = None
    key: str | None = None

    def names(self, rollout: Rollout) -> bool:
        """Return whether this rollout is the one that is meant."""
        model = rollout.model
        asked = ((self.rollout, rollout.id), (self.model, model.name), (self.version, model.version))
        return all(wanted in {None, found} for wanted, found in asked)

    def ambiguous(self, rollout: Rollout) -> bool:
        """Return whether it gives a version, but not of which model, and the policy has several."""
        only_version = self.version is not None and self.model is None and self.rollout is None
        return only_version and len(_models(rollout)) > 1


ANY = Address()


def ask(rollout: Rollout, request: OperatorRequest, address: Address = ANY) -> Decision:
    """Return the rollout with the request added, and a history entry.

    A repetition changes nothing. Raises NotPossible if the request is not possible now, or is meant for another
    rollout.
    """
    if repeated(rollout, request, address):
        return Decision(rollout)
    objection = _misaddressed(rollout, address, request) or _objection(rollout, request.verb)
    if objection is not None:
        raise objection
    comment = redacted(request.reason, rollout.policy.redact)
    accepted = replace(request, reason=comment, step=rollout.progress.step)
    waiting = replace(rollout, requests=(*rollout.requests, accepted))
    if address.key is not None:
        answered = AnsweredKey(_digest(address.key), request.verb, _contents(request, address), request.at)
        waiting = replace(waiting, answered=(*rollout.answered, answered)[-MOST_KEYS:])
    return history.noted(waiting, _accepted(rollout, accepted), request.at, request.by)


def repeated(rollout: Rollout, request: OperatorRequest, address: Address) -> bool:
    """Return whether this request was accepted before. Raises NotPossible if its key was used for another request."""
    known = answered(rollout, address)
    if known is None:
        return False
    if known.request != _contents(request, address):
        words = f"the key {address.key!r} was used for another request, to {known.verb}; a new request needs a new key"
        raise NotPossible(ErrorCode.KEY_REUSED, words)
    return True


def answered(rollout: Rollout, address: Address) -> AnsweredKey | None:
    """Return what this rollout accepted under the same idempotency key, if anything."""
    key = None if address.key is None else _digest(address.key)
    return next((each for each in rollout.answered if each.key == key), None)


def allowed_verbs(rollout: Rollout) -> tuple[Verb, ...]:
    """Return what an operator can request of this rollout now."""
    return tuple(verb for verb in Verb if _objection(rollout, verb) is None)


def skipped_steps(rollout: Rollout) -> list[str]:
    """Return the steps that a full promotion would skip, such as `weight 25`: those not passed yet."""
    rest = rollout.policy.steps[rollout.progress.step :]
    return [step.kind if step.load is None else f"{step.kind} {step.load}%" for step in rest]


def _contents(request: OperatorRequest, address: Address) -> str:
    """Return a digest of all that the caller sent, apart from the key."""
    meant = replace(address, key=None)
    return _digest(f"{request.verb}\n{request.full}\n{request.by}\n{request.reason}\n{meant}")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _accepted(rollout: Rollout, request: OperatorRequest) -> Reason:
    why = reason(ReasonCode.REQUEST_ACCEPTED, actor=request.by, comment=request.reason, verb=request.verb.value)
    if request.full:
        why.facts["skipped"] = skipped_steps(rollout)
    return why


def _misaddressed(rollout: Rollout, address: Address, request: OperatorRequest) -> NotPossible | None:
    if not address.names(rollout):
        words = f"the current rollout of {rollout.endpoint} is {rollout.id} of {rollout.model}, not the one named"
        return NotPossible(ErrorCode.NOT_CURRENT_ROLLOUT, words + _way_back(rollout, address, request))
    if address.ambiguous(rollout):
        return _unclear(rollout)
    if address.expected_step is not None and address.expected_step != rollout.progress.step:
        return NotPossible(
            ErrorCode.STEP_CHANGED, f"the rollout is at step {rollout.progress.step}, not {address.expected_step}"
        )
    return None


def _unclear(rollout: Rollout) -> NotPossible:
    words = (
        f"give the model too, because the policy of {rollout.endpoint} has several ({', '.join(_models(rollout))}); "
        f"the current rollout is {rollout.id} of {rollout.model}"
    )
    return NotPossible(ErrorCode.INVALID_FIELD, words, "model")


def _models(rollout: Rollout) -> list[str]:
    """Return the names of the models that the endpoint's policy selects."""
    return sorted({selector.name for selector in rollout.policy.models})


def _way_back(rollout: Rollout, address: Address, request: OperatorRequest) -> str:
    """Return how to roll back the rollout before this one, if that is meant and its blue is still kept, or empty."""
    kept = rollout.kept[-1] if rollout.kept else None
    if (
        request.verb is not Verb.ROLLBACK
        or kept is None
        or kept.until <= request.at
        or not _made_blue(rollout, address)
    ):
        return ""
    split = " ".join([f"{kept.deployment}=100", *(f"{name}=0" for name in rollout.wanted_traffic)])
    command = f'az ml online-endpoint update --name {rollout.endpoint.name} --traffic "{split}"'
    return f"; {kept.deployment} is kept until {kept.until:%Y-%m-%d %H:%M} UTC, and `{command}` returns to it"


def _made_blue(rollout: Rollout, address: Address) -> bool:
    """Return whether the address names the rollout that made this one's blue."""
    runs = next((each.model for each in rollout.observed.runs if each.deployment == rollout.blue), "")
    version = ModelVersion(address.model or rollout.model.name, address.version or "")
    named = address.rollout is not None and address.rollout.rpartition("-")[0] == rollout.blue
    return named or (address.version is not None and version.named_by(runs))


def _objection(rollout: Rollout, verb: Verb) -> NotPossible | None:
    phases = verb.row.phases
    if rollout.over or rollout.only_watches:
        return NotPossible(ErrorCode.NOT_POSSIBLE_IN_PHASE, f"the rollout of {rollout.model} is over: {rollout.phase}")
    if rollout.phase not in phases:
        return NotPossible(
            ErrorCode.NOT_POSSIBLE_IN_PHASE,
            f"the rollout of {rollout.model} is {rollout.phase}; {verb} is possible while a rollout is "
            f"{' or '.join(phase for phase in Phase if phase in phases)}",
        )
    if verb.row.tested and not rollout.smoke_passed:
        return NotPossible(
            ErrorCode.SMOKE_TEST_NOT_PASSED,
            f"{rollout.green} has not passed its smoke test yet, so {verb} is not possible",
        )
    return _outranked(rollout, verb)


def _outranked(rollout: Rollout, verb: Verb) -> NotPossible | None:
    # Teal's own request, for a newer version, can wait for hours: it neither outranks an operator's nor counts as one.
    by_operators = [request for request in rollout.requests if request.by != history.TEAL]
    urgent = next((request for request in by_operators if request.verb.row.urgent), None)
    if urgent is not None:
        words = f"{urgent.by} already requested a {urgent.verb}, which takes precedence"
        return NotPossible(ErrorCode.ROLLBACK_REQUESTED, words)
    safest = min((request.verb.row.risk for request in by_operators), default=verb.row.risk)
    if len(by_operators) >= MOST_WAITING and verb.row.risk >= safest:  # a safer one is accepted, however many wait
        return NotPossible(ErrorCode.TOO_MANY_REQUESTS, f"{len(by_operators)} requests are waiting to be carried out")
    return None
