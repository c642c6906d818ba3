"""From YAML's nodes to plain values, by the grammar. What is wrong becomes a finding and the value None.

It must never stop at the first problem, nor judge what several keys mean together: that is `sense`.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from shared.policies.document import place_of
from shared.policies.grammar import REQUIRED, Kind, Labels, Sequence, Table, Variants, complete
from shared.policies.kinds import Scalar, Unfit, Word
from shared.policies.problems import Findings

TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
}
STANDARD = "tag:yaml.org,2002:"
PLAIN_KEY = re.compile(r"[a-zA-Z0-9_-]{1,60}")


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
        case _:
            return _scalar(kind, node, path, findings)


def _table(table: Table, node: yaml.Node, path: str, findings: Findings) -> dict[str, Any] | None:
    pairs = _pairs(table, node, path, findings)
    if pairs is None:
        return None
    fields = {field.key: field for field in table.fields}
    values: dict[str, Any] = complete(table)
    for key, value in pairs.items():
        if key in fields:
            values[key] = read(fields[key].kind, value, _join(path, key), findings)
        else:
            findings.add(_join(path, key), _unknown(key, table))
    for field in table.fields:
        if field.default is REQUIRED and field.key not in pairs:
            findings.add(_join(path, field.key), f"missing; write it like {field.key}: {field.kind.example}")
    return values


def _variants(variants: Variants, node: yaml.Node, path: str, findings: Findings) -> dict[str, Any] | None:
    pairs = _pairs(variants, node, path, findings)
    if pairs is None:
        return None
    fields = {field.key: field for field in variants.fields}
    for key in pairs:
        if key not in fields:
            findings.add(_join(path, key), _unknown(key, variants))
    if not pairs:
        findings.add(path, f"an empty {variants.noun}; write it like {variants.example}")
    if len(pairs) > 1:
        found = " and ".join(pairs)
        findings.add(path, f"{found} in one {variants.noun}; begin each with a dash of its own")
    return {
        key: read(fields[key].kind, value, _join(path, key), findings) for key, value in pairs.items() if key in fields
    }


def _sequence(sequence: Sequence, node: yaml.Node, path: str, findings: Findings) -> list[Any] | None:
    if not isinstance(node, yaml.SequenceNode):
        findings.add(path, f"{_shown(node)} is not a list; write it like {sequence.example}")
        return None
    if not node.value:
        findings.add(path, f"empty; write it like {sequence.example}")
    values = []
    for index, item in enumerate(node.value):
        here = f"{path}[{index}]"
        findings.places[here] = place_of(item)
        values.append(read(sequence.of, item, here, findings))
    return values


def _labels(labels: Labels, node: yaml.Node, path: str, findings: Findings) -> dict[str, Any] | None:
    pairs = _pairs(labels, node, path, findings)
    if pairs is None:
        return None
    return {key: read(labels.value, value, _join(path, key), findings) for key, value in pairs.items()}


def _scalar(kind: Scalar, node: yaml.Node, path: str, findings: Findings) -> object:
    if not isinstance(node, yaml.ScalarNode):
        findings.add(path, f"{_shown(node)} is not {kind.expects}; write it like {kind.example}")
        return None
    try:
        return kind.read(_word(node))
    except Unfit as wrong:
        findings.add(path, str(wrong))
        return None


def _pairs(
    kind: Table | Variants | Labels, node: yaml.Node, path: str, findings: Findings
) -> dict[str, yaml.Node] | None:
    """Return a mapping's nodes by key, each key's place noted; None if it is no mapping."""
    if not isinstance(node, yaml.MappingNode):
        findings.add(path, f"{_shown(node)} is not {kind.expects}; write it like {kind.example}")
        return None
    pairs: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or _word(key).type != "text":
            findings.add(path, _no_key(key), place_of(key))
            continue
        here = _join(path, key.value)
        if key.value in pairs:
            findings.add(here, f"given twice; first on line {findings.places[here].line}", place_of(key))
        else:
            findings.places[here] = place_of(key)
            pairs[key.value] = value
    return pairs


def _no_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return f"{_shown(node)} cannot be a key"
    if node.tag == f"{STANDARD}merge":
        return "merging with << is not supported; write the keys out"
    return f"{_word(node)} is {_word(node).type} to YAML and cannot be a key; put it in quotes"


def _unknown(key: str, kind: Table | Variants) -> str:
    if key in kind.planned:
        return kind.planned[key]
    known = [field.key for field in kind.fields]
    if not known:
        return "unknown key; nothing can be set here yet"
    import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

    near = difflib.get_close_matches(key, known, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known here: {', '.join(known)}"


def _word(node: yaml.ScalarNode) -> Word:
    tag = str(node.tag)
    known = TYPES.get(tag.removeprefix(STANDARD)) if tag.startswith(STANDARD) else None
    return Word(node.value, known or f"of type {Word(tag)}", quoted=known == "text" and node.style in {"'", '"'})


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(_word(node))
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _join(path: str, key: str) -> str:
    plain = key if PLAIN_KEY.fullmatch(key) else str(Word(key))
    return f"{path}.{plain}" if path else plain
