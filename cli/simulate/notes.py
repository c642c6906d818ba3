"""What a reader of the figures must know, in words: what was assumed, and what was not simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cli.simulate.gates import silent
from cli.simulate.profile import Profile
from cli.simulate.recorded_judge import calibration_of
from cli.simulate.recording import Recording
from shared.core.gates import ClientErrorsGate, LatencyGate
from shared.core.policy import Policy
from shared.core.schema.times import spell
from shared.core.steps import PauseStep, SmokeStep
from shared.views import step_words


def notes(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield what holds for simulated rollouts."""
    yield from _unjudged(policy, profile)
    if any(isinstance(step, SmokeStep) for step in policy.steps) and profile.smoke == "pass":
        yield "smoke tests pass: faults begin with live or mirrored requests (profile: smoke: live)"
    if any(isinstance(step, PauseStep) and step.duration is None for step in policy.steps):
        said = "never" if profile.approve is None else f"after {spell(profile.approve)}"
        yield f"pause steps are approved {said} (--approve)"
    if profile.resume is None:
        yield "a rollout paused for want of evidence counts as held: nobody resumes it (--resume)"
    if profile.spread == "hour" and policy.freeze:
        began = f"{profile.start:%A %d %b %Y %H:%M %Z}"
        yield f"each begins within the hour after {began}, so few may meet a freeze (--spread week)"


def replay_notes(recording: Recording, policy: Policy, departed: datetime | None) -> Iterator[str]:
    """Yield what holds for a replay."""
    if recording.record.endpoint.lower() != policy.endpoint:
        yield f"recorded on another endpoint: {recording.record.endpoint}"
    steps = [step.summary for step in recording.record.steps]
    if steps != [step_words(step) for step in policy.steps]:
        yield f"recorded under other steps: {', '.join(steps) or 'not said'}"
    _, otherwise = calibration_of(recording, policy.judge)
    if otherwise:
        yield otherwise
    if departed is None:
        yield "every decision is the recorded one"
    else:
        yield f"departs from the record at {departed:%d %b %H:%M:%S}; from there requests are drawn at recorded rates"


def _unjudged(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield which gates take no part, and what of green no gate looks at."""
    for name in silent(policy.judge):
        yield f"the gate {name} takes no part: a profile says nothing of what it counts"
    gates = policy.judge.gates
    if any(fault.latency for fault in profile.faults) and not any(isinstance(gate, LatencyGate) for gate in gates):
        yield "no gate of this policy judges latency, so green's is of no effect"
    if any(f.client_errors for f in profile.faults) and not any(isinstance(gate, ClientErrorsGate) for gate in gates):
        yield "no gate of this policy judges client errors, so green's are of no effect"
