"""Policy files under examination, one by one and against each other, and what each gives: a policy, or its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.core.endpoint_id import EndpointId
from shared.core.policy import Policy
from shared.core.schema.findings import Findings, Problem, Values
from shared.core.schema.grammar import Table, build
from shared.policies.files import NamedFiles
from shared.policies.reading import read_file
from shared.policies.variables import Variables


@dataclass(frozen=True, slots=True)
class Refused:
    """A policy file that is not valid, with every problem in it and in the files that it names.

    endpoint, workspace, models: what it is for, as far as it can be read; None if that cannot be known.
    """

    file: str
    problems: tuple[Problem, ...]
    endpoint: str | None = None
    workspace: str | None = None
    models: frozenset[str] | None = None

    @property
    def place(self) -> EndpointId | None:
        """The endpoint that has no new rollouts for it; None if that cannot be known."""
        known = self.workspace is not None and self.endpoint is not None
        return EndpointId(self.workspace or "", self.endpoint or "") if known else None

    def may_be_for(self, workspace: str, model: str) -> bool:
        """Return whether this policy may be meant for a model of this name in this workspace."""
        return self.workspace in {None, workspace} and (self.models is None or model in self.models)


@dataclass(frozen=True, slots=True)
class Draft:
    """One policy file: what it says, None if it is not even a mapping, and what was found."""

    findings: Findings
    values: Values | None

    def result(self, table: Table) -> Policy | Refused:
        """Return the policy, or why there is none."""
        if self.values is not None and not self.findings.problems:
            policy: Policy = build(table, self.values)
            return policy
        values = self.values or {}
        names = [(model or {}).get("name") or "" for model in values.get("models") or [None]]
        return Refused(
            self.findings.file,
            tuple(self.findings.problems),
            _endpoint(values),
            _lower(values.get("workspace")),
            frozenset(names) if all(names) else None,
        )


def read_draft(table: Table, file: Path, variables: Variables, named: NamedFiles) -> Draft:
    """Return a policy file with everything that is wrong in it and in the files that it names."""
    findings = Findings(str(file))
    values = read_file(table, file, findings, variables)
    if values is not None:
        named.check(table, values, findings)
        deployment = values["deployment"] or {}
        if deployment.get("template") and deployment["instance_count"] is None:
            deployment["instance_count"] = named.instances(deployment["template"])
    return Draft(findings, values)


def check_claims(drafts: Sequence[Draft]) -> None:
    """Report policies that claim the same endpoint in a way that no tag can tell apart."""
    first: dict[tuple[EndpointId, str], Draft] = {}
    for draft in drafts:
        values = draft.values or {}
        endpoint, workspace, name = _endpoint(values), values.get("workspace"), values.get("name")
        if endpoint is None or workspace is None or name is None:
            continue
        known = first.setdefault((EndpointId(workspace, endpoint), name), draft)
        if known is not draft:
            _report(draft, known.findings, values)


def _report(draft: Draft, known: Findings, values: Values) -> None:
    endpoint, name = values["endpoint"]["name"], values["name"]
    if name:
        place = f"{known.file}:{known.places['name'].line}"
        draft.findings.add("name", f"{endpoint} already has a policy named {name}, in {place}; use another name")
        return
    place = f"{known.file}:{known.places['endpoint'].line}"
    remedy = "give one of them a name, to be chosen by the model's tag teal"
    draft.findings.add("endpoint", f"{endpoint} already has a policy, in {place}; {remedy}")


def _endpoint(values: Mapping[str, Mapping[str, str | None] | None]) -> str | None:
    return _lower((values.get("endpoint") or {}).get("name"))


def _lower(name: str | None) -> str | None:
    return None if name is None else name.lower()
