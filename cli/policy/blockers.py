"""What stopped a rollout, in words."""

from __future__ import annotations

from cli.policy.wording import span
from cli.simulate.ending import Blocker
from shared.core.policy import Policy
from shared.core.rollout.reasons import ReasonCode
from shared.views import step_words

WORDS = {
    ReasonCode.REGRESSION_DETECTED: "regression detected by the {gate} gate",
    ReasonCode.EVIDENCE_INSUFFICIENT: "not enough evidence in time",
    ReasonCode.STEP_PASSED: "{gate} certified",
    ReasonCode.NOT_CERTIFIED: "{gate} not certified yet",
    ReasonCode.SUSPICIOUS: "{gate} looks suspicious",
    ReasonCode.GATE_NOT_JUDGED: "{gate} cannot be judged",
    ReasonCode.TOO_FEW_MINUTES: "too few minutes with requests",
    ReasonCode.NOTHING_JUDGED: "no minute could be judged",
    ReasonCode.NO_REQUESTS: "green got no requests",
}


def blocker_words(blocker: Blocker, policy: Policy) -> str:
    """Return what stopped a rollout of a policy, and where: `at step 3 (weight 25%): ...`."""
    return f"{place(blocker.step, policy)}: {_why(blocker, policy)}"


def place(step: int, policy: Policy) -> str:
    """Return a step of a policy by its number, counted from 1, and its kind."""
    return f"at step {step + 1} ({step_words(policy.steps[step])})" if step < len(policy.steps) else "during promotion"


def _why(blocker: Blocker, policy: Policy) -> str:
    words = _words(blocker.code, blocker.gate)
    if blocker.deadline:
        limit = getattr(policy.deadlines, blocker.deadline, None)
        words = f"the {blocker.deadline} deadline" + (f" of {span(limit)}" if limit else "") + " passed"
    return f"{words} ({_words(blocker.cause, blocker.gate)})" if blocker.cause else words


def _words(code: ReasonCode, gate: str) -> str:
    return WORDS[code].format(gate=gate or "a") if code in WORDS else code.value.replace("_", " ")
