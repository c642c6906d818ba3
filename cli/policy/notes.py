"""Notes on simulated figures: what was assumed, and what was not simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cli.policy.wording import counted, share, span
from cli.simulate.curves import Constant, Curve
from cli.simulate.gates import unsimulated_gates
from cli.simulate.profile import Change, Fault, Profile
from cli.simulate.recorded_calibration import calibration_of
from cli.simulate.recording import Recording
from shared.core.gates import ClientErrorsGate, LatencyGate
from shared.core.policy import Policy
from shared.core.steps import PauseStep, SmokeStep
from shared.views import step_words


def world_words(profile: Profile) -> str:
    """Return what a profile assumes about blue and Azure."""
    ready = "never becomes ready" if profile.provisioning is None else f"is ready after {span(profile.provisioning)}"
    return (
        f"blue fails {_curve(profile.errors)} and refuses {_curve(profile.client_errors)} of the requests, and answers "
        f"in {profile.latency.median:g} ms (median); green {ready}"
    )


def fault_words(faults: tuple[Fault, ...]) -> str:
    """Return how green differs from blue."""
    return "; ".join(" and ".join(_changes(fault)) for fault in faults)


def notes(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield the notes for simulated rollouts of a policy."""
    yield from _unjudged(policy, profile)
    yield from _undersized(policy, profile)
    if any(isinstance(step, SmokeStep) for step in policy.steps) and profile.smoke == "pass":
        yield "smoke tests pass: faults begin with live or mirrored requests (profile: `smoke: live`)"
    if any(isinstance(step, PauseStep) and step.duration is None for step in policy.steps):
        when = "never" if profile.approve is None else f"after {span(profile.approve)}"
        yield f"pause steps are approved {when} (--approve)"
    if profile.resume is None:
        yield "nobody resumes a rollout that is paused for lack of evidence (--resume)"
    if profile.spread == "hour" and policy.freeze:
        start = f"{profile.start:%A %d %b %Y %H:%M %Z}"
        yield f"rollouts start within the hour after {start}, so few may meet a freeze window (--spread week)"


def replay_notes(recording: Recording, policy: Policy, departed: datetime | None) -> Iterator[str]:
    """Yield the notes for a replay."""
    if recording.record.endpoint.lower() != policy.endpoint:
        yield f"recorded on another endpoint: {recording.record.endpoint}"
    steps = [step.summary for step in recording.record.steps]
    if steps != [step_words(step) for step in policy.steps]:
        yield f"recorded with other steps: {', '.join(steps) or 'not recorded'}"
    _, difference = calibration_of(recording, policy.judge)
    if difference:
        yield difference
    if recording.lacks_minutes_before is not None:
        first = f"{recording.lacks_minutes_before:%d %b %H:%M}"
        yield f"the record has no minutes before {first}; the API returns more with ?minutes=1500"
    if departed is None:
        yield "every decision is the recorded one"
    else:
        yield f"departs from the record at {departed:%d %b %H:%M:%S}; from there, requests are drawn at recorded rates"


def _undersized(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield a note if the policy fixes green's instances at fewer than the serving deployment has."""
    green, blue = policy.capacity.green, profile.instances
    if isinstance(green, int) and green < blue:
        yield (
            f"green has {counted(green, 'instance')} and takes all traffic from {blue} (--instances), so it may be "
            "overloaded: raise `instance_count`, or write `proportional`"
        )


def _unjudged(policy: Policy, profile: Profile) -> Iterator[str]:
    """Yield which gates are left out, and which of green's faults no gate covers."""
    for name in unsimulated_gates(policy.judge):
        yield f"the {name} gate takes no part: simulated traffic has no data for it"
    gates = policy.judge.gates
    if any(fault.latency for fault in profile.faults) and not any(isinstance(gate, LatencyGate) for gate in gates):
        yield "no gate of this policy judges latency, so green's has no effect"
    if any(f.client_errors for f in profile.faults) and not any(isinstance(gate, ClientErrorsGate) for gate in gates):
        yield "no gate of this policy judges client errors, so green's have no effect"


def _curve(curve: Curve) -> str:
    return share(curve.value) if isinstance(curve, Constant) else "a varying share"


def _changes(fault: Fault) -> Iterator[str]:
    for name, change in (("errors", fault.errors), ("client errors", fault.client_errors)):
        if change is not None:
            yield f"{name} {_change(change, share(change.amount))}"
    if fault.latency is not None:
        yield f"latency {_change(fault.latency, f'{fault.latency.amount:g} ms')}"


def _change(change: Change, amount: str) -> str:
    return {"times": f"x{change.amount:g}", "plus": f"+{amount}", "to": amount}[change.kind]
