"""What stopped a rollout, in words."""

from __future__ import annotations

from cli.simulate.ending import Blocker
from shared.core.policy import Policy
from shared.core.rollout.reasons import ReasonCode
from shared.views import step_words
from shared.words.numbers import duration

# Codes without a row here are shown as they are.
WORDS = {
    ReasonCode.DEADLINE_EXCEEDED: "the {deadline} deadline of {limit} passed",
    ReasonCode.EVIDENCE_INSUFFICIENT: "not enough evidence within {limit}",
    ReasonCode.REGRESSION_DETECTED: "regression detected by the {gate} gate",
    ReasonCode.NOT_CERTIFIED: "{gate} gate not certified",
    ReasonCode.SUSPICIOUS: "harm suspected by the {gate} gate",
    ReasonCode.GATE_NOT_JUDGED: "{gate} gate cannot be judged",
    ReasonCode.TOO_FEW_MINUTES: "too few minutes with requests",
    ReasonCode.NO_REGRESSION_SEEN: "neither the time nor the requests of the step reached",
    ReasonCode.NOTHING_JUDGED: "no minute could be judged",
    ReasonCode.NO_REQUESTS: "no request reached green",
    ReasonCode.GREEN_UNHEARD: "the {gate} gate counts nothing of green's",
    ReasonCode.GATE_WITHOUT_DATA: "the {gate} gate has no data",
    ReasonCode.GREEN_STARVED: "green gets none of its share",
}


def blocker_words(blocker: Blocker, policy: Policy) -> str:
    """Return where and why a rollout stopped: `at step 3 (weight 25%): ...`."""
    why = _words(blocker.code, blocker)
    return f"{place(blocker.step, policy)}: {why}" + (f" ({_words(blocker.cause, blocker)})" if blocker.cause else "")


def place(step: int, policy: Policy) -> str:
    """Return a step's position in the policy: its number (from 1) and kind. `step` is an index."""
    if step < 0:
        return "during provisioning"
    return f"at step {step + 1} ({step_words(policy.steps[step])})" if step < len(policy.steps) else "during promotion"


def _words(code: ReasonCode, blocker: Blocker) -> str:
    limit = duration(blocker.limit_seconds or 0.0)
    template = WORDS.get(code, code.value.replace("_", " "))
    return template.format(gate=blocker.gate, deadline=blocker.deadline, limit=limit)
