"""The runbook covers everything that can alert an operator."""

from __future__ import annotations

import re
from pathlib import Path

from docs.runbook_actions import ACTIONS, NOTHING_TO_DO
from shared.core.rollout.reasons import ReasonCode
from shared.words.reasons import MANUAL, REASONS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/runbook.md").read_text()


def test_every_reason_code_has_an_action_or_needs_none() -> None:
    """Otherwise the page would not mention a new code."""
    assert ACTIONS.keys() | NOTHING_TO_DO == set(ReasonCode)
    assert ACTIONS.keys() & NOTHING_TO_DO == set()


def test_a_reason_that_asks_for_a_person_says_what_to_do() -> None:
    """Their sentences say that manual intervention is required."""
    asking = {code for code, row in REASONS.items() if MANUAL in row.template}
    assert asking
    assert asking <= ACTIONS.keys()


def test_every_health_check_is_explained() -> None:
    """Findings are named as in the code."""
    code = "".join((ROOT / f"shared/{name}.py").read_text() for name in ("health", "rollout_health"))
    names = set(re.findall(r"Finding\(\s*\"(\w+)\"", code)) | {"poison", "dead_letters"}
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE.split("## Is Teal healthy?")[1].split("## Alerts")[0], re.MULTILINE))
    assert rows == names
