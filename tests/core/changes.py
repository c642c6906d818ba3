"""Flat names for a rollout's fields, so that a table row fits on one line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import cast

from shared.core.gates.readings import Thresholds
from shared.core.judge.verdict import Risk, Verdict
from shared.core.rollout import Assessment, Beside, Rollout

PLACES = {
    "phase": ("status", "phase"),
    "reason": ("status", "reason"),
    "since": ("status", "since"),
    "started": ("status", "started"),
    "step": ("progress", "step"),
    "step_since": ("progress", "since"),
    "smoke": ("progress", "smoke"),
    "in_pause_step": ("progress", "in_pause_step"),
    "weight": ("traffic", "weight"),
    "mirror": ("traffic", "mirror"),
    "steady_since": ("traffic", "steady_since"),
    "expected": ("traffic", "expected"),
    "ordered": ("orders", "traffic"),
    "shown": ("orders", "shown"),
    "mirror_ordered": ("orders", "mirror"),
    "blue_scaled_up": ("orders", "blue_scaled_up"),
    "created_order": ("orders", "created"),
    "judged_until": ("judging", "judged_until"),
    "calibration": ("judging", "calibration"),
    "evidence": ("judging", "evidence"),
    "assessment": ("judging", "assessment"),
    "compared": ("judging", "compared"),
    "starvation_reported": ("judging", "starvation_reported"),
    "last": ("observed", "last"),
    "recent": ("rereading", "recent"),
    "began": ("rereading", "began"),
    "lag": ("rereading", "lag"),
    "serving": ("observed", "serving"),
    "telemetry_problem": ("observed", "telemetry_problem"),
    "missing_gates": ("observed", "missing_gates"),
    "clean_after": ("ending", "clean_after"),
    "seen_healthy": ("ending", "seen_healthy"),
    "blue_scaled_down": ("ending", "blue_scaled_down"),
    "finished": ("ending", "finished"),
}


def changed(rollout: Rollout, **changes: object) -> Rollout:
    """Return the rollout with these fields changed, in whichever part of the record they are.

    blue: the deployment next to green, None before the endpoint was observed. verdict: compared with thresholds that
    require nothing. request: the only pending one. created: sets the start as well. Anything else is a field of the
    record.
    """
    whole: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = defaultdict(dict)
    for name, value in _paired(changes).items():
        if name in PLACES:
            part, field = PLACES[name]
            parts[part][field] = value
        else:
            whole[name] = value
    whole |= {part: replace(getattr(rollout, part), **news) for part, news in parts.items()}
    return replace(rollout, **whole)  # type: ignore[arg-type] # fields of a dataclass, by name


def _paired(changes: dict[str, object]) -> dict[str, object]:
    """Return the changes with fields that only exist in pairs completed."""
    made = dict(changes)
    if "blue" in made:
        blue = cast("str | None", made.pop("blue"))
        made["placement"] = Beside(blue) if blue else None
    if "verdict" in made:
        verdict = cast("Verdict | None", made.pop("verdict"))
        made["assessment"] = Assessment(verdict, Thresholds(Risk(), None)) if verdict else None
    if "request" in made:
        made["requests"] = (made.pop("request"),)
    if "created" in made:
        made["started"] = cast("datetime", made["created"])
    return made
