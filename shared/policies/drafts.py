"""Checks policy files individually and against each other. Each file gives a policy or its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.core.endpoint_id import EndpointId
from shared.core.policy import Policy
from shared.core.schema.findings import Findings, Problem, Values
from shared.core.schema.grammar import Table
from shared.policies.defects import built, reported
from shared.policies.files import NamedFiles
from shared.policies.reading import read_file
from shared.policies.variables import Variables


@dataclass(frozen=True, slots=True)
class Refused:
    """An invalid policy file, with every problem in it and in the files that it names.

    endpoint, workspace, models: what it is for; None if that cannot be read.
    """

    file: str
    problems: tuple[Problem, ...]
    endpoint: str | None = None
    workspace: str | None = None
    models: frozenset[str] | None = None

    @property
    def place(self) -> EndpointId | None:
        """The endpoint whose new rollouts it blocks; None if unknown."""
        known = self.workspace is not None and self.endpoint is not None
        return EndpointId(self.workspace or "", self.endpoint or "") if known else None

    def may_be_for(self, workspace: str, model: str) -> bool:
        """Return whether this policy might be for a model of this name in this workspace."""
        return self.workspace in {None, workspace} and (self.models is None or model in self.models)


@dataclass(frozen=True, slots=True)
class Draft:
    """One policy file: its values (None if it is not a mapping) and the findings."""

    findings: Findings
    values: Values | None

    def result(self, table: Table) -> Policy | Refused:
        """Return the policy, or why it is invalid."""
        policy: Policy | None = built(table, self.values, self.findings)
        if policy is not None:
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
    """Read a policy file and find every problem in it and in the files that it names."""
    findings = Findings(str(file))
    values = read_file(table, file, findings, variables)
    if values is not None:
        with reported(findings):
            named.check(table, values, findings)
            deployment = values["deployment"] or {}
            if deployment.get("template") and deployment["instance_count"] is None:
                deployment["instance_count"] = named.instances(deployment["template"])
    return Draft(findings, values)


def check_claims(drafts: Sequence[Draft]) -> None:
    """Report policies for the same endpoint that no tag can distinguish."""
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
    remedy = "remove one, or give it a name, to be chosen by the model's tag teal"
    draft.findings.add("endpoint", f"{endpoint} already has a policy, in {place}; {remedy}")


def _endpoint(values: Mapping[str, Mapping[str, str | None] | None]) -> str | None:
    return _lower((values.get("endpoint") or {}).get("name"))


def _lower(name: str | None) -> str | None:
    return None if name is None else name.lower()
