"""References within a JSON Schema file. Each must lead to a schema in that file: nothing else is ever read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.answer_schema import without_dialects
from shared.core.schema.words import Unfit

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
REMEDY = 'write the place of a schema in this file, like "#/$defs/label"'


def check_references(schema: dict[str, Any], validator: Any) -> None:  # noqa: ANN401 -- a class of jsonschema
    """Raise Unfit at a reference that does not lead to a valid schema in the same file, or only back to itself.

    validator: jsonschema's class for this schema.
    """
    from referencing import Registry  # noqa: PLC0415 -- 0.1 s that only a policy with a schema should cost
    from referencing.jsonschema import specification_with  # noqa: PLC0415 -- as above

    whole = without_dialects(schema)
    dialect = specification_with(validator.ID_OF(validator.META_SCHEMA))
    root = dialect.create_resource(whole)
    _Walk(dialect, validator, dict(_paths(whole, "$"))).visit(root, Registry().resolver_with_root(root), ())


@dataclass(frozen=True, slots=True)
class _Walk:
    """Visits every part of a schema, and what its references lead to.

    dialect: of `referencing`. paths: of the schema's parts. visited: parts by their identity, as in `paths`.
    """

    dialect: Any
    validator: Any
    paths: dict[int, str]
    visited: set[int] = field(default_factory=set)

    def visit(self, part: Any, resolver: Any, followed: tuple[int, ...]) -> None:  # noqa: ANN401 -- of `referencing`
        """Check a part and those within it. followed: the parts whose references led here."""
        here = id(part.contents)
        if here in self.visited:
            return
        self.visited.add(here)
        for key in REFERENCES:
            if isinstance(part.contents, dict) and key in part.contents:
                self._follow(key, part.contents[key], resolver, (*followed, here), self.paths.get(here, "$"))
        for each in part.subresources():
            self.visit(each, resolver.in_subresource(each), ())

    def _follow(
        self,
        key: str,
        reference: object,
        resolver: Any,  # noqa: ANN401 -- as above
        followed: tuple[int, ...],
        path: str,
    ) -> None:
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 -- as above

        if not isinstance(reference, str):
            raise Unfit(f"{path}.{key}: {json.dumps(reference)} is not text; {REMEDY}")
        try:
            found = resolver.lookup(reference)
            self._check(found.contents, followed)
        except Unfit as wrong:
            raise Unfit(f"{path}.{key}: {json.dumps(reference)} {wrong}; {REMEDY}") from wrong
        except (Unresolvable, ValueError, TypeError) as wrong:  # the latter two: into a list or a value
            raise Unfit(f"{path}.{key}: {json.dumps(reference)} is not in this file; {REMEDY}") from wrong
        self.visit(self.dialect.create_resource(found.contents), found.resolver, followed)

    def _check(self, target: object, followed: tuple[int, ...]) -> None:
        from jsonschema import SchemaError  # noqa: PLC0415 -- as above

        if id(target) in followed:
            raise Unfit("leads only back to itself")
        try:
            self.validator.check_schema(target)
        except SchemaError as error:
            raise Unfit(f"is not a valid JSON Schema: {error.message} (at {error.json_path})") from error


def _paths(part: object, path: str) -> Iterator[tuple[int, str]]:
    """Return where each object in a schema is, by its identity."""
    if isinstance(part, list):
        for index, each in enumerate(part):
            yield from _paths(each, f"{path}[{index}]")
    if isinstance(part, dict):
        yield id(part), path
        for key, value in part.items():
            yield from _paths(value, f"{path}.{key}")
