"""Reads a file into plain values, following a schema. A problem becomes a finding, and its value None.

Reading continues after a problem, so that all are found. The checks that tables declare cover combinations of keys.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from shared.core.schema.findings import Findings, Part, Values
from shared.core.schema.grammar import REQUIRED, Document, Kind, Labels, Node, Sequence, Table, Variants, walk
from shared.core.schema.kinds import Scalar
from shared.core.schema.words import Unfit, Word, mismatch
from shared.policies.defects import reported
from shared.policies.document import LARGEST_FILE, compose, place_of, read_text
from shared.policies.intended import hint
from shared.policies.merging import expand_merges
from shared.policies.nodes import Pairs, is_empty, join, pairs_of, shown, word_of
from shared.policies.problems import PolicyError
from shared.policies.unknown_keys import unknown_key
from shared.policies.variables import Variables

BOOLEANS = {"true": True, "false": False}
NO_VARIABLES = Variables()


def read_file(table: Table, path: Path, findings: Findings, variables: Variables = NO_VARIABLES) -> Values | None:
    """Return the checked values of a YAML file; None if it is not a mapping."""
    with reported(findings):
        try:
            return parse(table, read_text(path, findings.file, LARGEST_FILE), findings, variables)
        except PolicyError as error:
            findings.problems += error.problems
    return None


def parse(
    table: Table, text: str, findings: Findings, variables: Variables = NO_VARIABLES, *, merges: bool = False
) -> Values | None:
    """Return the checked values of a YAML document; None if it is not a mapping. merges: whether `<<` is expanded."""
    try:
        root = compose(text, findings.file, f"write it like {table.example}")
    except PolicyError as error:
        findings.problems += error.problems
        return None
    findings.places[""] = place_of(root)
    if merges:
        expand_merges(root, findings)
    values: Values | None = read(table, root, "", findings, variables)
    for node in walk(Node(table, values, "")):
        if isinstance(node.kind, Table) and node.kind.check is not None:
            with reported(findings, node.path):
                node.kind.check(Part(node.value, node.path, node.before, values or {}, findings))
    return values


def read(kind: Kind, node: yaml.Node, path: str, findings: Findings, variables: Variables = NO_VARIABLES) -> Any:  # noqa: ANN401 -- as many types as kinds
    """Return the value of a node, including defaults; invalid parts are None."""
    return _Reader(findings, variables, kind).read(kind, node, path)


class _Reader:
    """Reads nodes of one file. root: the kind of the whole file, which an unknown key may be from."""

    def __init__(self, findings: Findings, variables: Variables, root: Kind) -> None:
        self._findings, self._variables, self._root = findings, variables, root

    def read(self, kind: Kind, node: yaml.Node, path: str) -> Any:  # noqa: ANN401 -- as many types as kinds
        """Return the value of a node; invalid parts are None and become findings."""
        try:
            match kind:
                case Table():
                    value: object = self._table(kind, node, path)
                case Variants():
                    value = self._variants(kind, self._pairs(kind, node, path), path)
                case Sequence():
                    value = self._sequence(kind, node, path)
                case Labels():
                    value = self._labels(kind, self._pairs(kind, node, path), path)
                case Document():
                    value = self._document(kind, node, path)
                case _:
                    value = self._scalar(kind, node, path)
        except Unfit as wrong:
            self._findings.add(path, str(wrong))
            return None
        return value

    def _table(self, table: Table, node: yaml.Node, path: str) -> Values:
        short = table.short_field
        if short is not None and _is_short(short.kind, node):
            return table.defaults() | {short.key: self.read(short.kind, node, path)}
        pairs = self._pairs(table, node, path)
        for field in table.fields:
            if field.key not in pairs and table.default(field) is REQUIRED:
                here, example = join(path, field.key), f"{field.key}: {field.kind.example}"
                self._findings.add(here, f"missing; write it like {example}")
        return table.defaults() | self._known(table, pairs, path)

    def _variants(self, variants: Variants, pairs: Pairs, path: str) -> Values:
        if not pairs:
            self._findings.add(path, f"an empty {variants.noun}; write it like {variants.example}")
        known = [field.key for field in variants.fields if field.key in pairs]
        if len(known) > 1:
            found = " and ".join(key for key in pairs if key in known)
            self._findings.add(path, f"{found} in one {variants.noun}; start each with a dash of its own")
        return self._known(variants, pairs, path)

    def _known(self, kind: Table | Variants, pairs: Pairs, path: str) -> Values:
        """Return the values of known keys; any other key is a finding."""
        kinds, values = {field.key: field.kind for field in kind.fields}, {}
        for key, node in pairs.items():
            if key in kinds:
                values[key] = self.read(kinds[key], node, join(path, key))
            else:
                self._findings.add(join(path, key), unknown_key(key, kind, self._root))
        return values

    def _sequence(self, sequence: Sequence, node: yaml.Node, path: str) -> list[Any]:
        if sequence.alone and isinstance(node, yaml.ScalarNode) and not is_empty(node):
            return [self.read(sequence.of, node, path)]
        if not isinstance(node, yaml.SequenceNode):
            raise mismatch(shown(node), sequence)
        if len(node.value) < sequence.least:
            self._findings.add(path, f"empty; write it like {sequence.example}")
        if sequence.most is not None and len(node.value) > sequence.most:
            self._findings.add(path, f"{len(node.value)} entries; at most {sequence.most} are allowed")
        values = []
        for index, item in enumerate(node.value):
            self._findings.places[f"{path}[{index}]"] = place_of(item)
            values.append(self.read(sequence.of, item, f"{path}[{index}]"))
        return values

    def _labels(self, labels: Labels, pairs: Pairs, path: str) -> Values:
        values = {key: self.read(labels.value, node, join(path, key)) for key, node in pairs.items()}
        for key in pairs:
            try:
                if labels.key is not None:
                    labels.key.read(Word(key))
            except Unfit as wrong:
                self._findings.add(join(path, key), str(wrong))
                del values[key]
        return values

    def _scalar(self, kind: Scalar[Any], node: yaml.Node, path: str) -> object:
        if not isinstance(node, yaml.ScalarNode):
            raise mismatch(shown(node), kind)
        word = self._filled(node)
        if word.written:
            self._findings.filled[path] = word.written
        try:
            return kind.read(word)
        except Unfit as wrong:
            meant = hint(word, kind, str(wrong))
            if meant is None:
                raise
            raise Unfit(f"{wrong}; {meant}") from wrong

    def _document(self, kind: Document, node: yaml.Node, path: str) -> str | None:
        """Return compact JSON text; None and a finding if a part of the value is not JSON."""
        before = len(self._findings.problems)
        value = self._any(node, path, strict=kind.strict)
        wrong = len(self._findings.problems) > before
        return None if wrong else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def _any(self, node: yaml.Node, path: str, *, strict: bool) -> Any:  # noqa: ANN401 -- whatever JSON has
        if isinstance(node, yaml.MappingNode):
            pairs = pairs_of(node, path, self._findings, text_only=strict)
            return {key: self._any(value, join(path, key), strict=strict) for key, value in pairs.items()}
        if not isinstance(node, yaml.ScalarNode):
            return [self._any(item, f"{path}[{index}]", strict=strict) for index, item in enumerate(node.value)]
        try:
            return _json_scalar(self._filled(node), strict=strict)
        except Unfit as wrong:
            self._findings.add(path, str(wrong))
            return None

    def _filled(self, node: yaml.ScalarNode) -> Word:
        """Return a scalar with its variables filled in; raises Unfit. The values remain text to YAML."""
        word = word_of(node)
        if word.type != "text" or "${" not in word.text:
            return word
        return word._replace(text=self._variables.fill(word.text), written=word.text)

    def _pairs(self, kind: Table | Variants | Labels, node: yaml.Node, path: str) -> Pairs:
        if not isinstance(node, yaml.MappingNode):
            raise mismatch(shown(node), kind)
        return pairs_of(node, path, self._findings)


def _is_short(kind: Kind, node: yaml.Node) -> bool:
    """Return whether a node, instead of a table, is the value of the table's main key."""
    if isinstance(node, yaml.SequenceNode):
        return isinstance(kind, Sequence)
    return isinstance(node, yaml.ScalarNode) and not is_empty(node)


def _json_scalar(word: Word, *, strict: bool) -> str | float | bool | None:
    if word.type == "text":
        return word.text
    if word.type == "nothing":
        return None
    if word.type == "a boolean" and word.text in BOOLEANS:
        return BOOLEANS[word.text]
    try:
        number = json.loads(word.text, parse_constant=_refuse) if word.type == "a number" else None
    except ValueError:
        number = None
    if isinstance(number, int | float):
        return number
    if not strict:
        return word.text
    raise Unfit(f"YAML reads {word} as {word.type}, which JSON does not; put it in quotes, or write it as in JSON")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
