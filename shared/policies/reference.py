"""The reference of policy files as Markdown, made from the tables. It must never hold a fact of its own.

`python -m shared.policies.reference docs/policies.md` brings a page's generated part up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from shared.policies.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants
from shared.policies.schema import plain
from shared.policies.tables.policy import POLICY
from shared.policies.tables.prices import PRICES

BEGIN, END = "<!-- made by shared.policies.reference: begin -->", "<!-- end -->"
HEAD = "| key | value | default | meaning |\n|---|---|---|---|"


def reference() -> str:
    """Return a table for the policy and one for each table within it, then the prices file."""
    return "\n".join([*_sections(POLICY, "A policy"), *_sections(PRICES, "`prices.yaml`")])


def renew(page: str) -> str:
    """Return the page with what stands between its two marks made anew; raises ValueError if it has none."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _sections(table: Table | Variants, title: str) -> Iterator[str]:
    yield f"### {title}\n\n{HEAD}"
    yield from (_row(field, "" if isinstance(table, Variants) else _default(field)) for field in table.fields)
    yield from (f"| `{key}` | | | {table.hints[key].capitalize()}. |" for key in table.unsupported)
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
        case Table() if kind.short_field:
            return f"see below; alone, `{kind.short}`: {_value(kind.short_field.kind)}"
        case Table() | Variants() if kind.fields:
            return "see below"
        case Table() | Variants() | Labels():
            return f"`{kind.example}`"
        case Document():
            return f"{kind.expects}, such as `{kind.example}`"
        case _:
            return f"{kind.expects}, such as `{kind.example}`" if "`" not in kind.expects else kind.expects


def _default(field: Field) -> str:
    if field.default is REQUIRED:
        return "required"
    if field.otherwise:
        return field.otherwise
    if isinstance(field.kind, Table) and field.default is not None:
        return "as below"
    spelled = plain(field.default)
    if isinstance(spelled, bool):
        spelled = str(spelled).lower()
    return f"`{spelled}`" if spelled not in (None, [], {}, "") else "none"


def main(arguments: list[str]) -> None:
    """Renew the generated part of each page named, or print it if none is."""
    for name in arguments:
        page = Path(name)
        page.write_text(renew(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not arguments:
        sys.stdout.write(reference())


if __name__ == "__main__":
    main(sys.argv[1:])
