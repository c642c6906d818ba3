"""Route templates of HTTP triggers (`orders/{id:int}/{*rest}`), compiled and matched against paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cli.host import paths

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^{}?=]+)?)(?:=([^{}?]*))?(\?)?\}")
_WORDS = {
    "int": r"[+-]?\d{1,10}",
    "long": r"[+-]?\d{1,19}",
    "bool": r"true|false",
    "guid": r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?",
    "alpha": r"[a-z]*",
    "decimal": r"[+-]?\d*\.?\d+",
    "double": r"[+-]?\d*\.?\d+(?:e[+-]?\d+)?",
    "float": r"[+-]?\d*\.?\d+(?:e[+-]?\d+)?",
}
_BOUNDS = re.compile(r"(min|max|range|length|minlength|maxlength)\((\d+)(?:,(\d+))?\)")


@dataclass(frozen=True, slots=True)
class _Constraint:
    """A test of one parameter that a regular expression cannot express."""

    parameter: str
    what: str
    low: int
    high: int

    def holds(self, text: str) -> bool:
        if self.what in {"min", "max", "range"}:
            return re.fullmatch(r"[+-]?\d+", text) is not None and self.low <= int(text) <= self.high
        return self.low <= len(text) <= self.high


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled template: matches paths, ignoring case."""

    template: str
    pattern: re.Pattern[str]
    constraints: tuple[_Constraint, ...]
    defaults: tuple[tuple[str, str], ...]
    precedence: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route parameters of a (still percent-encoded) path, or None if it does not match."""
        found = self.pattern.fullmatch(paths.decoded(path.strip("/")))
        if found is None:
            return None
        values = dict(self.defaults) | {name: text for name, text in found.groupdict().items() if text}
        fits = all(test.holds(values[test.parameter]) for test in self.constraints if test.parameter in values)
        return values if fits else None


def compile_route(template: str) -> Route:
    """Return the route of a template. Raises ValueError if it is malformed, or not emulated here."""
    pattern, constraints, defaults, precedence = "", [], [], []
    for segment in [part for part in template.strip("/").split("/") if part]:
        pieces = [match.groups(default="") for match in _PARAMETER.finditer(segment)]
        if "{" in _PARAMETER.sub("", segment) or "}" in _PARAMETER.sub("", segment):
            raise ValueError(f"the route part {segment!r} is not a valid parameter")
        tests = [test for piece in pieces for test in _constraints(piece[1], piece[2])]
        constraints += [test for test in tests if isinstance(test, _Constraint)]
        defaults += [(piece[1], piece[3]) for piece in pieces if piece[3]]
        precedence.append(_precedence(segment, pieces, constrained=bool(tests)))
        text = _pattern(segment)
        optional = _PARAMETER.fullmatch(segment) and any(piece[4] or piece[3] or piece[0] for piece in pieces)
        separator = "/" if pattern else ""
        pattern += f"(?:{separator}{text})?" if optional else f"{separator}{text}"
    compiled = re.compile(pattern, re.IGNORECASE)
    return Route(template, compiled, tuple(constraints), tuple(defaults), tuple(precedence))


def _pattern(segment: str) -> str:
    result, end = "", 0
    one = "[^/]+?" if segment.endswith("?}") else "[^/]+"
    for match in _PARAMETER.finditer(segment):
        star, name, tests = match[1], match[2], match[3]
        word = next((_WORDS[test] for test in tests.split(":") if test in _WORDS), None)
        literal, end = segment[end : match.start()], match.end()
        if match[5] and match[0] != segment:
            result += _optional_ending(literal, name, segment[end:])
        else:
            # Each parameter takes as much as it can, so that the last separators in the segment count.
            result += re.escape(literal) + f"(?P<{name}>{'.+' if star else word or one})"
    return result + re.escape(segment[end:])


def _optional_ending(literal: str, name: str, rest: str) -> str:
    """Return the pattern of `.{name?}` at the end of a segment, which goes together with its dot."""
    if not literal.endswith(".") or rest:
        raise ValueError(f"the optional parameter {name!r} must come last, after a dot")
    return re.escape(literal[:-1]) + rf"(?:\.(?P<{name}>[^/.]+))?"


def _precedence(segment: str, pieces: list[tuple[str, ...]], *, constrained: bool) -> int:
    """Rank a segment as ASP.NET Core does: literal, mixed or constrained, parameter, catch-all."""
    if not pieces:
        return 1
    if pieces[0][0]:
        return 4 if constrained else 5
    return 2 if constrained or _PARAMETER.fullmatch(segment) is None else 3


def _constraints(parameter: str, text: str) -> list[_Constraint | str]:
    return [_constraint(parameter, test) for test in text.split(":") if test]


def _constraint(parameter: str, test: str) -> _Constraint | str:
    if test in _WORDS:
        return test
    match = _BOUNDS.fullmatch(test.replace(" ", ""))
    if match is None:
        raise ValueError(f"the route constraint {test!r} is not emulated by the development host")
    what, first = match[1], int(match[2])
    low = {"max": -(2**63), "maxlength": 0}.get(what, first)
    high = 2**63 if what.startswith("min") else int(match[3] or first)
    return _Constraint(parameter, what, low, high)
