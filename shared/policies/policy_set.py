"""The policies of one folder. An invalid file blocks new rollouts on its endpoint, and nothing else.

Only .yaml and .yml files directly in the folder are policies (except prices.yaml); subfolders hold the files that
policies name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.core.endpoint_id import EndpointId
from shared.core.policy import Policy
from shared.core.schema.findings import Findings, Problem
from shared.policies.choosing import TAG, choose
from shared.policies.defects import built
from shared.policies.drafts import Refused, check_claims, read_draft
from shared.policies.files import NamedFiles
from shared.policies.prices import PRICES, Prices
from shared.policies.problems import PolicyError
from shared.policies.reading import read_file
from shared.policies.tables.policy import SKIP, policy_table
from shared.policies.template import Template, fill_template
from shared.policies.variables import Variables

if TYPE_CHECKING:
    from shared.ports import JsonSchema  # imports the whole rollout record, which reading policies does not need

SUFFIXES = {".yaml", ".yml"}
PRICES_FILES = ("prices.yaml", "prices.yml")


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The valid policies of a folder, in the order of `files`, and the invalid files.

    named: the files that policies name, by path below the folder. other_problems: problems that block no rollout.
    """

    named: NamedFiles
    policies: tuple[Policy, ...] = ()
    files: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    prices: Prices | None = None
    other_problems: tuple[Problem, ...] = ()

    def valid(self) -> PolicySet:
        """Return this set if everything is valid; raises PolicyError with every problem otherwise."""
        if problems := self.problems():
            raise PolicyError(problems)
        return self

    def problems(self) -> list[Problem]:
        """Return every problem of all files."""
        return [*self.other_problems, *(problem for file in self.refused for problem in file.problems)]

    def endpoints(self) -> tuple[EndpointId, ...]:
        """Return every endpoint that has a valid policy."""
        return tuple(dict.fromkeys(policy.endpoint_id for policy in self.policies))

    def for_model(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        """Return the policies that a workspace's model version triggers, at most one per endpoint.

        Its tag `teal` may select one: see `choosing`. An endpoint with an invalid file has none, because it is unknown
        which of its policies applies.
        """
        refused = {file.place for file in self.refused}
        chosen = choose(self._of(workspace), model, version, tags).policies
        return tuple(policy for policy in chosen if policy.endpoint_id not in refused)

    def why_none(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> str:
        """Return why a model version triggers no policy, as text for the log; empty if it triggers one."""
        return choose(self._of(workspace), model, version, tags).why

    def refusal(self, workspace: str, model: str, tags: dict[str, str]) -> PolicyError | None:
        """Return the problems of invalid policies that may be for a workspace's model; None if there are none."""
        claimed = [policy for policy in self._of(workspace) if model in {chosen.name for chosen in policy.models}]
        places = {policy.endpoint_id for policy in claimed}
        wrong = [file for file in self.refused if file.may_be_for(workspace, model) or file.place in places]
        if not wrong or tags.get(TAG) == SKIP:
            return None
        return PolicyError(problem for file in wrong for problem in file.problems)

    def for_endpoint(self, endpoint: EndpointId, name: str = "") -> Policy | None:
        """Return the policy of an endpoint with this name.

        Without a name, return the unnamed policy, or else the endpoint's first; None if the endpoint has no policy.
        """
        present = [policy for policy in self.policies if policy.endpoint_id == endpoint]
        named = [policy for policy in present if policy.name == name]
        return next(iter(named if name else named + present), None)

    def of_endpoint(self, endpoint: EndpointId) -> tuple[Policy, ...]:
        """Return every valid policy of an endpoint."""
        return tuple(policy for policy in self.policies if policy.endpoint_id == endpoint)

    def for_start(self, endpoint: EndpointId) -> Policy | None:
        """Return the policy for a new rollout on an endpoint; None if it has none.

        Raises PolicyError with the problems of files that are for this endpoint or, if it has no other, may be.
        """
        policy = self.for_endpoint(endpoint)
        wrong = [file for file in self.refused if file.place == endpoint]
        if policy is None:
            wrong += [
                file for file in self.refused if file.endpoint is None and file.workspace in {None, endpoint.workspace}
            ]
        if wrong:
            raise PolicyError(problem for file in wrong for problem in file.problems)
        return policy

    def _of(self, workspace: str) -> tuple[Policy, ...]:
        return tuple(policy for policy in self.policies if policy.workspace == workspace)

    def requests(self, path: str) -> tuple[bytes, ...]:
        """Return the request bodies of a smoke file, by the path in `SmokeStep.requests`; raises Permanent."""
        bodies: tuple[bytes, ...] = self.named.get("requests", path)
        return bodies

    def schema(self, path: str) -> JsonSchema:
        """Return the JSON Schema in a file, by the path in `SmokeStep.schema`; raises Permanent."""
        schema: JsonSchema = self.named.get("schema", path)
        return schema

    def query(self, path: str) -> str:
        """Return the text of a query file, by the path in `QueryGate.query`; raises Permanent."""
        query: str = self.named.get("query", path)
        return query

    def template(self, path: str) -> str:
        """Return the text of a deployment template, by the path in `TemplateSource`; raises Permanent.

        It uses `${MODEL_NAME}`, `${MODEL_VERSION}` and `${ENDPOINT_NAME}`. Paths in it are relative to its own folder.
        """
        text: str = self.named.get("template", path).text
        return text

    def templates(self) -> tuple[Template, ...]:
        """Return the templates that the policies name, with their problems, also those of invalid policies."""
        return self.named.templates()

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        """Return a template as YAML with its variables filled in, each as text; raises Permanent."""
        return fill_template(self.template(path), values)


def read_policies(
    folder: Path, environment: Mapping[str, str] | None = None, only: Path | None = None, workspace: str = ""
) -> PolicySet:
    """Return the policies in a folder, with every problem of the invalid files.

    environment: values for `${NAME}` in policies; by default, this process's environment. only: read this policy and
    the files that it names, and no other policy. workspace: for policies that name none.
    """
    variables = Variables(os.environ if environment is None else environment)
    named, table = NamedFiles(folder), policy_table(workspace)
    try:
        files, prices_file = _files(folder)
    except PolicyError as error:
        return PolicySet(named, refused=(Refused(str(folder), tuple(error.problems)),))
    drafts = [read_draft(table, file, variables, named) for file in (files if only is None else [only])]
    check_claims(drafts)
    results = [(draft.findings.file, draft.result(table)) for draft in drafts]
    valid = [(file, result) for file, result in results if isinstance(result, Policy)]
    prices, problems = _prices(prices_file, variables) if prices_file else (None, [])
    return PolicySet(
        named=named,
        policies=tuple(policy for _, policy in valid),
        files=tuple(file for file, _ in valid),
        refused=tuple(result for _, result in results if isinstance(result, Refused)),
        prices=prices,
        other_problems=tuple(problems),
    )


def _prices(path: Path, variables: Variables) -> tuple[Prices | None, list[Problem]]:
    findings = Findings(str(path))
    values = read_file(PRICES, path, findings, variables)
    return built(PRICES, values, findings), findings.problems


def _files(folder: Path) -> tuple[list[Path], Path | None]:
    """Return the policy files of a folder, and its prices file if there is one."""
    try:
        files = sorted(path for path in folder.iterdir() if _is_policy(path))
    except OSError as error:
        raise _nowhere(folder, f"cannot be read: {error.strerror}") from error
    policies = [path for path in files if path.name.lower() not in PRICES_FILES]
    if not policies:
        raise _nowhere(folder, "contains no policy (*.yaml or *.yml)")
    return policies, next((path for path in files if path not in policies), None)


def _is_policy(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _nowhere(folder: Path, message: str) -> PolicyError:
    words = f"{message}, so nothing can be rolled out; Teal looked in {folder.absolute()} (setting TEAL_POLICIES)"
    return PolicyError([Problem(str(folder), 0, 0, "", words)])
