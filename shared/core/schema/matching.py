"""How many ways a regular expression can match one line: a bound on the time that it can take.

Python tries every way before it gives up, and blocks the rest of the process meanwhile. A repeat has one way if each
character decides whether the repeat continues or what follows it begins, as in `[a-z]+@`. In `.*@` it has as many ways
as the line has characters, and nested repeats multiply. The bound is conservative, and there is none for an expression
that is not understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from shared.redaction import LONGEST_LINE

MOST_WAYS = 10 * LONGEST_LINE
_Characters = frozenset[str]
_NONE = _Characters()
_ALPHABETS = "".join(map(chr, range(0x530)))  # Latin, Greek, Cyrillic
_TOKEN = re.compile(
    r"""
    (?P<open>\((?:\?(?:P<\w+>|[:=!]|<[=!]))?)(?!\?) | (?P<flags>\(\?[ims]+\)) | (?P<close>\)) | (?P<bar>\|)
    | (?P<repeat>(?:[*+?]|\{(?=[\d,])(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\})[?+]?) | (?P<place>[$^]|\\[AbBZ])
    | (?P<atom>\[\^?\]?(?:\\.|[^\]\\])*\] | \\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|0[0-7]*|[^1-9xuUN]) | [^\\()[])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Part:
    """One part of an expression: characters, or a group of alternatives; and how often it may occur.

    consumes: false if it matches no text, as an anchor or a look-ahead.
    """

    characters: _Characters = _NONE
    alternatives: list[list[_Part]] = field(default_factory=list)
    least: int = 1
    most: float = 1
    consumes: bool = True

    def starts(self, after: _Characters) -> _Characters:
        """Return the characters that can come next at this part. after: those that can come after it."""
        if not self.consumes:
            return after
        own = self.characters.union(*(_starts(parts, after) for parts in self.alternatives))
        return own if self.least else own | after

    def ways(self, after: _Characters) -> float:
        """Return the number of ways in which the part can match, up to a little more than is accepted."""
        if not self.consumes:
            return self._ways_once(_NONE) * (LONGEST_LINE if any(p.open() for p in _each(self.alternatives)) else 1)
        own = self.starts(_NONE)
        within = self._ways_once(own | after if self.most > 1 else after)
        if within > 1 and self.most > math.log2(MOST_WAYS):
            return MOST_WAYS + 1
        times = max(min(self.most, LONGEST_LINE) - self.least + 1, 1) if own & after else 1
        return min(within ** (self.most if within > 1 else 1) * times, MOST_WAYS + 1)

    def open(self) -> bool:
        """Return whether the part can match text of any length."""
        return self.most == math.inf or any(part.open() for part in _each(self.alternatives))

    def _ways_once(self, after: _Characters) -> float:
        """Return the number of ways in which one occurrence can match: alternatives that begin alike add up."""
        ways = [_ways(parts, after) for parts in self.alternatives] or [1.0]
        starts = [_starts(parts, after) for parts in self.alternatives]
        distinct = len(_NONE.union(*starts)) == sum(map(len, starts))
        return max(ways) if distinct else sum(ways)


def ways(pattern: str) -> float:
    """Return the number of ways in which this valid expression can match a line; infinite if that is unknown."""
    whole = _parsed(pattern)
    return math.inf if whole is None else whole.ways(_NONE)


def _each(alternatives: Sequence[Sequence[_Part]]) -> Iterator[_Part]:
    return (part for parts in alternatives for part in parts)


def _starts(parts: Sequence[_Part], after: _Characters) -> _Characters:
    for part in reversed(parts):
        after = part.starts(after)
    return after


def _ways(parts: Sequence[_Part], after: _Characters) -> float:
    product = 1.0
    for part in reversed(parts):
        product = min(product * part.ways(after), MOST_WAYS + 1)
        after = part.starts(after)
    return product


def _parsed(pattern: str) -> _Part | None:
    """Return the expression as one group, or None if it has anything but groups, repeats and characters."""
    groups, position = [_Part(alternatives=[[]])], 0
    while token := _TOKEN.match(pattern, position):
        position = token.end()
        _add(token, groups, pattern)
    return groups[0] if position == len(pattern) else None


def _add(token: re.Match[str], groups: list[_Part], pattern: str) -> None:
    """Add a token to the innermost open group."""
    parts = groups[-1].alternatives[-1]
    match token.lastgroup:
        case "open":
            parts.append(_Part(alternatives=[[]], consumes=token["open"][-1] not in "=!"))
            groups.append(parts[-1])
        case "close":
            groups.pop()
        case "bar":
            groups[-1].alternatives.append([])
        case "atom":
            parts.append(_Part(_matching(token["atom"], _ALPHABETS + pattern)))
        case "repeat":
            parts[-1].least, parts[-1].most = _limits(token)
        case _:  # a position in the text, or flags
            parts.append(_Part(consumes=False))


def _limits(token: re.Match[str]) -> tuple[int, float]:
    """Return the minimum and maximum number of occurrences that a repeat allows."""
    if token["repeat"][0] != "{":
        return int(token["repeat"][0] == "+"), 1 if token["repeat"][0] == "?" else math.inf
    least = int(token["least"] or 0)
    return least, float(token["most"] or math.inf) if token["comma"] else least


@lru_cache(maxsize=256)
def _matching(atom: str, characters: str) -> _Characters:
    """Return which of the characters the atom matches, whether or not case matters."""
    return _Characters(
        re.findall(atom, characters, re.DOTALL) + re.findall(atom, characters, re.DOTALL | re.IGNORECASE)
    )
