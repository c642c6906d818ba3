"""Any valid policy, written as YAML and read again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings

from shared.core.policy import Policy
from shared.policies.policy_set import read_policies
from tests.policies.drawn import policies, written


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples, with a smoke file, a query and a template."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "smoke").mkdir()
    (folder / "smoke" / "churn.jsonl").write_text("{}\n")
    (folder / "gates").mkdir()
    (folder / "gates" / "fraud.kql").write_text("Fraud | take 1\n")
    (folder / "deployments").mkdir()
    template = "model: azureml:${MODEL_NAME}:${MODEL_VERSION}\ninstance_type: Standard_DS3_v2\n"
    (folder / "deployments" / "churn.yml").write_text(template)
    return folder


@settings(deadline=None, max_examples=60)  # no promise about speed: the machine may be busy
@given(policy=policies())
def test_any_policy_survives_a_round_trip(shelf: Path, policy: Policy) -> None:
    """No key is lost, confused or rounded between the file and the core."""
    (shelf / "policy.yaml").write_text(yaml.safe_dump(written(policy), sort_keys=False))
    assert read_policies(shelf).valid().policies == (policy,)
