"""YAML's nodes as words and pairs: what a scalar is taken for, what a mapping's keys are. Never what they should be."""

from __future__ import annotations

import re

import yaml

from shared.policies.document import place_of
from shared.policies.grammar import Table, Variants
from shared.policies.problems import Findings
from shared.policies.words import Word

STANDARD = "tag:yaml.org,2002:"
TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
}
PLAIN_KEY = re.compile(r"[a-zA-Z0-9_-]{1,60}")
Pairs = dict[str, yaml.Node]


def word_of(node: yaml.ScalarNode) -> Word:
    """Return a scalar as it is written."""
    tag = str(node.tag)
    known = TYPES.get(tag.removeprefix(STANDARD)) if tag.startswith(STANDARD) else None
    return Word(node.value, known or f"of type {Word(tag)}", quoted=known == "text" and node.style in {"'", '"'})


def filled(node: yaml.ScalarNode, findings: Findings) -> Word:
    """Return a scalar with its variables filled in; raises Unfit. What is filled in stays text to YAML."""
    word = word_of(node)
    if word.type != "text" or "${" not in word.text:
        return word
    return word._replace(text=findings.variables.fill(word.text), written=word.text)


def is_empty(node: yaml.Node) -> bool:
    """Say whether nothing is written."""
    return isinstance(node, yaml.ScalarNode) and word_of(node).type == "nothing"


def pairs_of(node: yaml.MappingNode, path: str, findings: Findings) -> Pairs:
    """Return a mapping's nodes by key, each key's place noted; what cannot be a key is a finding."""
    pairs: Pairs = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or word_of(key).type != "text":
            findings.add(path, _no_key(key), place_of(key))
            continue
        here = join(path, key.value)
        if key.value in pairs:
            findings.add(here, f"given twice; first on line {findings.places[here].line}", place_of(key))
        else:
            findings.places[here] = place_of(key)
            pairs[key.value] = value
    return pairs


def unknown(key: str, kind: Table | Variants) -> str:
    """Return what to say of a key that is not known: what is meant, most likely."""
    if key in kind.hints:
        return kind.hints[key]
    known = [field.key for field in kind.fields]
    if not known:
        return "unknown key; nothing can be set here yet"
    import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

    near = difflib.get_close_matches(key, known, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known here: {', '.join(known)}"


def shown(node: yaml.Node) -> str:
    """Return a node as a message shows it."""
    if isinstance(node, yaml.ScalarNode):
        return str(word_of(node))
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def join(path: str, key: str) -> str:
    """Return the path of a key below another."""
    plain = key if PLAIN_KEY.fullmatch(key) else str(Word(key))
    return f"{path}.{plain}" if path else plain


def _no_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return f"{shown(node)} cannot be a key"
    if node.tag == f"{STANDARD}merge":
        return "merging with << is not supported; write the keys out"
    return f"{word_of(node)} is {word_of(node).type} to YAML and cannot be a key; put it in quotes"
