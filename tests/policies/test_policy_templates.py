"""Deployment templates: what is rejected before anything runs, and how a valid one ends up in the policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from shared.core.policy import Capacity, EndpointSpec, TemplateSource
from shared.policies.policy_set import read_policies

FindProblems = Callable[[Path], list[str]]
POLICY = "endpoint: churn\nmodels: [{name: m}]\ndeployment: {template: deployments/churn.yml%s}\nsteps: [weight: 10]\n"
RIGHT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: any
endpoint_name: ${ENDPOINT_NAME}
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
code_configuration: {code: ../src, scoring_script: score.py}
environment: {conda_file: conda.yml, image: "mcr.microsoft.com/azureml/base:1"}
instance_type: Standard_DS3_v2
instance_count: 3
request_settings: {request_timeout_ms: 5000}
liveness_probe: {period: 5}
"""
SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json\n"
MODEL = "model: azureml:${MODEL_NAME}:${MODEL_VERSION}\n"
KUBERNETES = f"type: kubernetes\n{MODEL}"


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Return a function that writes a template with its files, and a policy that names it."""
    (folder / "deployments").mkdir()
    (folder / "src").mkdir()
    (folder / "src" / "score.py").write_text("")
    (folder / "deployments" / "conda.yml").write_text("")

    def write(template: str, extra: str = "") -> Path:
        (folder / "deployments" / "churn.yml").write_text(template)
        (folder / "churn.yaml").write_text(POLICY % extra)
        return folder

    return write


def test_a_template_is_kept_as_written(write: Callable[..., Path]) -> None:
    """The policy has its path below the folder and its instance count, and the policy set has its text."""
    book = read_policies(write(RIGHT)).valid()
    assert book.policies[0].source == TemplateSource("deployments/churn.yml")
    assert book.policies[0].capacity == Capacity(green=3)
    assert book.template("deployments/churn.yml") == RIGHT


def test_template_values_are_filled_in_as_text(write: Callable[..., Path]) -> None:
    """A value stays text even if YAML would read it otherwise; `$schema` is not a variable, and `$${` becomes `${`."""
    lines = "environment_variables: {VERSION: '${MODEL_VERSION}', SHELL: '$${HOME} $HOME', FLAG: &f 1.10, SAME: *f}\n"
    book = read_policies(write(RIGHT + lines)).valid()
    values = {"MODEL_NAME": "m", "MODEL_VERSION": "1.10", "ENDPOINT_NAME": "yes"}
    filled = yaml.safe_load(book.filled_template("deployments/churn.yml", values))
    assert filled == yaml.safe_load(RIGHT) | {
        "endpoint_name": "yes",
        "model": "azureml:m:1.10",
        "environment_variables": {"VERSION": "1.10", "SHELL": "${HOME} $HOME", "FLAG": 1.1, "SAME": 1.1},
    }


def test_the_policy_overrides_instance_type_and_count(write: Callable[..., Path]) -> None:
    """The policy's instance type and count override the template's."""
    policy = read_policies(write(RIGHT, ", instance_type: Standard_NC6s_v3, instance_count: same")).valid().policies[0]
    assert policy.source == TemplateSource("deployments/churn.yml", "Standard_NC6s_v3")
    assert policy.capacity == Capacity(green="same")


IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me"
SPECS = [
    ("{}", EndpointSpec("key", ("system",))),
    ("{auth_mode: aad_token, identity: system}", EndpointSpec("aad_token", ("system",))),
    (f"{{auth_mode: aml_token, identity: [{IDENTITY}]}}", EndpointSpec("aml_token", (IDENTITY,))),
]


@pytest.mark.parametrize(("create", "spec"), SPECS)
def test_a_policy_with_a_template_may_create_its_endpoint(
    write: Callable[..., Path], create: str, spec: EndpointSpec
) -> None:
    """The core gets the specification of the new endpoint."""
    folder = write(RIGHT)
    text = (folder / "churn.yaml").read_text()
    (folder / "churn.yaml").write_text(text.replace("endpoint: churn", f"endpoint: {{name: churn, create: {create}}}"))
    assert read_policies(folder).valid().policies[0].create_endpoint == spec


def test_a_template_may_be_minimal(write: Callable[..., Path]) -> None:
    """It needs only the model if the policy has the instance type."""
    book = read_policies(write(MODEL, ", instance_type: Standard_DS3_v2")).valid()
    assert book.policies[0].capacity == Capacity()


def test_yaml_booleans_and_dates_are_left_to_azure(write: Callable[..., Path]) -> None:
    """Microsoft's own loader reads the template, and interprets booleans and dates as YAML does."""
    assert (
        read_policies(write(RIGHT + "app_insights_enabled: yes\ntags: {made: 2026-01-01, mask: 0x10}\n"))
        .valid()
        .policies
    )


WRONG = {
    "not a mapping": (
        "- a\n",
        [
            (
                "1:1: a list is not a mapping; "
                "write it like {model: azureml:${MODEL_NAME}:${MODEL_VERSION}, instance_type: Standard_DS3_v2}"
            )
        ],
    ),
    "nothing": (
        "",
        [("1:1: empty; write it like {model: azureml:${MODEL_NAME}:${MODEL_VERSION}, instance_type: Standard_DS3_v2}")],
    ),
    "not YAML": ("model: [\n", ["2:1: not valid YAML: did not find expected node content, while parsing a flow node"]),
    "no model": (
        "instance_type: a\n",
        [
            (
                "1:1: model: missing; write it like model: azureml:${MODEL_NAME}:${MODEL_VERSION}, or use "
                "${MODEL_VERSION} in environment if the image has it"
            )
        ],
    ),
    "another model": (
        "model: azureml:churn:${MODEL_VERSION}\ninstance_type: a\n",
        [
            (
                "1:1: model: does not use ${MODEL_NAME}, so it is not the registered model; "
                "write model: azureml:${MODEL_NAME}:${MODEL_VERSION}"
            )
        ],
    ),
    "another endpoint": (
        f"{MODEL}instance_type: a\nendpoint_name: fraud\n",
        [("3:1: endpoint_name: 'fraud' is not churn, the endpoint of policies/churn.yaml; write ${ENDPOINT_NAME}")],
    ),
    "keys that az ml does not know": (
        f"{MODEL}instance_typ: a\nrequest_settings: {{request_timeout: 5}}\ninstance_type: a\n",
        [
            "2:1: instance_typ: unknown key; did you mean instance_type?",
            "3:20: request_settings.request_timeout: unknown key; did you mean request_timeout_ms?",
        ],
    ),
    "unknown variables": (
        f"{MODEL}instance_type: a\nenvironment_variables: {{A: '${{MODEL}}', B: '$${{MODEL}}'}}\n",
        [
            (
                "3:25: environment_variables.A: ${MODEL} is not known; a template may use ${ENDPOINT_NAME}, "
                "${MODEL_NAME}, ${MODEL_VERSION}; for the text itself write $${MODEL}"
            )
        ],
    ),
    "Kubernetes by its schema alone": (
        f"{SCHEMA}{MODEL}resources: {{}}\n",
        [
            (
                "1:1: $schema: is for Kubernetes, but `az ml` goes by type and would make a managed deployment; "
                "add type: kubernetes"
            )
        ],
    ),
    "keys of the other type": (
        f"{MODEL}instance_type: a\nresources: {{}}\n",
        [("3:1: resources: is only for Kubernetes deployments, and this is a managed deployment; leave it out")],
    ),
    "keys of the managed type": (
        f"{MODEL}type: kubernetes\negress_public_network_access: disabled\n",
        [
            (
                "3:1: egress_public_network_access: is only for managed deployments, and this is a Kubernetes "
                "deployment; leave it out"
            )
        ],
    ),
    "an invalid type": (
        f"{MODEL}type: kubernets\ninstance_type: a\n",
        ["2:1: type: 'kubernets' is not managed, or kubernetes in lower case; write it like managed"],
    ),
    "missing files": (
        MODEL + "instance_type: a\ncode_configuration: {code: ../nowhere, scoring_script: score.py}\n"
        "environment: {conda_file: none.yml, build: {path: none}}\n",
        [
            "3:22: code_configuration.code: ../nowhere: no such folder beside deployments/churn.yml",
            ("3:40: code_configuration.scoring_script: ../nowhere/score.py: no such file beside deployments/churn.yml"),
            "4:15: environment.conda_file: none.yml: no such file beside deployments/churn.yml",
            "4:45: environment.build.path: none: no such folder beside deployments/churn.yml",
        ],
    ),
    "code outside the folder": (
        MODEL + "instance_type: a\ncode_configuration: {code: ../../src}\n",
        [
            (
                "3:22: code_configuration.code: 'deployments/../../src' is outside the policies folder; write "
                "it like ../src"
            )
        ],
    ),
}


@pytest.mark.parametrize(("template", "lines"), WRONG.values(), ids=WRONG)
def test_a_problem_in_a_template_is_reported_with_its_place(
    write: Callable[..., Path], find_problems: FindProblems, template: str, lines: list[str]
) -> None:
    """A problem in a template is reported with the template's file, line and column."""
    assert find_problems(write(template)) == [f"policies/deployments/churn.yml:{line}" for line in lines]


TEMPLATE = "deployments/churn.yml"
PLAIN = "endpoint: churn\nmodels: [{name: m}]\ndeployment: {template: deployments/churn.yml}\nsteps: [weight: 10]\n"
USES = {
    "no instance type": (
        PLAIN,
        MODEL,
        (
            "3:14: deployment.template: deployments/churn.yml has no instance_type; add one there or in "
            "deployment.instance_type"
        ),
    ),
    "creating an endpoint for Kubernetes": (
        PLAIN.replace("endpoint: churn", "endpoint: {name: churn, create: {}}"),
        KUBERNETES,
        (
            "1:25: endpoint.create: creates a managed endpoint, and deployments/churn.yml is a Kubernetes "
            "deployment; create the endpoint yourself"
        ),
    ),
    "a registry's model on Kubernetes": (
        PLAIN.replace("{name: m}", "{name: m, registry: shared}"),
        KUBERNETES,
        (
            "2:20: models[0].registry: Kubernetes cannot serve models of a registry, and deployments/churn.yml is a "
            "Kubernetes deployment; register it in the workspace"
        ),
    ),
    "a mirror on Kubernetes": (
        PLAIN.replace("[weight: 10]", "[mirror: 20, weight: 10]"),
        KUBERNETES,
        (
            "4:9: steps[0].mirror: Kubernetes endpoints cannot mirror, and deployments/churn.yml is a Kubernetes "
            "deployment; leave it out"
        ),
    ),
}


@pytest.mark.parametrize(("policy", "template", "line"), USES.values(), ids=USES)
def test_policy_and_template_must_match(
    folder: Path, find_problems: FindProblems, policy: str, template: str, line: str
) -> None:
    """A policy that conflicts with its template is the policy's problem."""
    (folder / "deployments").mkdir()
    (folder / "deployments" / "churn.yml").write_text(template)
    (folder / "churn.yaml").write_text(policy)
    assert find_problems(folder) == [f"policies/churn.yaml:{line}"]


@pytest.mark.parametrize(
    ("selector", "lines"),
    [
        ("{name: m, registry: Shared}", []),
        ("{name: m}", []),
        (
            "{name: m, registry: other}",
            [f"policies/{TEMPLATE}:1:1: model: comes from the registry shared, but policies/churn.yaml names other"],
        ),
    ],
)
def test_policy_and_template_must_name_the_same_registry(
    folder: Path, find_problems: FindProblems, selector: str, lines: list[str]
) -> None:
    """A policy that names no registry leaves it to the template."""
    model = "model: azureml://registries/shared/models/${MODEL_NAME}/versions/${MODEL_VERSION}\n"
    (folder / "deployments").mkdir()
    (folder / "deployments" / "churn.yml").write_text(f"{model}instance_type: a\n")
    (folder / "churn.yaml").write_text(PLAIN.replace("{name: m}", selector))
    assert (find_problems(folder) if lines else read_policies(folder).problems()) == lines


def test_a_template_that_is_missing_or_outside_is_the_policys_problem(
    folder: Path, find_problems: FindProblems
) -> None:
    """A path that does not exist, or leads out of the folder, is reported where the policy names it."""
    (folder / "a.yaml").write_text(POLICY % "")
    (folder / "b.yaml").write_text((POLICY % "").replace("deployments", "../..").replace(" churn\n", " west\n"))
    assert find_problems(folder) == [
        "policies/a.yaml:3:14: deployment.template: deployments/churn.yml: no such file",
        (
            "policies/b.yaml:3:14: deployment.template: '../../churn.yml' is outside the policies folder; "
            "write it like deployments/churn.yml"
        ),
    ]


def test_a_shared_template_is_reported_once(write: Callable[..., Path], find_problems: FindProblems) -> None:
    """Two policies may use one template; its problems are listed once."""
    folder = write("model: azureml:churn:1\ninstance_type: a\n")
    (folder / "west.yaml").write_text((POLICY % "").replace("endpoint: churn", "endpoint: west"))
    assert len(find_problems(folder)) == 1
