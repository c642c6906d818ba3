"""The request files of smoke tests: read and checked at the start, kept as bytes. Never one outside the folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from shared.policies.document import read_text
from shared.policies.kinds import Unfit
from shared.policies.problems import PolicyError, Problem

LARGEST_FILE = 1024 * 1024
MOST_SHOWN = 5


def inside(folder: Path, requests: str) -> str:
    """Return the path below the folder, in one spelling; raises Unfit if it leads out of it, also by a link."""
    try:
        root = folder.resolve()
        found = (root / requests).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise Unfit(f"{requests!r} cannot be followed") from error
    if requests.startswith("/") or not found.is_relative_to(root) or found == root:
        raise Unfit(f"{requests!r} leads out of the policies folder; write it like smoke/churn.jsonl")
    return found.relative_to(root).as_posix()


def read_requests(path: Path, shown: str) -> tuple[bytes, ...]:
    """Return a file's request bodies, one JSON value a line; raises PolicyError. shown: the file's name in problems."""
    lines = enumerate(read_text(path, shown, LARGEST_FILE).split("\n"), start=1)
    bodies = [(number, line.strip()) for number, line in lines if line.strip()]
    if not bodies:
        raise PolicyError([Problem(shown, 1, 1, "", "holds no request; write one JSON body a line")])
    wrong = [Problem(shown, number, *why) for number, body in bodies if (why := _wrong(body))]
    if wrong:
        raise PolicyError(wrong[:MOST_SHOWN] + _others(wrong[MOST_SHOWN:]))
    return tuple(body.encode() for _, body in bodies)


def _wrong(body: str) -> tuple[int, str, str] | None:
    """Return column, path and message of what is wrong with one body."""
    try:
        json.loads(body, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return error.colno, "", f"not JSON: {error.msg}; write each request on one line"
    except (ValueError, RecursionError) as error:
        return 1, "", f"not JSON: {error}"
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _others(problems: list[Problem]) -> list[Problem]:
    """Stand for the rest of a file that is wrong line by line, such as JSON printed over many lines."""
    if not problems:
        return []
    more = f" (and {len(problems) - 1} more lines)" if len(problems) > 1 else ""
    return [replace(problems[0], message=problems[0].message + more)]
