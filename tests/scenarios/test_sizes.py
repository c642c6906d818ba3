"""The size that a deployment template gives, if the policy leaves it to the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.reconcile.sizing import Sizing
from shared.sizes import with_template
from tests.core.rollouts import rollout
from tests.fakes import FakePolicies

PATH = "deployments/churn.yml"


class Templates(FakePolicies):
    """Policies with one template."""

    text = ""

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        assert (path, values["MODEL_VERSION"], values["ENDPOINT_NAME"]) == (PATH, "7", "churn")
        return self.text


@pytest.mark.parametrize(
    ("sizing", "text", "expected"),
    [
        (Sizing(None, None, PATH), "{instance_type: Standard_F2s_v2, instance_count: 3}", ("Standard_F2s_v2", 3)),
        (Sizing(None, None, PATH), "{instance_type: Standard_F2s_v2}", ("Standard_F2s_v2", 1)),
        (
            Sizing("Standard_E8s_v3", None, PATH),
            "{instance_type: Standard_F2s_v2, instance_count: 3}",
            ("Standard_E8s_v3", 3),
        ),
        (Sizing(None, 9, PATH), "{instance_type: Standard_F2s_v2, instance_count: 3}", ("Standard_F2s_v2", 9)),
        (Sizing(None, None, PATH), "{endpoint_name: churn}", ("", 1)),
        (Sizing(None, None, PATH), "", ("", 1)),
        (Sizing("Standard_E8s_v3", 9, PATH), "is not read", ("Standard_E8s_v3", 9)),
        (Sizing("Standard_E8s_v3", 9), "is not read", ("Standard_E8s_v3", 9)),
    ],
)
def test_the_policy_comes_before_the_template(sizing: Sizing, text: str, expected: tuple[str, int]) -> None:
    """A template without a count creates one instance."""
    policies = Templates()
    policies.text = text
    assert with_template(sizing, rollout(Phase.PROVISIONING), policies) == replace(
        sizing, instance_type=expected[0], instances=expected[1]
    )
