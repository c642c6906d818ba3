"""Which policy is tried: the only one of a file or a folder, or the one that is named. All problems, or one policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.policy.sources import load
from shared.core.policy import Policy
from shared.core.steps import SmokeStep
from shared.policies.policy_set import PolicySet
from shared.policies.problems import PolicyError, Problem


@dataclass(frozen=True, slots=True)
class Chosen:
    """A policy, the file it stands in, and how many requests each of its smoke files holds."""

    policy: Policy
    file: str
    smoke_requests: dict[str, int]


def chosen(path: Path, endpoint: str | None, name: str | None) -> Chosen:
    """Return the policy meant by a file or folder and, where there are several, an endpoint and a policy's name.

    Raises PolicyError with every problem, or with what there is to choose from.
    """
    book = load(path)
    found = [
        (policy, file)
        for policy, file in zip(book.policies, book.files, strict=True)
        if (endpoint is None or policy.endpoint == endpoint.lower()) and (name is None or policy.name == name)
    ]
    if len(found) == 1:
        return Chosen(*found[0], smoke_requests=_smoke_requests(book, found[0][0]))
    raise PolicyError([Problem(str(path), 0, 0, "", _words(book, len(found)))])


def _smoke_requests(book: PolicySet, policy: Policy) -> dict[str, int]:
    files = {step.requests for step in policy.steps if isinstance(step, SmokeStep) and step.requests}
    return {file: len(book.requests(file)) for file in files}


def _words(book: PolicySet, found: int) -> str:
    known = ", ".join(policy.endpoint + (f" ({policy.name})" if policy.name else "") for policy in book.policies)
    return f"{found or 'no'} policies are meant; choose one with --endpoint and --name: {known}"
