"""The one reader of request files: JSON documents as `az ml online-endpoint invoke --request-file` takes them.

A file with one JSON document, on any number of lines, is one request. Otherwise it is JSON Lines: one request per line.
A folder has the requests of all its JSON files. Bodies are sent as written.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import NamedTuple

from shared.core.schema.findings import Problem
from shared.core.schema.words import Unfit
from shared.policies.document import inside, read_text
from shared.policies.json_errors import json_problem
from shared.policies.problems import PolicyError

LARGEST_FILE = 1024 * 1024
MOST_FILES = 200
MOST_SHOWN = 5
# The line ends of every system. JSON has none of them inside a string, but may have Unicode's other line separators.
LINE_END = re.compile(r"\r\n?|\n")
SUFFIXES = (".json", ".jsonl", ".ndjson")
# A schema for the answers is often kept next to the requests.
SCHEMA = re.compile(r"(.*\.)?schema\.json")
NO_FILE = "a folder without a request file (*.json, *.jsonl or *.ndjson, and not in a subfolder)"
REMEDY = "a request file is one JSON document, or has one JSON document on each line"


class Line(NamedTuple):
    """A non-empty line of a file, and what is wrong with it as JSON (column and message), if anything."""

    number: int
    body: str
    wrong: tuple[int, str] | None


def read_requests(folder: Path, name: str) -> tuple[bytes, ...]:
    """Return the request bodies of a file, or of the files of a folder in the order of their names.

    name: the path below the policies folder. Raises PolicyError with what is wrong in any of the files.
    """
    if not os.path.isdir(folder / name):  # noqa: PTH112 -- unlike Path.is_dir, false for a path that cannot exist
        return _bodies(folder, name)
    bodies, problems = list[bytes](), list[Problem]()
    for file in _files(folder, name):
        try:
            bodies += _bodies(folder, file)
        except PolicyError as error:  # a problem of the whole file is shown at the policy, which names the folder
            problems += [
                each if each.line else _problem(folder, file, f"{file}: {each.message}") for each in error.problems
            ]
    if problems:
        raise PolicyError(problems)
    return tuple(bodies)


def _files(folder: Path, name: str) -> list[str]:
    """Return the paths of a folder's request files; files and links that lead out of the policies are a problem."""
    try:
        found = sorted(path.name for path in (folder / name).iterdir() if is_request_file(path.name))
        files = [inside(folder, f"{name}/{file}", name) for file in found]
    except OSError as error:
        raise PolicyError([_problem(folder, name, f"cannot be read: {error.strerror}")]) from error
    except Unfit as wrong:
        raise PolicyError([_problem(folder, name, str(wrong))]) from wrong
    if not files:
        raise PolicyError([_problem(folder, name, NO_FILE)])
    if len(files) > MOST_FILES:
        raise PolicyError([_problem(folder, name, f"{len(files)} request files; at most {MOST_FILES} are allowed")])
    return files


def is_request_file(name: str) -> bool:
    """Return whether a file of this name is a request file of the folder that it is in."""
    lower = name.lower()
    return lower.endswith(SUFFIXES) and not SCHEMA.fullmatch(lower) and not lower.startswith(".")


def _bodies(folder: Path, name: str) -> tuple[bytes, ...]:
    """Return the request bodies of one file."""
    shown = str(folder / name)
    text = read_text(folder / name, shown, LARGEST_FILE)
    if not text.strip():
        raise PolicyError([Problem(shown, 1, 1, "", f"contains no request; {REMEDY}")])
    wrong = _wrong_document(shown, text)
    if wrong is None:
        return (text.strip().encode(),)
    lines = [Line(number, body.strip(), _wrong(body.strip())) for number, body in _lines(text)]
    refused = [line for line in lines if line.wrong is not None]
    if not refused:
        return tuple(line.body.encode() for line in lines)
    if 2 * len(refused) > len(lines):  # a document with a mistake in it, rather than JSON Lines
        raise PolicyError([wrong])
    problems = [Problem(shown, line.number, line.wrong[0], "", line.wrong[1]) for line in refused if line.wrong]
    raise PolicyError(problems[:MOST_SHOWN] + _others(problems[MOST_SHOWN:]))


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(LINE_END.split(text), start=1) if line.strip()]


def _wrong_document(shown: str, text: str) -> Problem | None:
    """Return what keeps a text from being one JSON document, at its place; None if it is one."""
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Problem(shown, error.lineno, error.colno, "", f"{json_problem(error)}; {REMEDY}")
    except (ValueError, RecursionError) as error:
        return Problem(shown, 1, 1, "", f"not valid JSON: {error}")
    return None


def _wrong(body: str) -> tuple[int, str] | None:
    problem = _wrong_document("", body)
    return None if problem is None else (problem.column, problem.message)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _others(problems: list[Problem]) -> list[Problem]:
    """Summarize the remaining problems of a file with many invalid lines."""
    if not problems:
        return []
    more = f" (and {len(problems) - 1} more lines)" if len(problems) > 1 else ""
    return [problems[0]._replace(message=problems[0].message + more)]


def _problem(folder: Path, name: str, message: str) -> Problem:
    return Problem(str(folder / name), 0, 0, "", message)
