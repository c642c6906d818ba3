"""The policies of one folder, read once when the app starts. All of them are right, or none is used.

Only files that lie directly in the folder and end in .yaml or .yml are policies (but for prices.yaml); folders below
hold what they name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shared.core.policy import Policy
from shared.errors import Permanent
from shared.policies.building import build_policy
from shared.policies.choosing import choose
from shared.policies.claims import Draft, check_claims
from shared.policies.document import LARGEST_FILE, compose, place_of, read_text
from shared.policies.named import NamedFiles
from shared.policies.problems import Findings, PolicyError, Problem
from shared.policies.reading import read
from shared.policies.tables.policy import POLICY
from shared.policies.validation import validate
from shared.policies.variables import Variables

if TYPE_CHECKING:
    from shared.policies.prices import Prices
    from shared.ports import JsonSchema  # it leads to the rollout's whole record, which reading policies never needs

T = TypeVar("T")
SUFFIXES = {".yaml", ".yml"}
PRICES = ("prices.yaml", "prices.yml")
EXPECTS = "a policy is a mapping with endpoint, models and steps"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Checked policies, and the files that they name by their paths below the folder.

    files: the policy files, in the order of `policies`. folder: where relative paths within templates begin.
    """

    policies: tuple[Policy, ...]
    bodies: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    schemas: Mapping[str, JsonSchema] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    prices: Prices | None = None
    files: tuple[str, ...] = ()
    folder: Path = Path()

    def for_model(self, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        """Return the policies that a model version sets off, at most one an endpoint; its tag `teal` has a say."""
        return choose(self.policies, model, version, tags).policies

    def why_none(self, model: str, version: str, tags: dict[str, str]) -> str:
        """Return why a model version sets off no policy, in words for the log; empty if it does."""
        return choose(self.policies, model, version, tags).why

    def for_endpoint(self, endpoint: str, name: str = "") -> Policy | None:
        """Return the policy of an endpoint with this name, in whatever case the endpoint is written.

        Without a name it is the policy that has none, or else the endpoint's first; None if the endpoint has none.
        """
        present = [policy for policy in self.policies if policy.endpoint == endpoint.lower()]
        named = [policy for policy in present if policy.name == name]
        return next(iter(named if name else named + present), None)

    def requests(self, path: str) -> tuple[bytes, ...]:
        """Return the request bodies of a smoke file, named as in `SmokeStep.requests`.

        Raises Permanent for a file that no present policy names: a rollout keeps the policy that it began with.
        """
        return _present(self.bodies, path, "smoke file")

    def schema(self, path: str) -> JsonSchema:
        """Return the JSON Schema of a file, named as in `SmokeStep.schema`; raises Permanent as `requests`."""
        return _present(self.schemas, path, "schema file")

    def query(self, path: str) -> str:
        """Return the text of a query file, named as in `QueryGate.query`; raises Permanent as `requests`."""
        return _present(self.queries, path, "query file")

    def template(self, path: str) -> str:
        """Return the text of a deployment template, named as in `TemplateSource`; raises Permanent as `requests`.

        It uses `${MODEL_NAME}`, `${MODEL_VERSION}` and `${ENDPOINT_NAME}`. Paths in it begin at `folder / path`'s own
        folder.
        """
        return _present(self.templates, path, "template")

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        """Return a template as YAML with its variables filled in, each as text; raises Permanent as `requests`."""
        from shared.policies.template import fill_template  # noqa: PLC0415 -- few policies have a template

        return fill_template(self.template(path), values)


def _present(kept: Mapping[str, T], path: str, noun: str) -> T:
    if path not in kept:
        raise Permanent(f"the {noun} {path} is no longer part of any policy; start the rollout again")
    return kept[path]


def read_policies(folder: Path, environment: Mapping[str, str] | None = None, only: Path | None = None) -> PolicySet:
    """Return the policies in a folder; raises PolicyError (a Misconfigured) with every problem of all files at once.

    environment: what `${NAME}` in a policy stands for; without it, this process's. only: read this file of the folder
    and what it names, and no other policy.
    """
    variables = Variables(os.environ if environment is None else environment)
    files, prices_file = _files(folder)
    files = files if only is None else [only]
    drafts = [_draft(file, variables) for file in files]
    named = NamedFiles(folder)
    for draft in drafts:
        if draft.values is not None:
            named.read(draft.values, draft.findings)
    check_claims(drafts)
    problems = [*named.all_problems(), *(problem for draft in drafts for problem in draft.findings.problems)]
    prices = _prices(prices_file, variables, problems) if prices_file else None
    if problems:
        raise PolicyError(problems)
    return _book(folder, drafts, named, prices)


def _prices(path: Path, variables: Variables, problems: list[Problem]) -> Prices | None:
    from shared.policies.prices import read_prices  # noqa: PLC0415 -- few folders have prices

    try:
        return read_prices(path, variables)
    except PolicyError as error:
        problems += error.problems
        return None


def _book(folder: Path, drafts: list[Draft], named: NamedFiles, prices: Prices | None) -> PolicySet:
    return PolicySet(
        policies=tuple(build_policy(d.values, named.instances(d.values)) for d in drafts if d.values is not None),
        bodies={path: bodies for path, bodies in named.requests.items() if bodies is not None},
        schemas={path: schema for path, schema in named.schemas.items() if schema is not None},
        queries={path: text for path, text in named.queries.items() if text is not None},
        templates={path: template.text for path, template in named.templates.items() if template is not None},
        prices=prices,
        files=tuple(draft.findings.file for draft in drafts),
        folder=folder,
    )


def _files(folder: Path) -> tuple[list[Path], Path | None]:
    """Return the policy files of a folder, and its prices file if there is one."""
    try:
        files = sorted(path for path in folder.iterdir() if _is_policy(path))
    except OSError as error:
        raise _nowhere(folder, f"cannot be read: {error.strerror}") from error
    policies = [path for path in files if path.name.lower() not in PRICES]
    if not policies:
        raise _nowhere(folder, "holds no policy (*.yaml or *.yml)")
    return policies, next((path for path in files if path not in policies), None)


def _is_policy(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _nowhere(folder: Path, message: str) -> PolicyError:
    words = (
        f"{message}, so nothing would ever be rolled out; Teal looked in {folder.absolute()} (setting TEAL_POLICIES)"
    )
    return PolicyError([Problem(str(folder), 0, 0, "", words)])


def _draft(file: Path, variables: Variables) -> Draft:
    draft = Draft(Findings(str(file), variables))
    try:
        root = compose(read_text(file, draft.findings.file, LARGEST_FILE), draft.findings.file, EXPECTS)
    except PolicyError as error:
        draft.findings.problems.extend(error.problems)
        return draft
    draft.findings.places[""] = place_of(root)
    draft.values = read(POLICY, root, "", draft.findings)
    if draft.values is not None:
        validate(draft.values, draft.findings)
    return draft
