"""Conflicts between a template and a policy that names it. Each is valid on its own."""

from __future__ import annotations

import json

from shared.core.schema.findings import Findings, Values
from shared.policies.template import Template

REGISTRIES = "azureml://registries/"


def check_use(template: Template, policy: Values, findings: Findings) -> None:
    """Report conflicts between a template and a policy. findings: the policy's."""
    values = template.values
    if values is None:
        return
    _check_endpoint(template, values, policy, findings)
    _check_registry(template, values, policy, findings)
    if template.kubernetes:
        _check_kubernetes(template, policy, findings)
    elif not values.get("instance_type") and not policy["deployment"].get("instance_type"):
        words = f"{template.name} has no instance_type; add one there or in deployment.instance_type"
        findings.add("deployment.template", words)


def _check_endpoint(template: Template, values: Values, policy: Values, findings: Findings) -> None:
    endpoint, named = (policy["endpoint"] or {}).get("name"), values.get("endpoint_name")
    if endpoint and named and named.replace("${ENDPOINT_NAME}", endpoint).lower() != endpoint.lower():
        words = f"{named!r} is not {endpoint}, the endpoint of {findings.file}; write ${{ENDPOINT_NAME}}"
        findings.problems.append(template.findings.problem("endpoint_name", words))


def _check_registry(template: Template, values: Values, policy: Values, findings: Findings) -> None:
    """Report a model from another registry than the policy's. A policy without a registry leaves it to the template."""
    model = json.loads(values["model"] or "null")
    written = model.removeprefix(REGISTRIES).split("/")[0] if str(model).startswith(REGISTRIES) else None
    for selector in policy["models"] or []:
        named = (selector or {}).get("registry")
        if written and named and written.lower() != named.lower():
            words = f"comes from the registry {written}, but {findings.file} names {named}"
            findings.problems.append(template.findings.problem("model", words))


def _check_kubernetes(template: Template, policy: Values, findings: Findings) -> None:
    kind = f"{template.name} is a Kubernetes deployment"
    if (policy["endpoint"] or {}).get("create"):
        words = f"creates a managed endpoint, and {kind}; create the endpoint yourself"
        findings.add("endpoint.create", words)
    for index, model in enumerate(policy["models"] or []):
        if (model or {}).get("registry"):
            words = f"Kubernetes cannot serve models of a registry, and {kind}; register it in the workspace"
            findings.add(f"models[{index}].registry", words)
    for index, step in enumerate(policy["steps"] or []):
        if "mirror" in (step or {}):
            findings.add(f"steps[{index}].mirror", f"Kubernetes endpoints cannot mirror, and {kind}; leave it out")
