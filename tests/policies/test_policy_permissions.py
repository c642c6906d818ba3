"""The settings that `teal policy explain` asks an operator to enable for a policy."""

from __future__ import annotations

import pytest

from cli.policy.permissions import permissions
from shared.core.gates.disagreement import DisagreementGate
from shared.core.gates.errors import ErrorsGate
from shared.core.gates.predictions import PredictionsGate
from shared.core.policy import JudgeSettings, ModelSelector, Policy, TemplateSource
from shared.core.steps import WeightStep

MODELS, STEPS = (ModelSelector("prices"),), (WeightStep(25),)
FROM_FILE = TemplateSource("deployments/prices.yml", None)
UPLOADED = "local code, an environment of its own or a data_collector"
ANSWERS = (ErrorsGate(), PredictionsGate(), DisagreementGate())


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        pytest.param(Policy("prices", MODELS, STEPS), [], id="nothing"),
        pytest.param(
            Policy("prices", MODELS, STEPS, judge=JudgeSettings(latency_from="metrics")),
            ["needs TEAL_READS_METRICS=true: platform metrics"],
            id="metrics",
        ),
        pytest.param(
            Policy("prices", MODELS, STEPS, judge=JudgeSettings(gates=ANSWERS)),
            ["needs TEAL_READS_PREDICTIONS=true: collected answers, for predictions and disagreement"],
            id="answers",
        ),
        pytest.param(
            Policy("prices", MODELS, STEPS, source=FROM_FILE),
            [f"needs TEAL_TEMPLATES=true if {FROM_FILE.path} has {UPLOADED}"],
            id="template",
        ),
    ],
)
def test_a_policy_names_the_settings_that_it_needs(policy: Policy, words: list[str]) -> None:
    """Each is off by default, and without it the rollout would wait or fail."""
    assert permissions(policy) == words
