"""Loads the templates that policies name with Microsoft's own loader, and reports its messages at their places.

The only module here that uses an adapter. The loader takes seconds to import, so policies without a template skip it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shared.adapters.template_loader import LoaderProblem, loader_problems
from shared.core.schema.findings import Problem
from shared.errors import Permanent
from shared.policies.conda_file import CONDA_FILE
from shared.policies.nodes import join
from shared.policies.policy_set import PolicySet
from shared.policies.template import Template, fill_template, scoring_script

# The loader does not look at values, except that names must be valid.
SAMPLE = {"MODEL_NAME": "model", "MODEL_VERSION": "1", "ENDPOINT_NAME": "endpoint"}
NAMES = {"name": "green", "endpoint_name": SAMPLE["ENDPOINT_NAME"]}
SAMPLE_TYPE = {"instance_type": "Standard_DS3_v2"}


def template_problems(book: PolicySet) -> list[Problem]:
    """Return what the loader rejects in the templates of a folder's policies, unless it is already reported there."""
    return [
        problem
        for template in book.templates()
        for problem in (*_problems(book, template), *_script_problems(book, template))
    ]


def _problems(book: PolicySet, template: Template) -> Iterator[Problem]:
    if template.values is None:
        return
    try:
        text = fill_template(template.text, SAMPLE)
    except Permanent:
        return  # an unknown variable, which is already reported
    # The policy may have the instance type; Kubernetes needs none.
    default = {} if template.values["instance_type"] or template.kubernetes else SAMPLE_TYPE
    known = [problem.path for problem in template.findings.problems]
    for found in loader_problems(text, book.named.folder / template.name, NAMES | default):
        path = _path(template, found)
        if path == "environment.name" and CONDA_FILE in template.findings.places:
            # An unreadable conda file makes the loader take the rest for a conda environment, which needs a name.
            if CONDA_FILE not in known:
                words = "is not a local YAML file that can be read; write a path beside the template, or its content"
                yield template.findings.problem(CONDA_FILE, words)
        elif not any(_related(path, other) for other in known):
            yield template.findings.problem(path, f"azure-ai-ml rejects this: {found.message}")


def _script_problems(book: PolicySet, template: Template) -> Iterator[Problem]:
    """Yield the syntax error of the scoring script, which `az ml` refuses to upload."""
    script = scoring_script(template)
    file = book.named.folder / (script or "")
    if script is None or not file.is_file():
        return
    try:
        ast.parse(file.read_bytes())
    except SyntaxError as error:
        words = f"{script} is not valid Python: {error.msg} (line {error.lineno})"
        yield template.findings.problem("code_configuration.scoring_script", words)
    except (OSError, ValueError) as error:
        yield template.findings.problem("code_configuration.scoring_script", f"{script} cannot be read: {error}")


def _path(template: Template, found: LoaderProblem) -> str:
    """Return the path of a problem's value in the file; the loader's own keys for a mapping's values are left out."""
    path = ""
    for key in found.keys:
        inner = f"{path}[{key}]" if isinstance(key, int) else join(path, key)
        if inner in template.findings.places or key not in {"key", "value"}:
            path = inner
    return path


def _related(path: str, other: str) -> bool:
    """Return whether one path is the other or contains it."""
    return path == other or f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.") or not path
