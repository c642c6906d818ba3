"""Each gate's readings, short enough for a terminal. All numbers come from Teal."""

from __future__ import annotations

from dataclasses import dataclass

from cli.demo.api import Json

DRY_RUN = "dry_run"  # Teal's name for the role
JUDGED = "stepping"
COUNTED = {"errors": "failed", "client_errors": "refused", "latency": "too slow"}


@dataclass(frozen=True, slots=True)
class Distance:
    """How close one gate is to a decision. what: the gate and the decision. gone: progress towards it, 0 to 1.

    gone is None for a dry run, which decides nothing. odds: the odds so far and the odds required.
    """

    what: str
    gone: float | None
    odds: str


def distances(rollout: Json) -> list[Distance]:
    """Return how close each gate is to the next step and to a rollback; empty while nothing is judged."""
    if rollout["phase"] != JUDGED:
        return []
    ahead = next_weight(rollout)
    return [each for gate in rollout["gates"] for each in _of(gate, ahead)]


def next_weight(rollout: Json) -> str:
    """Return green's share in the next step, as Teal formats it; "" if there is none."""
    ahead = (step["weight"] for step in rollout["steps"][rollout["step"] + 1 :])
    return next((f"{weight}%" for weight in ahead if weight is not None), "")


def title(gate: Json) -> str:
    """Return a gate's name, marked as a dry run if it is one."""
    return f"{gate['gate']} (dry run)" if gate["role"] == DRY_RUN else str(gate["gate"])


def rate(gate: Json, role: str) -> str:
    """Return the rate that a gate counted for a role ("blue" or "green"), as text."""
    bad, total = gate[f"{role}_bad"], gate[f"{role}_total"]
    return f"{100 * bad / total:.3g} % of {total:,} {COUNTED.get(gate['gate'], 'counted')}" if total else "no requests"


def _of(gate: Json, ahead: str) -> list[Distance]:
    name, worse = gate["gate"], gate["odds_worse"]
    if gate["role"] == DRY_RUN:
        return [Distance(title(gate), None, f"odds {worse} that green is worse")]
    found = []
    if gate["certificate_progress"] is not None:
        odds = f"odds {gate['odds_safe']} of {gate['odds_safe_threshold']}"
        found.append(
            Distance(
                f"{name}: go to {ahead or 'the next step'}", gate["certificate_progress"], f"{odds} that it is safe"
            )
        )
    odds = f"odds {worse} of {gate['odds_worse_threshold']} that green is worse"
    return [*found, Distance(f"{name}: roll back", gate["rollback_progress"], odds)]
