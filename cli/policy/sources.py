"""Loads policies for the commands, from a folder or one file. All must be valid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError, Problem


def load(path: Path, variables: Mapping[str, str] | None = None) -> PolicySet:
    """Return the policies in a folder or one file. Raises PolicyError with every problem.

    variables: the values for `${NAME}`; by default, the environment.
    """
    return _read(path, variables).valid()


def problems_of(path: Path, variables: Mapping[str, str] | None = None) -> tuple[PolicySet | None, list[Problem]]:
    """Return the policies, or None and every problem in them, even those that Microsoft's loader finds in templates.

    `variables` as in `load`.
    """
    book = _read(path, variables)
    problems = list(book.problems())
    if book.templates():
        with Console(stderr=True).status("checking deployment templates with azure-ai-ml"):  # on a terminal only
            from cli.policy.loaded_templates import template_problems  # noqa: PLC0415 -- only if there is a template

            problems += template_problems(book)
    return (None, PolicyError(problems).problems) if problems else (book, [])


def _read(path: Path, variables: Mapping[str, str] | None) -> PolicySet:
    one = path.is_file()
    return read_policies(path.parent if one else path, variables, only=path if one else None)


def as_data(problem: Problem) -> dict[str, str | int]:
    """Return a problem for JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }
