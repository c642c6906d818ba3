"""From a node to the JSON that it stands for, where a policy may hold any value. Never a value that JSON lacks."""

from __future__ import annotations

import json
from typing import Any

import yaml

from shared.policies.grammar import Document
from shared.policies.nodes import filled, join, pairs_of
from shared.policies.problems import Findings
from shared.policies.words import Unfit, Word

CONSTANTS = {"true": True, "false": False}


def json_text(kind: Document, node: yaml.Node, path: str, findings: Findings) -> str | None:
    """Return the JSON text of a node, compact; None if a part of it is no JSON, which is a finding."""
    before = len(findings.problems)
    value = _value(node, path, findings, strict=kind.strict)
    return None if len(findings.problems) > before else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value(node: yaml.Node, path: str, findings: Findings, *, strict: bool) -> Any:  # noqa: ANN401 -- whatever JSON has
    match node:
        case yaml.MappingNode():
            pairs = pairs_of(node, path, findings)
            return {key: _value(value, join(path, key), findings, strict=strict) for key, value in pairs.items()}
        case yaml.SequenceNode():
            return [_value(item, f"{path}[{index}]", findings, strict=strict) for index, item in enumerate(node.value)]
        case yaml.ScalarNode():
            try:
                return _scalar(filled(node, findings), strict=strict)
            except Unfit as wrong:
                findings.add(path, str(wrong))
    return None


def _scalar(word: Word, *, strict: bool) -> str | float | bool | None:
    if word.type == "text":
        return word.text
    if word.type == "nothing":
        return None
    if word.type == "true or false" and word.text in CONSTANTS:
        return CONSTANTS[word.text]
    try:
        number = json.loads(word.text, parse_constant=_refuse) if word.type == "a number" else None
    except ValueError:
        number = None
    if isinstance(number, int | float):
        return number
    if not strict:
        return word.text
    raise Unfit(f"{word} is {word.type} to YAML but not to JSON; put it in quotes, or write it as JSON does")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
