"""Kubernetes templates: `check` finds what the cluster would refuse, and reads counts in every notation of `az ml`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.policy import Capacity
from shared.policies.policy_set import read_policies

FindProblems = Callable[[Path], list[str]]
POLICY = "endpoint: churn\nmodels: [{name: m}]\ndeployment: {template: k8s.yml}\nsteps: [weight: 10]\n"
TEMPLATE = "type: kubernetes\nmodel: azureml:${MODEL_NAME}:${MODEL_VERSION}\n"
SCALE = "scale_settings: {type: target_utilization, "


@pytest.fixture
def write(folder: Path) -> Callable[[str], Path]:
    """Return a function that writes a policy whose Kubernetes template has these lines."""

    def write(lines: str) -> Path:
        (folder / "subfolder").mkdir(exist_ok=True)
        (folder / "subfolder" / "k8s.yml").write_text(TEMPLATE + lines)
        (folder / "churn.yaml").write_text(POLICY.replace("k8s.yml", "subfolder/k8s.yml"))
        return folder

    return write


REFUSED = {
    "a number in words": (
        "resources: {requests: {cpu: three}}",
        "3:24: resources.requests.cpu: 'three' is not a quantity of Kubernetes; write it like '0.5' or 500m",
    ),
    "megabytes": (
        "resources: {limits: {memory: 512MB}}",
        (
            "3:22: resources.limits.memory: '512MB' is not a quantity of Kubernetes; write it like 1Gi; did you mean "
            "512Mi?"
        ),
    ),
    "gibibytes in words": (
        "resources: {limits: {memory: 3 GiB}}",
        (
            "3:22: resources.limits.memory: '3 GiB' is not a quantity of Kubernetes; write it like 1Gi; did you mean "
            "3Gi?"
        ),
    ),
    "a negative amount": (
        "resources: {limits: {cpu: '-1'}}",
        "3:22: resources.limits.cpu: '-1' is not a quantity of Kubernetes; write it like '0.5' or 500m",
    ),
    "half a GPU": (
        "resources: {limits: {nvidia.com/gpu: '0.5'}}",
        "3:22: resources.limits.'nvidia.com/gpu': '0.5' is not a whole number; write it like '1'",
    ),
    "a request above its limit": (
        "resources:\n  requests: {cpu: '2', memory: 3Gi}\n  limits: {cpu: 1500m, memory: 4Gi}",
        ("4:14: resources.requests.cpu: 2 is more than limits.cpu, 1500m; Kubernetes refuses such a container"),
    ),
    "more GPUs allowed than requested": (
        "resources:\n  requests: {nvidia.com/gpu: '1'}\n  limits: {nvidia.com/gpu: '3'}",
        (
            "4:14: resources.requests.'nvidia.com/gpu': 1 is not the same as limits.nvidia.com/gpu, 3; Kubernetes "
            "refuses such a container"
        ),
    ),
    "decimal and binary units": (
        "resources:\n  requests: {memory: 2Gi}\n  limits: {memory: 2G}",
        "4:14: resources.requests.memory: 2Gi is more than limits.memory, 2G; Kubernetes refuses such a container",
    ),
    "a minimum above the maximum": (
        SCALE + "min_instances: 6, max_instances: '4'}",
        "3:44: scale_settings.min_instances: 6 is more than max_instances, 4",
    ),
    "over 100 percent": (
        SCALE + "target_utilization_percentage: 140}",
        "3:44: scale_settings.target_utilization_percentage: Azure ML allows 1 to 100, not 140",
    ),
    "a polling interval of zero": (
        SCALE + "polling_interval: 0}",
        "3:44: scale_settings.polling_interval: Azure ML allows at least 1, not 0",
    ),
    "a maximum of zero": (
        SCALE + "max_instances: 0}",
        "3:44: scale_settings.max_instances: Azure ML allows at least 1, not 0",
    ),
}


@pytest.mark.parametrize(("lines", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_kubernetes_would_refuse_is_a_problem(
    write: Callable[[str], Path], find_problems: FindProblems, lines: str, problem: str
) -> None:
    """It is reported at its place in the template, before a rollout creates anything."""
    assert find_problems(write(lines)) == [f"policies/subfolder/k8s.yml:{problem}"]


ACCEPTED = [
    "resources: {requests: {cpu: 250m, memory: 1.5Gi}, limits: {cpu: '.5', memory: 2e9, nvidia.com/gpu: '0'}}",
    "resources: {requests: {cpu: '2'}, limits: {memory: 800M}}",
    "resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: '1', memory: 1Gi}}",
    SCALE + "min_instances: 3, max_instances: 3, target_utilization_percentage: 100, polling_interval: 1}",
    SCALE + "min_instances: 2}",
]


@pytest.mark.parametrize("lines", ACCEPTED)
def test_quantities_may_be_written_in_every_way_of_kubernetes(write: Callable[[str], Path], lines: str) -> None:
    """Units may be decimal, binary or thousandths, and a limit needs no request."""
    assert read_policies(write(lines)).valid().policies


COUNTS = {"1_2": 12, "05": 5, "09": 9, "0xC": 12, "0b11": 3, "+7": 7, "7.00": 7, "'08'": 8, "' 9 '": 9}


@pytest.mark.parametrize(("written", "count"), COUNTS.items())
def test_a_count_is_what_az_ml_reads(write: Callable[[str], Path], written: str, count: int) -> None:
    """Its loader reads YAML 1.1, and Python's notation in quotes."""
    [policy] = read_policies(write(f"instance_count: {written}")).valid().policies
    assert policy.capacity == Capacity(green=count)


def test_a_count_with_two_readings_is_a_problem(write: Callable[[str], Path], find_problems: FindProblems) -> None:
    """`az ml` would silently deploy eight instances, where people mean ten."""
    assert find_problems(write("instance_count: 010")) == [
        (
            "policies/subfolder/k8s.yml:3:1: instance_count: az ml reads 010 as octal, which is 8; write it without "
            "the leading 0"
        )
    ]
