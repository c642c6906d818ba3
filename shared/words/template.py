"""Templates of sentences. `{fact}` is a fact, `{fact|noun}` a count with its noun, `[...]` a part that may be missing.

A part in brackets is left out unless every fact in it is known and says something. `{because}` is the sentence of the
reason behind; without that mark it follows after a colon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_PART = re.compile(r"\[([^\[\]]*)\]")
_MARK = re.compile(r"\{(\w+)(?:\|([\w ]+))?\}")


def marks(template: str) -> dict[str, bool]:
    """Return the facts that a template names, and whether it needs them (they are not in brackets)."""
    optional = {name for part in _PART.findall(template) for name, _ in _MARK.findall(part)}
    required = {name for name, _ in _MARK.findall(_PART.sub("", template))}
    return {name: name in required for name in sorted(optional | required)}


def fill(template: str, facts: Mapping[str, object], spell: Callable[[str, object], str]) -> str:
    """Return the sentence. spell: how a fact, given its name, is written.

    A fact that is missing outside brackets is `unknown`: a sentence must never stop what it describes.
    """

    def mark(match: re.Match[str]) -> str:
        name, noun = match.groups()
        if name not in facts:
            return "unknown"
        return spell(name, facts[name]) if noun is None else counted(facts[name], noun)

    def part(match: re.Match[str]) -> str:
        names = [name for name, _ in _MARK.findall(match.group(1))]
        known = all(facts.get(name) not in (None, "", [], {}) for name in names)
        return _MARK.sub(mark, match.group(1)) if known else ""

    return _MARK.sub(mark, _PART.sub(part, template))


def counted(number: object, noun: str) -> str:
    """Return a number with its noun: `1 request`, `1,200 requests`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
