"""Deployment templates: `az ml` deployment files, checked once on their own and against each policy that names them.

What `az ml` accepts is accepted: merge keys, and counts in quotes. A template is filled in for each rollout, not when
it is read. Its keys are those of `ManagedOnlineDeploymentSchema` and `KubernetesOnlineDeploymentSchema` in azure-ai-ml
1.35.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.core.schema.findings import Findings, Values
from shared.core.schema.grammar import Document, Field, Table
from shared.core.schema.kinds import Scalar, text, whole
from shared.core.schema.texts import INSTANCE_TYPE, LINE, MOST_INSTANCES
from shared.core.schema.words import Unfit
from shared.errors import Permanent
from shared.policies.conda_file import CONDA_FILE, conda_file_problem
from shared.policies.document import inside, read_text
from shared.policies.numbers import plain_whole
from shared.policies.reading import parse
from shared.policies.template_rules import KUBERNETES_ONLY, MANAGED_ONLY, MODEL, check_template, is_kubernetes
from shared.policies.variables import Variables

LARGEST_FILE = 1024 * 1024
NAMES = ("ENDPOINT_NAME", "MODEL_NAME", "MODEL_VERSION")
UNKNOWN = "is not known; a template may use " + ", ".join(f"${{{name}}}" for name in NAMES)
# Until the template is filled in, each variable stands for itself, and an escape stays an escape.
PLACEHOLDERS = Variables({name: f"${{{name}}}" for name in NAMES}, UNKNOWN, escaped="$${")
TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. name: path below the policies folder. values: None if the file is not a mapping."""

    name: str
    text: str
    findings: Findings
    values: Values | None

    @property
    def kubernetes(self) -> bool:
        """Whether the deployment is for Kubernetes."""
        return is_kubernetes(self.values or {})


def read_template(folder: Path, name: str) -> Template:
    """Return a template with its findings; raises PolicyError if the file cannot be read."""
    findings = Findings(str(folder / name))
    text = read_text(folder / name, findings.file, LARGEST_FILE)
    values = parse(TEMPLATE, text, findings, PLACEHOLDERS, merges=True)
    template = Template(name, text, findings, values)
    if values is not None:
        _check_local_files(folder, template, values)
    return template


def fill_template(text: str, values: Mapping[str, str]) -> str:
    """Return a template's YAML with its variables filled in; `$${` becomes `${`.

    YAML values are filled in, not text: version 1.10 stays a string, and `$schema` is not a variable. Raises Permanent
    for a variable without a value, which a checked template cannot have.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    variables = Variables(values)
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias: once filled in, its text is no longer a template
            continue
        seen.add(id(node))
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


def scoring_script(template: Template) -> str | None:
    """Return the path below the policies folder of the scoring script that a template uploads, if it uploads one."""
    for path, written, _ in _local_files(template.values or {"code_configuration": None, "environment": None}):
        if path == "code_configuration.scoring_script" and "://" not in written and not written.startswith("git+"):
            return posixpath.normpath((Path(template.name).parent / written).as_posix())
    return None


def _check_local_files(folder: Path, template: Template, values: Values) -> None:
    """Report missing local folders and files that the template refers to, as they are uploaded with the deployment."""
    for path, written, is_folder in _local_files(values):
        if written.startswith(("azureml:", "git+")) or "://" in written:
            continue
        try:
            found = folder / inside(folder, (Path(template.name).parent / written).as_posix(), "../src")
        except Unfit as wrong:
            template.findings.add(path, str(wrong))
            continue
        if not (found.is_dir() if is_folder else found.is_file()):
            kind = "folder" if is_folder else "file"
            template.findings.add(path, f"{written}: no such {kind} beside {template.name}")
        elif path == CONDA_FILE and (wrong_file := conda_file_problem(found, written)):
            template.findings.add(path, wrong_file)


def _local_files(values: Values) -> Iterator[tuple[str, str, bool]]:
    """Yield each local path in a template: its key, the path, and whether it must be a folder."""
    configuration = values["code_configuration"] or {}
    code, script = _plain(configuration.get("code")), _plain(configuration.get("scoring_script"))
    if isinstance(code, str):
        yield "code_configuration.code", code, True
        if isinstance(script, str) and ":" not in code:
            yield "code_configuration.scoring_script", f"{code}/{script}", False
    environment = _plain(values["environment"])
    if isinstance(environment, dict):
        if isinstance(environment.get("conda_file"), str):
            yield CONDA_FILE, environment["conda_file"], False
        build = environment.get("build")
        if isinstance(build, dict) and isinstance(build.get("path"), str):
            yield "environment.build.path", build["path"], True
            if isinstance(dockerfile := build.get("dockerfile_path"), str):
                yield "environment.build.dockerfile_path", f"{build['path']}/{dockerfile}", False


def _plain(text: str | None) -> Any:  # noqa: ANN401 -- whatever JSON has
    return None if text is None else json.loads(text)


def _open(*keys: str) -> tuple[Field, ...]:
    """Return fields that Azure ML validates, not Teal."""
    return tuple(Field(key, Document("{}", strict=False), "As in Azure ML.", default=None) for key in keys)


def _group(key: str, example: str, *keys: str) -> Field:
    return Field(key, Table(_open(*keys), example), "As in Azure ML.", default=None)


def _loosely(kind: Scalar[int]) -> Scalar[int]:
    """Return the kind of a whole number in any notation that Microsoft's loader takes: `"2"`, `+2`, `2.00`, `0x2`."""
    return kind._replace(parse=lambda word: kind.parse(plain_whole(word)))


# Microsoft's loader compares with `kubernetes` before it ignores case, and takes anything else for managed.
TYPES = "managed, or kubernetes in lower case"
PROBE = ("{period: 10}", "initial_delay", "period", "timeout", "success_threshold", "failure_threshold")
TEMPLATE = Table(
    fields=(
        Field("endpoint_name", LINE, "The endpoint, if it is named at all.", default=None),
        Field("model", Document(MODEL, strict=False), "The model, with both variables.", default=None),
        Field("instance_type", INSTANCE_TYPE, "The instance type.", default=None),
        Field("instance_count", _loosely(whole(1, MOST_INSTANCES, "instances", "1")), "How many.", default=None),
        Field("type", text("(?i:managed)|kubernetes", TYPES, "managed"), "The type.", default=None),
        Field("$schema", LINE, "Where editors find Microsoft's schema.", default=None),
        _group("code_configuration", "{code: src, scoring_script: score.py}", "code", "scoring_script"),
        _group("liveness_probe", *PROBE),
        _group("readiness_probe", *PROBE),
        _group(
            "request_settings",
            "{request_timeout_ms: 5000}",
            *("request_timeout_ms", "max_concurrent_requests_per_instance", "max_queue_wait_ms"),
        ),
        *_open("name", "description", "id", "tags", "properties", "environment", "environment_variables"),
        *_open("app_insights_enabled", "scale_settings", "model_mount_path", "data_collector"),
        *_open(*KUBERNETES_ONLY, *MANAGED_ONLY),
    ),
    example=f"{{model: {MODEL}, instance_type: Standard_DS3_v2}}",
    check=check_template,
)
