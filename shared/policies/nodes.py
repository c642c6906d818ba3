"""Converts YAML nodes to words and pairs: a scalar with the type that YAML reads, and a mapping's keys."""

from __future__ import annotations

import re

import yaml

from shared.core.schema.findings import Findings
from shared.core.schema.words import Word
from shared.policies.document import place_of

STANDARD = "tag:yaml.org,2002:"
TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "a boolean",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
}
PLAIN_KEY = re.compile(r"[a-zA-Z0-9_-]{1,60}")
Pairs = dict[str, yaml.Node]


def word_of(node: yaml.ScalarNode) -> Word:
    """Return a scalar as written, with the type that YAML reads."""
    tag = str(node.tag)
    known = TYPES.get(tag.removeprefix(STANDARD)) if tag.startswith(STANDARD) else None
    return Word(node.value, known or f"type {Word(tag)}", quoted=known == "text" and node.style in {"'", '"'})


def is_empty(node: yaml.Node) -> bool:
    """Return whether the node is empty."""
    return isinstance(node, yaml.ScalarNode) and word_of(node).type == "nothing"


def pairs_of(node: yaml.MappingNode, path: str, findings: Findings, *, text_only: bool = True) -> Pairs:
    """Return a mapping's nodes by key and record each key's place; an invalid key is a finding.

    text_only: whether a key that YAML reads as a number, a date or the like is invalid, rather than taken as written.
    """
    pairs: Pairs = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or (word_of(key).type != "text" and (text_only or _merges(key))):
            findings.add(path, _not_a_key(key), place_of(key))
            continue
        here = join(path, key.value)
        if key.value in pairs:
            findings.add(here, f"duplicate key; first used on line {findings.places[here].line}", place_of(key))
        else:
            findings.places[here] = place_of(key)
            pairs[key.value] = value
    return pairs


def shown(node: yaml.Node) -> str:
    """Return a node as shown in messages."""
    if isinstance(node, yaml.ScalarNode):
        return str(word_of(node))
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def join(path: str, key: str) -> str:
    """Return the path of a key below another."""
    plain = key if PLAIN_KEY.fullmatch(key) else str(Word(key))
    return f"{path}.{plain}" if path else plain


def _merges(key: yaml.Node) -> bool:
    return bool(key.tag == f"{STANDARD}merge")


def _not_a_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return f"{shown(node)} cannot be a key"
    if _merges(node):
        return "merging with << is not supported; write the keys out"
    return f"YAML reads {word_of(node)} as {word_of(node).type}, which cannot be a key; put it in quotes"
