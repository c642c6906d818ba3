"""Loads policies for the commands, from a folder or one file. All must be valid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError, Problem


def load(path: Path, variables: Mapping[str, str] | None = None) -> PolicySet:
    """Return the policies in a folder or one file. Raises PolicyError with every problem.

    variables: the values for `${NAME}`; by default, the environment.
    """
    one = path.is_file()
    return read_policies(path.parent if one else path, variables, only=path if one else None).valid()


def problems_of(path: Path, variables: Mapping[str, str] | None = None) -> tuple[PolicySet | None, list[Problem]]:
    """Return the policies, or None and every problem in them; `variables` as in `load`."""
    try:
        return load(path, variables), []
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
