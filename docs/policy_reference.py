"""The reference of policy files as Markdown, generated entirely from the tables."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.schema.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants
from shared.policies.prices import PRICES
from shared.policies.schema import plain
from shared.policies.tables.policy import policy_table

HEAD = "| key | value | default | meaning |\n|---|---|---|---|"


def reference() -> str:
    """Return a table for the policy, one for each nested table, and one for the prices file."""
    return "\n".join([*_sections(policy_table(), "A policy"), *_sections(PRICES, "`prices.yaml`")])


def _sections(table: Table | Variants, title: str) -> Iterator[str]:
    yield f"### {title}\n\n{HEAD}"
    for field in table.fields:
        default = _default(field, table.default(field)) if isinstance(table, Table) else ""
        yield f"| `{field.key}` | {_value(field.kind)} | {default} | {field.about} |"
    yield ""
    for field in table.fields:
        inner, path = _inner(field.kind, f"`{field.key}`")
        if inner is not None and inner.fields:
            yield from _sections(inner, path)


def _inner(kind: Kind, path: str) -> tuple[Table | Variants | None, str]:
    """Return the table nested in a kind, if any, and its title."""
    match kind:
        case Sequence():
            inner, _ = _inner(kind.of, path)
            return inner, f"One of {path}"
        case Table() | Variants():
            return kind, path
        case _:
            return None, path


def _value(kind: Kind) -> str:
    match kind:
        case Sequence():
            return f"{_value(kind.of)}; or a list of them" if kind.alone else f"a list, such as `{kind.example}`"
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


def _default(field: Field, default: object) -> str:
    if default is REQUIRED:
        return "required"
    if field.otherwise:
        return field.otherwise
    if isinstance(field.kind, Table) and default is not None:
        return "as below"
    spelled = plain(default)
    if isinstance(spelled, bool):
        spelled = str(spelled).lower()
    elif isinstance(spelled, float):
        spelled = f"{spelled:g}"
    elif isinstance(spelled, list):
        spelled = f"[{', '.join(spelled)}]" if spelled else None
    return f"`{spelled}`" if spelled not in (None, [], {}, "") else "none"
