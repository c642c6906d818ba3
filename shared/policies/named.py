"""What the policies of a folder name, read once each: requests, schemas, queries, templates. Nothing else is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from shared.policies.files import inside, read_query, read_requests, read_schema
from shared.policies.problems import Findings, PolicyError, Problem
from shared.policies.reading import Values
from shared.policies.words import Unfit

if TYPE_CHECKING:
    from shared.policies.template import Template
    from shared.ports import JsonSchema  # it leads to the rollout's whole record, which reading policies never needs

T = TypeVar("T")
EXAMPLES = {
    "requests": "smoke/churn.jsonl",
    "schema": "smoke/answer.schema.json",
    "query": "gates/fraud.kql",
    "template": "deployments/churn.yml",
}


@dataclass(slots=True)
class NamedFiles:
    """The files by their paths below the folder; None for one that is wrong.

    problems: what is wrong within them, told once. unreadable: why one cannot be read, told to each who names it.
    """

    folder: Path
    requests: dict[str, tuple[bytes, ...] | None] = field(default_factory=dict)
    schemas: dict[str, JsonSchema | None] = field(default_factory=dict)
    queries: dict[str, str | None] = field(default_factory=dict)
    templates: dict[str, Template | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def read(self, policy: Values, findings: Findings) -> None:
        """Read what a policy names, and spell its paths as they are kept here; what is missing is the policy's."""
        for index, step in enumerate(policy["steps"] or []):
            smoke = (step or {}).get("smoke") or {}
            self._keep(self.requests, read_requests, (smoke, "requests", f"steps[{index}].smoke.requests"), findings)
            self._keep(self.schemas, read_schema, (smoke, "schema", f"steps[{index}].smoke.schema"), findings)
        gates = (policy["judge"] or {}).get("gates") or {}
        for index, query in enumerate(gates.get("queries") or []):
            self._keep(
                self.queries, read_query, (query or {}, "query", f"judge.gates.queries[{index}].query"), findings
            )
        if (policy["deployment"] or {}).get("template"):
            self._read_template(policy, findings)

    def instances(self, policy: Values) -> int | None:
        """Return how many instances the template of a policy asks for, if it has one that does."""
        template = self.templates.get(policy["deployment"]["template"] or "")
        return template.values["instance_count"] if template and template.values else None

    def all_problems(self) -> list[Problem]:
        """Return what is wrong within the files, each once."""
        within = [problem for template in self.templates.values() if template for problem in template.findings.problems]
        return [*dict.fromkeys(self.problems + within)]

    def _read_template(self, policy: Values, findings: Findings) -> None:
        from shared.policies.template import check_use, read_template  # noqa: PLC0415 -- few policies have a template

        def read_below(path: Path, _shown: str) -> Template:
            return read_template(self.folder, path.relative_to(self.folder).as_posix())

        deployment = policy["deployment"]
        self._keep(self.templates, read_below, (deployment, "template", "deployment.template"), findings)
        template = self.templates.get(deployment["template"])
        if template is not None:
            check_use(template, policy, findings)

    def _keep(
        self,
        kept: dict[str, T | None],
        read: Callable[[Path, str], T],
        at: tuple[dict[str, Any], str, str],
        findings: Findings,
    ) -> None:
        """Read the file that a table's key names, unless it is kept already."""
        table, key, path = at
        if not table.get(key):
            return
        try:
            table[key] = name = inside(self.folder, table[key], EXAMPLES[key])
            if name not in kept:
                kept[name] = None
                kept[name] = read(self.folder / name, str(self.folder / name))
        except Unfit as wrong:
            findings.add(path, str(wrong))
        except PolicyError as error:
            for problem in error.problems:
                if problem.line:
                    self.problems.append(problem)
                else:
                    self.unreadable[name] = problem.message
        if table[key] in self.unreadable:
            findings.add(path, f"{table[key]}: {self.unreadable[table[key]]}")
