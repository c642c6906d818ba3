"""Parses a file to YAML nodes, which keep line and column. YAML tags never construct objects.

Sizes are checked before anything is built: a hostile or broken file costs milliseconds and gives a Problem.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol, cast

import yaml

from shared.core.schema.findings import WHOLE_FILE, Place, Problem
from shared.core.schema.words import Unfit
from shared.policies.problems import PolicyError

LARGEST_FILE = 256 * 1024
DEEPEST = 20
MOST_NODES = 10_000
# A byte order mark, or an ASCII character in two bytes.
UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|\0[\t\n\r -~]|[\t\n\r -~]\0")
BINARY_WITHIN = 1024
AS_UTF_8 = "save the file as UTF-8"
# The characters that YAML allows in a file.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# libyaml's loader is about ten times as fast; every wheel of PyYAML has it, but not every build from source.
LOADER = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Mark(Protocol):
    """A position reported by libyaml's or PyYAML's own loader, counted from 0."""

    line: int
    column: int


def read_text(path: Path, shown: str, largest: int) -> str:
    """Return a file's text without byte order mark; raises PolicyError. largest: size limit in bytes."""
    try:
        if not path.is_file():
            raise _wrong(shown, "not a file" if path.exists() else "no such file")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise _wrong(shown, f"cannot be read: {error.strerror}") from error
    if len(content) > largest:
        raise _wrong(shown, f"larger than {largest // 1024} KiB")
    if UTF_16.match(content):
        raise _wrong(shown, f"not valid UTF-8: this looks like UTF-16; {AS_UTF_8}", Place(1, 1))
    if b"\0" in content[:BINARY_WITHIN]:
        raise _wrong(shown, "not a text file: it contains a zero byte")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        words = f"not valid UTF-8: byte 0x{content[error.start]:02x}; {AS_UTF_8}"
        raise _wrong(shown, words, _place(before)) from error


def inside(folder: Path, written: str, example: str, shown: str = "") -> str:
    """Return the normalized path below the folder; raises Unfit if it points outside, even through a symbolic link.

    shown: the path as the message names it.
    """
    try:
        root = folder.resolve()
        found = (root / written).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise Unfit(f"{shown or repr(written)} cannot be resolved") from error
    if written.startswith("/") or not found.is_relative_to(root) or found == root:
        raise Unfit(f"{shown or repr(written)} is outside the policies folder; write it like {example}")
    return found.relative_to(root).as_posix()


def compose(text: str, shown: str, remedy: str) -> yaml.Node:
    """Return the root of the one YAML document in a text; raises PolicyError. remedy: for an empty text."""
    strange = UNPRINTABLE.search(text)
    if strange:
        raise _wrong(shown, f"not valid YAML: character U+{ord(strange[0]):04X}", _place(text[: strange.start()]))
    try:
        _check_events(text, shown)
        root = yaml.compose(text, LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(shown, _explained(error) + _hint(text, error), _marked(mark)) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: PyYAML's own loader on \U00110000
        raise _wrong(shown, "not valid YAML", Place(1, 1)) from error
    if root is None:
        raise _wrong(shown, f"empty; {remedy}", Place(1, 1))
    if _larger_than(root, MOST_NODES):
        raise _wrong(shown, f"more than {MOST_NODES} values once aliases are expanded", Place(1, 1))
    return root


def place_of(node: yaml.Node) -> Place:
    """Return the position where a node begins."""
    return _marked(node.start_mark)


def _check_events(text: str, shown: str) -> None:
    """Reject a document that is too deep or too large before building nodes, which is recursive and could crash."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _wrong(shown, f"nested more than {DEEPEST} levels deep", _marked(event.start_mark))
        if count > 2 * MOST_NODES:
            raise _wrong(shown, f"more than {MOST_NODES} values", _marked(event.start_mark))


def _larger_than(root: yaml.Node, most: int) -> bool:
    """Return whether walking the tree visits more nodes than this. An alias is walked again at each use."""
    waiting: list[object] = [root]
    for _ in range(most):
        if not waiting:
            return False
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
    return bool(waiting)


def _explained(error: yaml.MarkedYAMLError) -> str:
    if "another document" in (error.problem or ""):
        return "a second YAML document starts here; use one document per file"
    words = "not valid YAML: " + ", ".join(words for words in (error.problem, error.context) if words)
    begun, found = error.context_mark, error.problem_mark
    far = begun is not None and found is not None and begun.line != found.line
    return f"{words} that begins on line {begun.line + 1}" if begun and far and "block" not in words else words


def _hint(text: str, error: yaml.MarkedYAMLError) -> str:
    """Return a hint for common mistakes: tabs, unquoted text with special characters, variables in braces."""
    mark = error.problem_mark or error.context_mark
    line = "".join(re.split(r"\r\n?|\n", text)[mark.line :][:1]) if mark else ""
    found = line[mark.column : mark.column + 1] if mark else ""
    if found == "\t":
        return "; this is a tab, and YAML is indented with spaces"
    if found in {"@", "`", "%", "|", ">"} and found:
        return f"; put text that begins with {found} in quotes"
    if "{{" in line:
        return "; Teal does not expand {{ }}; write a variable as '${NAME}', in quotes"
    if "${" in line:
        return "; within { } put a variable in quotes, like '${NAME}'"
    if "mapping values" in (error.problem or ""):
        return "; put text that contains a colon in quotes, or check the indentation and the colon of the line before"
    return ""


def _marked(mark: Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _place(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _wrong(shown: str, message: str, place: Place = WHOLE_FILE) -> PolicyError:
    return PolicyError([Problem(shown, place.line, place.column, "", message)])
