"""The permissions that a policy needs beyond those that Teal always has, by the setting that grants each.

What each setting adds to Teal's roles is in docs/permissions.md.
"""

from __future__ import annotations

from cli.policy.wording import listed
from shared.core.gates import Gate
from shared.core.gates.disagreement import DisagreementGate
from shared.core.gates.predictions import PredictionsGate
from shared.core.policy import Policy, TemplateSource

ANSWERS: tuple[type[Gate], ...] = (PredictionsGate, DisagreementGate)


def permissions(policy: Policy) -> list[str]:
    """Return what an operator must enable for this policy, and what for."""
    judge, found = policy.judge, []
    if "metrics" in {judge.errors_from, judge.latency_from}:
        found.append("needs TEAL_READS_METRICS=true: platform metrics")
    reading = [gate.name for gate in judge.gates if isinstance(gate, ANSWERS)]
    if reading:
        found.append(f"needs TEAL_READS_PREDICTIONS=true: collected answers, for {listed(reading)}")
    if isinstance(policy.source, TemplateSource):
        found.append(
            f"needs TEAL_TEMPLATES=true if {policy.source.path} has local code, an environment of its own or a "
            "data_collector"
        )
    return found
