"""Deployment templates: an `az ml` deployment file, checked once, and against each policy that names it.

Filled in it is for each rollout, not when it is read. The keys are in `tables.template`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.errors import Permanent
from shared.policies.document import compose, place_of, read_text
from shared.policies.files import LARGEST_FILE, inside
from shared.policies.problems import Findings
from shared.policies.reading import Values, read
from shared.policies.tables.template import KUBERNETES_ONLY, MANAGED_ONLY, NAMES, TEMPLATE
from shared.policies.variables import Variables, names_in
from shared.policies.words import Unfit

MODEL = "azureml:${MODEL_NAME}:${MODEL_VERSION}"
KNOWN = "is not known; a template may use " + ", ".join(f"${{{name}}}" for name in sorted(NAMES))
# Each stands for itself: a template is filled in for each rollout, not when it is read.
PLACEHOLDERS = Variables({name: f"${{{name}}}" for name in NAMES}, KNOWN)
TEXT = "tag:yaml.org,2002:str"
EXPECTS = f"a template is an `az ml` deployment file, such as model: {MODEL}"


@dataclass(slots=True)
class Template:
    """A template under examination. name: below the policies folder. values: None if it could not be understood."""

    name: str
    text: str
    findings: Findings
    values: Values | None = None

    @property
    def kubernetes(self) -> bool:
        """Whether the deployment is meant for Kubernetes."""
        values = self.values or {}
        return values.get("type") == "kubernetes" or "kubernetesonlinedeployment" in str(values.get("$schema")).lower()


def read_template(folder: Path, name: str) -> Template:
    """Return a template with what was found in it; raises PolicyError if it cannot be read at all."""
    shown = str(folder / name)
    text = read_text(folder / name, shown, LARGEST_FILE)
    root = compose(text, shown, EXPECTS)
    template = Template(name, text, Findings(shown, PLACEHOLDERS))
    template.findings.places[""] = place_of(root)
    template.values = read(TEMPLATE, root, "", template.findings)
    if template.values is not None:
        _check_model(template.values, template.findings)
        _check_type(template, template.values)
        _check_local_files(folder, template)
    return template


def fill_template(text: str, values: Mapping[str, str]) -> str:
    """Return a template's YAML with these values for its variables; `$${` becomes `${`.

    Filled in are YAML's values, not its text: a version 1.10 stays text, and `$schema` is no variable. Raises Permanent
    for a variable that has no value, which a checked template has not.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    variables = Variables(values)
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode) and "${" in node.value and node.tag == TEXT:
            try:
                node.value, node.style = variables.fill(node.value), '"'
            except Unfit as wrong:
                raise Permanent(f"a template cannot be filled in: {wrong}") from wrong
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(value for _, value in node.value)
    return str(yaml.serialize(root, Dumper=yaml.SafeDumper))


def check_use(template: Template, policy: Values, findings: Findings) -> None:
    """Find what does not fit between a template and a policy that names it. findings: the policy's."""
    values = template.values or {}
    endpoint = (policy["endpoint"] or {}).get("name")
    named = values.get("endpoint_name")
    if endpoint and named and named.replace("${ENDPOINT_NAME}", endpoint).lower() != endpoint.lower():
        words = f"{named!r} is not {endpoint}, the endpoint of {findings.file}; write ${{ENDPOINT_NAME}}"
        template.findings.add("endpoint_name", words)
    machine = values.get("instance_type") or policy["deployment"].get("instance_type")
    if values and not machine and not template.kubernetes:
        words = f"{template.name} has no instance_type; write one there or in deployment.instance_type"
        findings.add("deployment.template", words)
    if template.kubernetes and (policy["endpoint"] or {}).get("create"):
        words = f"makes a managed endpoint, and {template.name} is a Kubernetes deployment; make the endpoint yourself"
        findings.add("endpoint.create", words)
    for index, step in enumerate(policy["steps"] or []):
        if template.kubernetes and "mirror" in (step or {}):
            words = f"Kubernetes endpoints cannot mirror, and {template.name} is a Kubernetes deployment; leave it out"
            findings.add(f"steps[{index}].mirror", words)


def _check_model(values: Values, findings: Findings) -> None:
    if values["model"] is None:
        return
    missing = {"MODEL_NAME", "MODEL_VERSION"} - names_in(values["model"])
    if missing:
        unused = " and ".join(f"${{{name}}}" for name in sorted(missing))
        findings.add("model", f"does not use {unused}, so it is not the registered model; write model: {MODEL}")


def _check_type(template: Template, values: Values) -> None:
    """Find what Microsoft's loader would refuse or misread: it goes by `type` alone, and each type has its own keys."""
    typed = values["type"] == "kubernetes"
    if template.kubernetes and not typed:
        words = (
            "says Kubernetes, but `az ml` goes by the type and would make a managed deployment; add type: kubernetes"
        )
        template.findings.add("$schema", words)
        return
    for key in MANAGED_ONLY if typed else KUBERNETES_ONLY:
        if values[key] is not None:
            other = "managed" if typed else "Kubernetes"
            template.findings.add(key, f"is for {other} deployments, which this one is not; leave it out")


def _check_local_files(folder: Path, template: Template) -> None:
    """Find folders and files beside the template that are missing: they are sent to Azure with the deployment."""
    for path, written, is_folder in _local_files(template.values or {}):
        if written.startswith(("azureml:", "git+")) or "://" in written:
            continue
        beside = (Path(template.name).parent / written).as_posix()
        try:
            found = folder / inside(folder, beside, "../src")
        except Unfit as wrong:
            template.findings.add(path, str(wrong))
            continue
        if not (found.is_dir() if is_folder else found.is_file()):
            kind = "folder" if is_folder else "file"
            template.findings.add(path, f"{written}: no such {kind} beside {template.name}")


def _local_files(values: Values) -> Iterator[tuple[str, str, bool]]:
    """Yield the key, the path and whether it is a folder, of all that a template takes from this machine."""
    configuration = values["code_configuration"] or {}
    code, script = _plain(configuration.get("code")), _plain(configuration.get("scoring_script"))
    if isinstance(code, str):
        yield "code_configuration.code", code, True
        if isinstance(script, str) and ":" not in code:
            yield "code_configuration.scoring_script", f"{code}/{script}", False
    environment = _plain(values["environment"])
    if isinstance(environment, dict):
        if isinstance(environment.get("conda_file"), str):
            yield "environment.conda_file", environment["conda_file"], False
        build = environment.get("build")
        if isinstance(build, dict) and isinstance(build.get("path"), str):
            yield "environment.build.path", build["path"], True


def _plain(text: str | None) -> Any:  # noqa: ANN401 -- whatever JSON has
    return None if text is None else json.loads(text)
