"""Fills in `${NAME}` in the text of a file. The result is never parsed as YAML again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.core.schema.words import Unfit

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
USE = re.compile(rf"\$\$\{{|\$\{{(?P<name>{NAME})\}}|\$\{{")
SHOWN = 40


class Variables(NamedTuple):
    """Variables with their values. unknown: the message about any other name, following the name.

    escaped: what `$${` becomes.
    """

    values: Mapping[str, str] = MappingProxyType({})
    unknown: str = "is not set in the environment"
    escaped: str = "${"

    def fill(self, text: str) -> str:
        """Return the text with each `${NAME}` replaced and `$${` unescaped; raises Unfit for unknown names."""
        return USE.sub(self._value, text) if "${" in text else text

    def _value(self, use: re.Match[str]) -> str:
        if use[0] == "$${":
            return self.escaped
        name = use["name"]
        if name is None:
            rest = use.string[use.start() : use.start() + SHOWN].split("}")[0]
            raise Unfit(f"{rest!r} does not begin a name in braces such as ${{NAME}}; for the text itself write $${{")
        if name not in self.values:
            raise Unfit(f"${{{name}}} {self.unknown}; for the text itself write $${{{name}}}")
        return self.values[name]


def names_in(text: str) -> set[str]:
    """Return the names that a text uses as `${NAME}`."""
    return {use["name"] for use in USE.finditer(text) if use["name"]}
