"""The files that policies name: where they may lie, and how request files, queries and schemas are read.

All are read and checked when the app starts. Never one outside the policies folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from shared.policies.document import read_text
from shared.policies.problems import PolicyError, Problem
from shared.policies.words import Unfit

if TYPE_CHECKING:
    from shared.ports import JsonSchema  # it leads to the rollout's whole record, which reading policies never needs

LARGEST_FILE = 1024 * 1024
LARGEST_QUERY = 64 * 1024
MOST_SHOWN = 5


def inside(folder: Path, written: str, example: str) -> str:
    """Return the path below the folder, in one spelling; raises Unfit if it leads out of it, also by a link."""
    try:
        root = folder.resolve()
        found = (root / written).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise Unfit(f"{written!r} cannot be followed") from error
    if written.startswith("/") or not found.is_relative_to(root) or found == root:
        raise Unfit(f"{written!r} leads out of the policies folder; write it like {example}")
    return found.relative_to(root).as_posix()


def read_requests(path: Path, shown: str) -> tuple[bytes, ...]:
    """Return a file's request bodies, one JSON value a line; raises PolicyError. shown: the file's name in problems."""
    lines = enumerate(read_text(path, shown, LARGEST_FILE).split("\n"), start=1)
    bodies = [(number, line.strip()) for number, line in lines if line.strip()]
    if not bodies:
        raise PolicyError([Problem(shown, 1, 1, "", "holds no request; write one JSON body a line")])
    wrong = [Problem(shown, number, why[0], "", why[1]) for number, body in bodies if (why := _no_json(body))]
    if wrong:
        raise PolicyError(wrong[:MOST_SHOWN] + _others(wrong[MOST_SHOWN:]))
    return tuple(body.encode() for _, body in bodies)


def read_query(path: Path, shown: str) -> str:
    """Return a gate's query; raises PolicyError if there is none, or if a line begins a management command.

    Whether it is right KQL the log's own service says when it is asked.
    """
    text = read_text(path, shown, LARGEST_QUERY)
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    if all(not line or line.startswith("//") for _, line in lines):
        raise PolicyError([Problem(shown, 1, 1, "", "holds no query; it gives deployment, minute, bad and total")])
    commands = [number for number, line in lines if line.startswith(".")]
    if commands:
        words = "a line that begins with a dot is a management command; a gate's query only reads"
        raise PolicyError([Problem(shown, number, 1, "", words) for number in commands[:MOST_SHOWN]])
    return text


def read_schema(path: Path, shown: str) -> JsonSchema:
    """Return the JSON Schema in a file; raises PolicyError if it is no JSON or nothing that a schema can be.

    Whether it is a right schema `teal policy check` says: what can tell is not loaded when the app starts.
    """
    text = read_text(path, shown, LARGEST_FILE)
    try:
        schema = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise PolicyError([Problem(shown, error.lineno, error.colno, "", f"not JSON: {error.msg}")]) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem(shown, 1, 1, "", f"not JSON: {error}")]) from error
    if not isinstance(schema, dict | bool):
        words = 'not a JSON Schema, which is an object; write it like {"type": "object"}'
        raise PolicyError([Problem(shown, 1, 1, "", words)])
    return schema


def _no_json(body: str) -> tuple[int, str] | None:
    """Return the column and the message of what is wrong with one body."""
    try:
        json.loads(body, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return error.colno, f"not JSON: {error.msg}; write each request on one line"
    except (ValueError, RecursionError) as error:
        return 1, f"not JSON: {error}"
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _others(problems: list[Problem]) -> list[Problem]:
    """Stand for the rest of a file that is wrong line by line, such as JSON printed over many lines."""
    if not problems:
        return []
    more = f" (and {len(problems) - 1} more lines)" if len(problems) > 1 else ""
    return [problems[0]._replace(message=problems[0].message + more)]
