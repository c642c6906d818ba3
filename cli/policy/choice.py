"""Selects the policy to simulate: the only one in a file or folder, or the named one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.policy.sources import load
from shared.core.policy import Policy
from shared.core.steps import SmokeStep
from shared.policies.policy_set import PolicySet
from shared.policies.problems import PolicyError, Problem


@dataclass(frozen=True, slots=True)
class ChosenPolicy:
    """A policy, its file, and the number of requests in each of its smoke files.

    by_tag: whether only versions with its tag are rolled out, since its endpoint has no policy without a name.
    """

    policy: Policy
    file: str
    smoke_requests: dict[str, int]
    by_tag: bool = False

    @property
    def name(self) -> str:
        """The endpoint, and the policy's own name if it has one."""
        return self.policy.endpoint + (f" ({self.policy.name})" if self.policy.name else "")


def all_of(book: PolicySet) -> list[ChosenPolicy]:
    """Return every policy of a set."""
    both = zip(book.policies, book.files, strict=True)
    unnamed = {policy.endpoint_id for policy in book.policies if not policy.name}
    return [
        ChosenPolicy(policy, file, _smoke_requests(book, policy), policy.endpoint_id not in unnamed)
        for policy, file in both
    ]


def choose(path: Path, endpoint: str | None, name: str | None) -> ChosenPolicy:
    """Return the policy in a file or folder that matches the endpoint and policy name, if given.

    Raises PolicyError with every problem, or with the policies to choose from.
    """
    every = all_of(load(path))
    found = [
        chosen
        for chosen in every
        if (endpoint is None or chosen.policy.endpoint == endpoint.lower())
        and (name is None or chosen.policy.name == name)
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(chosen.name for chosen in every)
    text = f"{len(found) or 'no'} policies match; choose one with --endpoint and --name: {known}"
    raise PolicyError([Problem(str(path), 0, 0, "", text)])


def _smoke_requests(book: PolicySet, policy: Policy) -> dict[str, int]:
    paths = {path for step in policy.steps if isinstance(step, SmokeStep) for path in step.paths}
    return {path: len(book.requests(path)) for path in paths}
