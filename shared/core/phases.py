"""The phases of a rollout and every permitted transition between them.

When a transition is made is decided in `reconcile`.
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a rollout stands."""

    QUEUED = "queued"
    PROVISIONING = "provisioning"
    STEPPING = "stepping"
    PAUSED = "paused"
    PROMOTING = "promoting"
    PROMOTED = "promoted"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class IllegalMove(Exception):  # noqa: N818 -- named after what happened, as Python's StopIteration is
    """A transition that is not in the table: a bug in Teal, never caused by input."""


BEGINNINGS: dict[Phase, str] = {
    Phase.QUEUED: "accepted while another rollout is open on the endpoint",
    Phase.PROVISIONING: "accepted and the endpoint is free",
}

TRANSITIONS: dict[tuple[Phase, Phase], str] = {
    (Phase.QUEUED, Phase.PROVISIONING): "the endpoint is free",
    (Phase.QUEUED, Phase.SUPERSEDED): "a newer version, or one that an operator started, is waiting instead",
    (Phase.PROVISIONING, Phase.STEPPING): "green is observed ready",
    (Phase.PROVISIONING, Phase.SUPERSEDED): "this version already serves, or was deployed manually",
    (Phase.PROVISIONING, Phase.ROLLING_BACK): "provisioning failed, deadline, or operator request",
    (Phase.PROVISIONING, Phase.FAILED): "manual intervention required",
    (Phase.STEPPING, Phase.STEPPING): "the step passed and the next one begins",
    (
        Phase.STEPPING,
        Phase.PAUSED,
    ): "a pause step, an operator, too little evidence, traffic changed externally, or blue is lost",
    (
        Phase.STEPPING,
        Phase.PROMOTING,
    ): "the last step passed, an operator promotes, or a comparison showed blue to be worse",
    (Phase.STEPPING, Phase.ROLLING_BACK): "verdict FAIL, smoke test failed, deadline, or operator request",
    (Phase.STEPPING, Phase.SUPERSEDED): "someone deployed this version manually",
    (Phase.STEPPING, Phase.FAILED): "manual intervention required",
    (Phase.PAUSED, Phase.STEPPING): "resumed, enough evidence, compared with blue again, or a new blue was chosen",
    (Phase.PAUSED, Phase.PAUSED): "an operator, traffic changed externally, or blue is lost or replaced",
    (Phase.PAUSED, Phase.PROMOTING): "an operator promotes",
    (
        Phase.PAUSED,
        Phase.ROLLING_BACK,
    ): "verdict FAIL, deadline, operator request, or someone moved green's traffic back to blue",
    (Phase.PAUSED, Phase.SUPERSEDED): "someone deployed this version manually",
    (Phase.PAUSED, Phase.FAILED): "manual intervention required",
    (Phase.PROMOTING, Phase.STEPPING): "green looks harmful and is compared with blue again, or a new blue is chosen",
    (Phase.PROMOTING, Phase.SUPERSEDED): "someone deployed this version manually",
    (Phase.PROMOTING, Phase.PROMOTED): "all traffic observed on green, and the bake passed",
    (Phase.PROMOTING, Phase.PAUSED): "an operator, or traffic or blue changed externally",
    (Phase.PROMOTING, Phase.ROLLING_BACK): "verdict FAIL, deadline, or operator request",
    (Phase.PROMOTING, Phase.FAILED): "manual intervention required",
    (
        Phase.PROMOTED,
        Phase.ROLLING_BACK,
    ): "blue still exists: operator request, or someone moved the traffic back",
    (Phase.ROLLING_BACK, Phase.ROLLED_BACK): "all traffic observed on blue",
    (Phase.ROLLING_BACK, Phase.FAILED): "blue is unhealthy, nothing served before green, or Azure refuses",
}

# The phases in which a rollout decides the endpoint's traffic and can still advance.
STEERING = frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})
# The phases in which green is judged, once it has had traffic.
JUDGED = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})
TERMINAL = frozenset({Phase.PROMOTED, Phase.ROLLED_BACK, Phase.SUPERSEDED, Phase.FAILED})


def check_move(before: Phase, after: Phase) -> None:
    """Raise IllegalMove unless the table has this transition."""
    if (before, after) not in TRANSITIONS:
        raise IllegalMove(f"no rollout goes from {before} to {after}; from {before} it may go to {_exits(before)}")


def _exits(phase: Phase) -> str:
    return ", ".join(after for before, after in TRANSITIONS if before is phase) or "nowhere: it has ended"


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the README."""
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f"    [*] --> {_node(phase)}" for phase in BEGINNINGS]
    lines += [f"    {_node(before)} --> {_node(after)}" for before, after in TRANSITIONS]
    lines += [f"    {_node(phase)} --> [*]" for phase in Phase if phase in TERMINAL]
    return "\n".join(lines) + "\n"


def _node(phase: Phase) -> str:
    return phase.value.replace("-", "_")
