"""The files that policies name: requests, JSON Schemas, queries and templates, all inside the policies folder.

Each is read once, when a policy is checked or a rollout needs it. A rollout keeps the policy that it started with, so
it may need a file that no current policy names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from shared.core.schema.findings import Findings, Problem, Values
from shared.core.schema.grammar import Node, Table, walk
from shared.core.schema.kinds import Contents, Scalar
from shared.core.schema.words import Unfit, value_of
from shared.policies.answer_schema import read_schema
from shared.policies.defects import reported
from shared.policies.document import inside, read_text
from shared.policies.missing_files import suggested_file
from shared.policies.problems import PolicyError
from shared.policies.request_files import is_request_file, read_requests
from shared.policies.template import Template, read_template
from shared.policies.template_use import check_use

LARGEST_QUERY = 64 * 1024
MOST_SHOWN = 5


class Held(NamedTuple):
    """A file's parsed content, or None if it is invalid, and its problems."""

    value: Any
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The files of one policies folder, by kind of contents and path below it."""

    folder: Path
    _held: dict[tuple[Contents, str], Held] = field(default_factory=dict)

    def get(self, contents: Contents, path: str) -> Any:  # noqa: ANN401 -- as many types as contents
        """Return a file's parsed content; raises PolicyError if it is invalid."""
        try:
            held = self._read(contents, inside(self.folder, path, path))
        except Unfit as wrong:
            raise PolicyError([Problem(str(self.folder / path), 0, 0, "", str(wrong))]) from wrong
        if held.value is None:
            raise PolicyError(held.problems)
        return held.value

    def instances(self, template: str) -> int | None:
        """Return a template's instance count, or None if it has none or is invalid."""
        found = self._read("template", template).value
        return found.values["instance_count"] if isinstance(found, Template) and found.values else None

    def templates(self) -> tuple[Template, ...]:
        """Return the templates that have been read, with their problems."""
        return tuple(held.value for held in self._held.values() if isinstance(held.value, Template))

    def check(self, table: Table, policy: Values, findings: Findings) -> None:
        """Report problems in the files that a policy names, and normalize their paths.

        A missing file is reported where the policy names it; a problem inside a file, at its place in that file.
        """
        for node in walk(Node(table, policy, "")):
            if not isinstance(node.kind, Scalar) or not node.kind.contents or not node.value or node.owner is None:
                continue
            # A file that need not be in a list has no place as the list's first item.
            place = node.path if node.path in findings.places else node.path.removesuffix("[0]")
            filled = findings.filled.get(place)
            shown = "" if filled is None else value_of(filled)
            try:
                path = node.owner[node.key] = inside(self.folder, node.value, node.kind.example, shown)
            except Unfit as wrong:
                findings.add(place, str(wrong))
                continue
            held = self._read(node.kind.contents, path)
            findings.problems += [problem for problem in held.problems if problem.line]
            for problem in held.problems:
                if not problem.line:
                    findings.add(place, f"{shown or path}: {problem.message}{suggested_file(self.folder, path)}")
            if isinstance(held.value, Template):
                check_use(held.value, policy, findings)
        for index, step in enumerate(policy["steps"] or []):
            self._check_schema(f"steps[{index}].smoke.schema", (step or {}).get("smoke") or {}, findings)

    def _check_schema(self, place: str, smoke: Values, findings: Findings) -> None:
        """Report a schema that a smoke test would also send, because it is among the requests of a folder."""
        schema = smoke.get("schema")
        folder, _, name = (schema or "").rpartition("/")
        if folder in (smoke.get("requests") or []) and (self.folder / folder).is_dir() and is_request_file(name):
            stem = name.rpartition(".")[0]
            findings.add(
                place,
                f"{schema} is in the folder of requests, so it would be sent as one; rename it to {stem}.schema.json",
            )

    def _read(self, contents: Contents, path: str) -> Held:
        if (contents, path) not in self._held:
            self._held[contents, path] = self._read_once(contents, path)
        return self._held[contents, path]

    def _read_once(self, contents: Contents, path: str) -> Held:
        findings = Findings(str(self.folder / path))
        with reported(findings):
            try:
                value = READERS[contents](self.folder, path)
                return Held(value, value.findings.problems if isinstance(value, Template) else [])
            except PolicyError as error:
                return Held(None, error.problems)
        return Held(None, findings.problems)


def read_query(folder: Path, name: str) -> str:
    """Return a gate's query; raises PolicyError if it is empty, or if a line starts a management command.

    Log Analytics reports invalid KQL when the query runs.
    """
    shown = str(folder / name)
    text = read_text(folder / name, shown, LARGEST_QUERY)
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    if all(not line or line.startswith("//") for _, line in lines):
        words = "contains no query; a query returns deployment, minute, bad and total"
        raise PolicyError([Problem(shown, 1, 1, "", words)])
    commands = [number for number, line in lines if line.startswith(".")]
    if commands:
        words = "a line that starts with a dot is a management command; a gate's query may only read"
        raise PolicyError([Problem(shown, number, 1, "", words) for number in commands[:MOST_SHOWN]])
    return text


READERS: dict[Contents, Callable[[Path, str], object]] = {
    "requests": read_requests,
    "schema": read_schema,
    "query": read_query,
    "template": read_template,
}
