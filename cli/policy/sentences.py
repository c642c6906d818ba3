"""What an estimate means, in sentences, and what in a policy is unwise though it is not wrong. Data in, words out."""

from __future__ import annotations

from datetime import timedelta

from cli.policy.estimate import Estimate
from cli.policy.wording import about, listed, points
from shared.core.gates import ErrorsGate
from shared.core.policy import Policy
from shared.core.schema.times import spell
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep

MINUTE = timedelta(minutes=1)


def sentence(estimate: Estimate) -> str:
    """Return what the policy does at this traffic."""
    rate, rise = f"{estimate.traffic.requests_per_minute:,g}", points(estimate.traffic.rise)
    needs = (
        f"needs about {about(estimate.full)} to reach 100"
        if estimate.full is not None
        else f"does not reach 100 within {about(estimate.horizon)}"
    )
    sees = (
        f"would notice a {rise} error rise after {about(estimate.noticed)}"
        if estimate.noticed is not None
        else f"would most likely not notice a {rise} error rise"
    )
    return f"at {rate} requests a minute it {needs} and {sees}"


def cautions(policy: Policy, estimate: Estimate) -> list[str]:
    """Return what should make one think about this policy at this traffic."""
    found = []
    waiting = [stay.hold for stay in estimate.stays if stay.impatient]
    if waiting:
        places = listed([f"{hold.kind} {abs(hold.share)}" for hold in waiting])
        then = "go on uncertified" if all(hold.advances for hold in waiting) else "pause for a person"
        found.append(f"patience ends before the evidence is there, and it would {then}, at {places}")
    if estimate.full is None or estimate.full * MINUTE >= policy.deadlines.rollout:
        limit = spell(policy.deadlines.rollout)
        found.append(f"deadlines.rollout, {limit}, may be over before it is promoted; it would be rolled back")
    return found


def remarks(policy: Policy) -> list[str]:
    """Return what in a policy is unwise at any traffic."""
    kinds = {type(step) for step in policy.steps}
    found = []
    if SmokeStep not in kinds:
        found.append("no smoke step: green gets traffic without having answered a single request")
    if WeightStep not in kinds:
        found.append("no weight step: green gets all traffic at once, and is only watched there")
    first = next((step.weight for step in policy.steps if isinstance(step, WeightStep)), 0)
    if 50 < first < 100 and MirrorStep not in kinds:
        found.append(f"the first weight is {first}: most requests meet a version that met none before")
    found += _unwise_gates(policy, mirrored=MirrorStep in kinds)
    if policy.capacity.autoscale is False and policy.capacity.green == "same":
        found.append("autoscale: false: green keeps its instance count however much traffic comes")
    waits = [step for step in policy.steps if isinstance(step, PauseStep) and step.duration is None]
    if waits and policy.deadlines.rollout <= timedelta(days=1):
        limit = spell(policy.deadlines.rollout)
        found.append(f"a person must resume within deadlines.rollout, {limit}, or it is rolled back")
    return found


def _unwise_gates(policy: Policy, *, mirrored: bool) -> list[str]:
    """Return what is unwise in what is judged, and by what."""
    judge, found = policy.judge, []
    if not any(isinstance(gate, ErrorsGate) and gate.role == "critical" for gate in judge.gates):
        found.append("errors are not critical: a step may end while nobody knows yet whether green fails more")
    if mirrored and judge.errors_from == "metrics":
        found.append(
            "telemetry.errors: metrics: Azure does not say whether copies are counted there; if not, a mirror ends "
            "without evidence"
        )
    return found
