"""When an operator's request is granted. A granted request is only recorded; the loop carries it out."""

from __future__ import annotations

from dataclasses import replace

from shared.core.phases import Phase
from shared.core.rollout.record import OperatorRequest, Rollout
from shared.core.verbs import Verb
from shared.errors import ErrorCode, NotPossible


def ask(rollout: Rollout, request: OperatorRequest) -> Rollout:
    """Return the rollout with the request recorded; raises NotPossible if it makes no sense now."""
    objection = _objection(rollout, request.verb)
    if objection is not None:
        raise objection
    return replace(rollout, request=request)


def allowed_verbs(rollout: Rollout) -> tuple[Verb, ...]:
    """Return what an operator may ask of this rollout now."""
    return tuple(verb for verb in Verb if _objection(rollout, verb) is None)


def _objection(rollout: Rollout, verb: Verb) -> NotPossible | None:
    phases = verb.row.phases
    if rollout.finished is not None:
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
    if rollout.request is not None and rollout.request.verb.row.urgent:
        return NotPossible(
            ErrorCode.ROLLBACK_REQUESTED,
            f"{rollout.request.by} already requested a {rollout.request.verb}, which takes precedence",
        )
    return None
