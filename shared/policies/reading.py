"""From YAML's nodes to plain values, by the grammar. What is wrong becomes a finding and the value None.

It must never stop at the first problem, nor judge what several keys mean together: that is `sense`.
"""

from __future__ import annotations

from typing import Any

import yaml

from shared.policies.document import place_of
from shared.policies.documents import json_text
from shared.policies.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants, complete
from shared.policies.kinds import Scalar
from shared.policies.nodes import Pairs, filled, is_empty, join, pairs_of, shown, unknown
from shared.policies.problems import Findings
from shared.policies.words import Unfit, Word

Values = dict[str, Any]


def read(kind: Kind, node: yaml.Node, path: str, findings: Findings) -> Any:  # noqa: ANN401 -- as many types as kinds
    """Return the value that a node gives, complete with defaults; None where it is wrong."""
    match kind:
        case Table():
            return _table(kind, node, path, findings)
        case Variants():
            return _variants(kind, node, path, findings)
        case Sequence():
            return _sequence(kind, node, path, findings)
        case Labels():
            return _labels(kind, node, path, findings)
        case Document():
            return json_text(kind, node, path, findings)
        case _:
            return _scalar(kind, node, path, findings)


def _table(table: Table, node: yaml.Node, path: str, findings: Findings) -> Values | None:
    short = table.short_field
    if short is not None and isinstance(node, yaml.ScalarNode) and not is_empty(node):
        return complete(table) | {short.key: read(short.kind, node, path, findings)}
    pairs = _pairs(table, node, path, findings)
    if pairs is None:
        return None
    fields = {field.key: field for field in table.fields}
    values: Values = complete(table)
    for key, value in pairs.items():
        if key in fields:
            values[key] = read(fields[key].kind, value, join(path, key), findings)
        else:
            findings.add(join(path, key), unknown(key, table))
    _miss(table.fields, pairs, path, findings)
    return values


def _miss(fields: tuple[Field, ...], pairs: Pairs, path: str, findings: Findings) -> None:
    for field in fields:
        if field.default is REQUIRED and field.key not in pairs:
            findings.add(join(path, field.key), f"missing; write it like {field.key}: {field.kind.example}")


def _variants(variants: Variants, node: yaml.Node, path: str, findings: Findings) -> Values | None:
    pairs = _pairs(variants, node, path, findings)
    if pairs is None:
        return None
    fields = {field.key: field for field in variants.fields}
    for key in pairs:
        if key not in fields:
            findings.add(join(path, key), unknown(key, variants))
    if not pairs:
        findings.add(path, f"an empty {variants.noun}; write it like {variants.example}")
    if len(pairs) > 1:
        found = " and ".join(pairs)
        findings.add(path, f"{found} in one {variants.noun}; begin each with a dash of its own")
    return {
        key: read(fields[key].kind, value, join(path, key), findings) for key, value in pairs.items() if key in fields
    }


def _sequence(sequence: Sequence, node: yaml.Node, path: str, findings: Findings) -> list[Any] | None:
    if sequence.alone and isinstance(node, yaml.ScalarNode) and not is_empty(node):
        return [read(sequence.of, node, path, findings)]
    if not isinstance(node, yaml.SequenceNode):
        findings.add(path, f"{shown(node)} is not a list; write it like {sequence.example}")
        return None
    if len(node.value) < sequence.least:
        findings.add(path, f"empty; write it like {sequence.example}")
    values = []
    for index, item in enumerate(node.value):
        here = f"{path}[{index}]"
        findings.places[here] = place_of(item)
        values.append(read(sequence.of, item, here, findings))
    return values


def _labels(labels: Labels, node: yaml.Node, path: str, findings: Findings) -> Values | None:
    pairs = _pairs(labels, node, path, findings)
    if pairs is None:
        return None
    values: Values = {}
    for key, value in pairs.items():
        here = join(path, key)
        try:
            values[labels.key.read(Word(key)) if labels.key else key] = read(labels.value, value, here, findings)
        except Unfit as wrong:
            findings.add(here, str(wrong))
    return values


def _scalar(kind: Scalar, node: yaml.Node, path: str, findings: Findings) -> object:
    if not isinstance(node, yaml.ScalarNode):
        findings.add(path, f"{shown(node)} is not {_plain(kind.expects)}; write it like {kind.example}")
        return None
    try:
        return kind.read(filled(node, findings))
    except Unfit as wrong:
        findings.add(path, str(wrong))
        return None


def _pairs(kind: Table | Variants | Labels, node: yaml.Node, path: str, findings: Findings) -> Pairs | None:
    """Return a mapping's nodes by key; None if it is no mapping."""
    if isinstance(node, yaml.MappingNode):
        return pairs_of(node, path, findings)
    findings.add(path, f"{shown(node)} is not {kind.expects}; write it like {kind.example}")
    return None


def _plain(expects: str) -> str:
    return expects.replace("`", "")
