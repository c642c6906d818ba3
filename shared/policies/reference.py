"""The reference of policy files as Markdown, made from the table. It must never hold a fact of its own.

`python -m shared.policies.reference docs/policies.md` brings a page's generated part up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from shared.policies.grammar import REQUIRED, Field, Kind, Labels, Sequence, Table, Variants
from shared.policies.kinds import spell
from shared.policies.table import POLICY

BEGIN, END = "<!-- made by shared.policies.reference: begin -->", "<!-- end -->"
HEAD = "| key | value | default | meaning |\n|---|---|---|---|"


def reference() -> str:
    """Return a table for the policy and one for each table within it."""
    return "\n".join(_sections(POLICY, "A policy"))


def renew(page: str) -> str:
    """Return the page with what stands between its two marks made anew; raises ValueError if it has none."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _sections(table: Table | Variants, title: str) -> Iterator[str]:
    yield f"### {title}\n\n{HEAD}"
    yield from (_row(field, "" if isinstance(table, Variants) else _default(field)) for field in table.fields)
    yield from (f"| `{key}` | | | {words[0].upper()}{words[1:]}. |" for key, words in table.planned.items())
    yield ""
    for field in table.fields:
        inner, path = _inner(field.kind, f"`{field.key}`")
        if inner is not None and inner.fields:
            yield from _sections(inner, path)


def _inner(kind: Kind, path: str) -> tuple[Table | Variants | None, str]:
    """Return the table that a kind leads to, if any, and its title."""
    match kind:
        case Sequence():
            inner, _ = _inner(kind.of, path)
            return inner, f"One of {path}"
        case Table() | Variants():
            return kind, path
        case _:
            return None, path


def _row(field: Field, default: str) -> str:
    return f"| `{field.key}` | {_value(field.kind)} | {default} | {field.about} |"


def _value(kind: Kind) -> str:
    match kind:
        case Sequence():
            return f"a list, such as `{kind.example}`"
        case Table() | Variants() if kind.fields:
            return "see below"
        case Table() | Variants() | Labels():
            return f"`{kind.example}`"
        case _:
            return f"{kind.expects}, such as `{kind.example}`" if "`" not in kind.expects else kind.expects


def _default(field: Field) -> str:
    if field.default is REQUIRED:
        return "required"
    if isinstance(field.kind, Table):
        return "as below"
    if isinstance(field.default, timedelta):
        return f"`{spell(field.default)}`"
    return f"`{field.default}`" if field.default else "none"


def main(arguments: list[str]) -> None:
    """Renew the generated part of each page named, or print it if none is."""
    for name in arguments:
        page = Path(name)
        page.write_text(renew(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not arguments:
        sys.stdout.write(reference())


if __name__ == "__main__":
    main(sys.argv[1:])
