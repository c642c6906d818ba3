"""The error that carries every problem in policy files."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core.schema.findings import Findings, Place, Problem
from shared.errors import Misconfigured

__all__ = ["Findings", "Place", "PolicyError", "Problem"]


class PolicyError(Misconfigured):
    """Files are invalid. The message has one line for each of `problems`, sorted by file and place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
