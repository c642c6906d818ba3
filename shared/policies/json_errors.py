"""Why a text is not JSON, in words that say what would be right."""

from __future__ import annotations

import json
import re

COMMENTS = ("//", "/*", "#")
QUOTES = ("'", "`", "\u2018", "\u201c", "\u201e")
WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
BY_MESSAGE = {
    "control character": r"write a line break inside a string as \n, and a tab as \t",
    "escape": r"write a backslash as \\",
}
OF_PYTHON = {"True": "true", "False": "false", "None": "null"}


def json_problem(error: json.JSONDecodeError) -> str:
    """Return the decoder's message, and a hint about what is at that position."""
    rest = error.doc[error.pos :]
    if error.msg == "Extra data":
        return _after_the_end(rest)
    hint = _hint(error.msg, rest, error.doc[: error.pos].rstrip())
    return f"not valid JSON: {error.msg}{f'; {hint}' if hint else ''}"


def _after_the_end(rest: str) -> str:
    if rest.startswith(","):
        return "not valid JSON: a comma follows the document; JSON Lines has no commas between lines"
    try:
        json.JSONDecoder().raw_decode(rest)
    except (ValueError, RecursionError):
        return "not valid JSON: unexpected text after the document"
    return "a second JSON document starts here"


def _hint(message: str, rest: str, before: str) -> str:
    for part, hint in BY_MESSAGE.items():
        if part in message:
            return hint
    if rest.startswith(COMMENTS):
        return "JSON has no comments"
    if rest.startswith(QUOTES):
        return 'JSON strings need straight double quotes, like "this"'
    if rest[:1] in {"]", "}"} and before.endswith(","):
        return "remove the comma before it"
    word = WORD.match(rest)
    return f"write {OF_PYTHON[word[0]]}" if word and word[0] in OF_PYTHON else ""
