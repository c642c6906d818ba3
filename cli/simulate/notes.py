"""What a reader of the figures must know, in words: what was assumed, and what was not simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cli.simulate.profile import Profile
from cli.simulate.recording import Recording
from shared.core.policy import PauseStep, Policy, SmokeStep
from shared.policies.times import spell
from shared.views import step_words


def notes(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield what holds for simulated rollouts."""
    if profile.latency:
        yield "latency is not simulated: no gate of this policy judges it"
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
    if recording.record.steps != tuple(step_words(step) for step in policy.steps):
        yield f"recorded under other steps: {', '.join(recording.record.steps) or 'not said'}"
    if recording.record.calibration is None:
        yield "the record does not say how the judge was set, so it is set from blue's recorded minutes"
    if departed is None:
        yield "every decision is the recorded one"
    else:
        yield f"departs from the record at {departed:%d %b %H:%M:%S}; from there requests are drawn at recorded rates"
