"""Policies as the commands read them: a folder or one file, with checks that the app's start has no time for."""

from __future__ import annotations

from pathlib import Path

from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError, Problem


def load(path: Path) -> PolicySet:
    """Return the policies of a folder, or of one file. Raises PolicyError with every problem."""
    book = read_policies(path.parent, only=path) if path.is_file() else read_policies(path)
    problems = [problem for name in book.schemas if (problem := _schema_problem(book, name))]
    if problems:
        raise PolicyError(problems)
    return book


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


def _schema_problem(book: PolicySet, name: str) -> Problem | None:
    from jsonschema import SchemaError, validators  # noqa: PLC0415 -- 0.1 s that only a policy with a schema should cost

    schema = book.schema(name)
    if isinstance(schema, bool):
        return None
    try:
        validators.validator_for(schema).check_schema(dict(schema))
    except SchemaError as error:
        text = f"not a valid JSON Schema: {error.message} (at {error.json_path})"
        return Problem(str(book.folder / name), 1, 1, "", text)
    return None
