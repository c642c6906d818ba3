"""Warnings about valid policies that are unwise at any traffic."""

from __future__ import annotations

import re
from datetime import timedelta

from cli.policy.wording import span
from shared.core.gates import ErrorsGate
from shared.core.policy import Policy
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep

# A variable of a shell, a pipeline or another template language, which stays literal text.
FOREIGN_VARIABLE = re.compile(r"\$\(\w+\)|\$[A-Za-z_]\w*|\{\{.*\}\}|#\{\w+\}#", re.ASCII)


def only_by_tag(policy: Policy) -> str:
    """Return the warning about a named policy whose endpoint has none without a name."""
    return (
        f"only versions with the tag teal={policy.name} are rolled out, because the policy has a name; leave name out "
        "to roll out every version"
    )


def remarks(policy: Policy) -> list[str]:
    """Return the warnings about a policy."""
    kinds = {type(step) for step in policy.steps}
    found = []
    if SmokeStep not in kinds:
        found.append("no smoke step: green gets traffic without having answered a single request")
    if WeightStep not in kinds:
        found.append("no weight step: green gets all traffic at once, and is only watched there")
    first = next((step.weight for step in policy.steps if isinstance(step, WeightStep)), 0)
    if 50 < first < 100 and MirrorStep not in kinds:
        found.append(f"the first weight is {first}: most requests go to a version that has served none before")
    found += _literal_variables(policy)
    found += _unwise_gates(policy, mirrored=MirrorStep in kinds)
    if policy.capacity.autoscale is False and policy.capacity.green == "same":
        found.append("autoscale: false: green keeps its instance count however much traffic it gets")
    waits = [step for step in policy.steps if isinstance(step, PauseStep) and step.duration is None]
    if waits and policy.deadlines.rollout <= timedelta(days=1):
        limit = span(policy.deadlines.rollout)
        found.append(f"an operator must resume within deadlines.rollout ({limit}), or the rollout is rolled back")
    return found


def _literal_variables(policy: Policy) -> list[str]:
    return [
        f"models require the tag {key}={value} with exactly this text; a variable is written ${{NAME}}"
        for model in policy.models
        for key, value in model.tags.items()
        if FOREIGN_VARIABLE.search(value)
    ]


def _unwise_gates(policy: Policy, *, mirrored: bool) -> list[str]:
    judge, found = policy.judge, []
    if not any(isinstance(gate, ErrorsGate) and gate.role == "critical" for gate in judge.gates):
        found.append("errors are not critical: a step may end before it is known whether green fails more often")
    if mirrored and judge.errors_from == "metrics":
        found.append(
            "telemetry.errors: metrics: Azure does not document whether they include mirrored requests; if not, a "
            "mirror step ends without evidence"
        )
    return found
