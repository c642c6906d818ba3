"""What a person may ask of a rollout, and when. A granted request is only written down: the loop carries it out."""

from __future__ import annotations

from dataclasses import replace

from shared.core.phases import Phase
from shared.core.rollout.record import OperatorRequest, Rollout, Verb
from shared.errors import NotPossible

STEERED = {Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}

POSSIBLE: dict[Verb, frozenset[Phase]] = {
    Verb.PROMOTE: frozenset({Phase.STEPPING, Phase.PAUSED}),
    Verb.PAUSE: frozenset({Phase.STEPPING}),
    Verb.RESUME: frozenset({Phase.PAUSED}),
    Verb.ROLLBACK: frozenset({*STEERED, Phase.PROMOTED}),
}


def ask(rollout: Rollout, wish: OperatorRequest) -> Rollout:
    """Return the rollout with the wish written down; raises NotPossible if it makes no sense now."""
    objection = _objection(rollout, wish.verb)
    if objection is not None:
        raise NotPossible(objection)
    return replace(rollout, wish=wish)


def possible(rollout: Rollout) -> tuple[Verb, ...]:
    """Return what a person may ask of this rollout now."""
    return tuple(verb for verb in Verb if _objection(rollout, verb) is None)


def _objection(rollout: Rollout, verb: Verb) -> str | None:
    if rollout.phase not in POSSIBLE[verb] or rollout.finished is not None:
        phases = ", ".join(sorted(POSSIBLE[verb]))
        return f"the rollout of {rollout.model} is {rollout.phase}; {verb} needs one that is {phases}"
    if verb is Verb.PROMOTE and not rollout.smoke_passed:
        return f"{rollout.green} has not passed its smoke test yet, so it cannot be promoted"
    if rollout.wish is not None and rollout.wish.verb is Verb.ROLLBACK:
        return f"{rollout.wish.by} has asked for a rollback already, and it goes before everything else"
    return None
