"""Request paths as the real host's server reads them: normalised before routing, and decoded where they are UTF-8."""

from __future__ import annotations

import re

_DOT = re.compile("%2e", re.IGNORECASE)
_ENCODED = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_LONGEST = 4  # bytes of a character in UTF-8


def normalised(raw: str) -> str:
    """Return a percent-encoded path without the segments `.` and `..`. Raises ValueError if it has a null character."""
    if "%00" in raw:
        raise ValueError("the path has a null character")
    kept: list[str] = []
    for segment in raw.split("/"):
        plain = _DOT.sub(".", segment)
        if plain == "..":
            del kept[max(1, len(kept) - 1) :]
        elif plain != ".":
            kept.append(segment)
    return "/".join(kept) or "/"


def decoded(path: str) -> str:
    """Return the path with its percent-encoded UTF-8 decoded; an encoded slash and bytes that are not UTF-8 stay."""
    return _ENCODED.sub(lambda match: "".join(_characters(match[0])), path)


def _characters(encoded: str) -> list[str]:
    """Return each character of a run of encoded bytes, or the three-character code of a byte that is part of none."""
    codes = [encoded[at : at + 3] for at in range(0, len(encoded), 3)]
    found = []
    while codes:
        size, character = next(
            ((size, text) for size in range(1, _LONGEST + 1) if (text := _character(codes[:size]))), (1, codes[0])
        )
        found.append(character)
        del codes[:size]
    return found


def _character(codes: list[str]) -> str | None:
    data = bytes(int(code[1:], 16) for code in codes)
    try:
        return None if data == b"/" else data.decode()
    except UnicodeDecodeError:
        return None
