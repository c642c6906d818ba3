"""Policies as the commands read them: a folder or one file, and all of them valid."""

from __future__ import annotations

from pathlib import Path

from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError, Problem


def load(path: Path) -> PolicySet:
    """Return the policies of a folder, or of one file. Raises PolicyError with every problem."""
    found = read_policies(path.parent, only=path) if path.is_file() else read_policies(path)
    return found.valid()


def problems_of(path: Path) -> tuple[PolicySet | None, list[Problem]]:
    """Return the policies, or None and every problem in them."""
    try:
        return load(path), []
    except PolicyError as error:
        return None, error.problems


def as_data(problem: Problem) -> dict[str, str | int]:
    """Return a problem for JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }
