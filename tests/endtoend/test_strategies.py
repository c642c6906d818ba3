"""Complete rollouts with more than weights, on the real parts: a mirror before live traffic, and a new endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.identity import EnvironmentCredential

from shared.adapters.arm import ResourceManager, arm_pipeline
from tests.emulator.arm import autoscale_setting
from tests.endtoend.mortal_host import MortalHost, mortal_host
from tests.endtoend.stage import Stage, failed, history_text

# The history of `shadowed`, in this order; a weight is ordered and then observed.
SHARES = (
    ("mirror_requested", 40), ("mirror_observed", 40),
    ("weight_requested", 20), ("weight_observed", 20), ("weight_requested", 60), ("weight_observed", 60),
)  # fmt: skip
pytestmark = pytest.mark.timeout(1800)  # only for hangs: on a busy machine the clock is slower


def test_a_mirror_comes_first_and_no_request_fails(azure: Stage, tmp_path: Path) -> None:
    """A good version is mirrored and then gets live traffic; a bad one is rolled back before any user is affected.

    The autoscale settings move to the serving deployment.
    """
    azure.serve("shadowed")
    autoscale(azure, "shadowed", "shadowed-1")
    with azure.traffic("shadowed") as samples, mortal_host(azure, tmp_path, seed=1) as host:
        azure.register("shadowed")
        good = ended(host, "shadowed", version="2")
        assert good["phase"] == "promoted", history_text(good)
        assert in_order(good, *SHARES), history_text(good)
        assert azure.standing("shadowed") == ({"shadowed-2": 100}, {"shadowed-2": "Succeeded"})

        azure.register("shadowed", fails_of_hundred=60)
        bad = ended(host, "shadowed", version="3")
        assert bad["phase"] == "rolled-back", history_text(bad)
        assert bad["history"][-1]["verdict"]["outcome"] == "fail", history_text(bad)
    assert azure.standing("shadowed") == ({"shadowed-2": 100}, {"shadowed-2": "Succeeded"})
    assert autoscaled(azure) == ["shadowed-2"]
    assert failed(samples) == []
    assert {sample.deployment for sample in samples.read()} == {"shadowed-1", "shadowed-2"}


def test_a_model_creates_its_endpoint(azure: Stage, tmp_path: Path) -> None:
    """A missing endpoint is created according to the policy, from the template with its code, and then serves."""
    with mortal_host(azure, tmp_path, seed=1) as host:
        azure.register("newborn")
        rollout = ended(host, "newborn", version="1")
    assert (rollout["phase"], rollout["blue"]) == ("promoted", None), history_text(rollout)
    assert azure.standing("newborn") == ({"newborn-1": 100}, {"newborn-1": "Succeeded"})
    endpoint = azure.ml.online_endpoints.get("newborn")
    assert (endpoint.auth_mode, endpoint.tags) == ("aml_token", {"managed-by": "teal"})
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"number": 5}))
    # Named explicitly: the client keeps sending the last deployment name that it was given.
    answer = azure.ml.online_endpoints.invoke("newborn", request_file=request, deployment_name="newborn-1")
    assert json.loads(answer) == {"serves": "newborn:1", "number": "5"}


def autoscale(azure: Stage, endpoint: str, deployment: str) -> None:
    """Give a deployment autoscale settings."""
    target = f"{azure.cloud.workspace_id}/onlineEndpoints/{endpoint}/deployments/{deployment}"
    with EnvironmentCredential() as credential:
        ResourceManager(arm_pipeline(credential, 10, 30), azure.cloud.workspace_id).put_setting(
            "by-load", autoscale_setting(target)
        )


def autoscaled(azure: Stage) -> list[str]:
    """Return the deployments that have autoscale settings."""
    with EnvironmentCredential() as credential:
        settings = ResourceManager(arm_pipeline(credential, 10, 30), azure.cloud.workspace_id).settings()
    return [str(each["properties"]["targetResourceUri"]).rpartition("/")[2] for each in settings]


def ended(host: MortalHost, endpoint: str, version: str) -> dict[str, Any]:
    """Wait until the version's rollout has ended and is cleaned up, and return it."""

    def found() -> dict[str, Any] | None:
        rollouts = host.rollouts(endpoint)
        return next((each for each in rollouts if each["version"] == version and each["finished_at"] is not None), None)

    host.wait(found)
    rollout = found()
    assert rollout is not None
    return rollout


def in_order(rollout: dict[str, Any], *wanted: tuple[str, int]) -> bool:
    """Return whether the history has these reasons with these shares, in this order."""
    reasons = [entry["reason"] for entry in rollout["history"]]
    rest = iter([(each["code"], each["facts"].get("mirror", each["facts"].get("weight"))) for each in reasons])
    return all(each in rest for each in wanted)
