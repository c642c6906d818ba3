"""Merge keys (`<<`) in YAML nodes, expanded as YAML's own loaders do it: a key's own value wins, then the first merged.

Templates have them because `az ml` accepts them. Policies do not: each key has one place in the file.
"""

from __future__ import annotations

import yaml

from shared.core.schema.findings import Findings
from shared.policies.document import place_of

MERGE = "tag:yaml.org,2002:merge"
Pair = tuple[yaml.Node, yaml.Node]


def expand_merges(root: yaml.Node, findings: Findings) -> None:
    """Replace every merge key below a node by the keys that it stands for. root: without circles (see `compose`)."""
    done = set[int]()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        ahead = [each for each in _children(node) if id(each) not in done]
        if ahead:
            waiting.append(ahead[0])
            continue
        done.add(id(waiting.pop()))
        if isinstance(node, yaml.MappingNode):
            node.value = _expanded(node, findings)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _expanded(node: yaml.MappingNode, findings: Findings) -> list[Pair]:
    """Return a mapping's own pairs and those that it merges, whose own merge keys are expanded already."""
    own = [pair for pair in node.value if pair[0].tag != MERGE]
    known = {_name(key) for key, _ in own}
    for key, value in node.value:
        if key.tag != MERGE:
            continue
        for mapping in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(mapping, yaml.MappingNode):
                findings.add("", "<< merges only a mapping or a list of mappings", place_of(key))
                continue
            own += [pair for pair in mapping.value if _name(pair[0]) not in known]
            known |= {_name(each) for each, _ in mapping.value}
    return own


def _name(key: yaml.Node) -> tuple[str, str]:
    return (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else (key.tag, str(id(key)))
