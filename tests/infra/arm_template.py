"""A compiled ARM template, read for the rules of `arm_rules.py`, which alone know what is right or wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
DEPLOYMENT = "Microsoft.Resources/deployments"


@dataclass(frozen=True, slots=True)
class Template:
    """A template. name: its place. nested: whether another template deploys it."""

    body: Json
    name: str
    nested: bool = False

    @property
    def resources(self) -> list[Json]:
        """Its resources, in either form of the list."""
        found = self.body["resources"]
        return list(found.values() if isinstance(found, dict) else found)

    @property
    def parameters(self) -> dict[str, Json]:
        """Its parameters; a user-defined type is replaced by the type that it is based on."""
        return {name: self._typed(each) for name, each in self.body.get("parameters", {}).items()}

    @property
    def variables(self) -> dict[str, Any]:
        """Its variables, including those created in a loop."""
        found = dict(self.body.get("variables", {}))
        return found | {each["name"]: each for each in found.pop("copy", [])}

    @property
    def outputs(self) -> dict[str, Json]:
        """Its outputs."""
        return dict(self.body.get("outputs", {}))

    @property
    def modules(self) -> Iterator[tuple[Json, Template]]:
        """The properties of its nested deployments, each with its template."""
        for each in self.resources:
            if each["type"] == DEPLOYMENT and "template" in each.get("properties", {}):
                name = f"{self.name} > {each['name']}"
                yield each["properties"], Template(each["properties"]["template"], name, nested=True)

    @property
    def own(self) -> Json:
        """The template without the nested ones, whose expressions have their own parameters."""
        return self.body | {"resources": [_without_template(each) for each in self.resources]}

    @property
    def text(self) -> str:
        """What it evaluates: everything of its own except its schema, types and parameter declarations."""
        return json.dumps(self.own | {"$schema": "", "parameters": {}, "definitions": {}})

    def _typed(self, declared: Json) -> Json:
        name = declared.get("$ref", "").rpartition("/")[2]
        return declared | ({"type": self.body["definitions"][name]["type"]} if name else {})


def _without_template(resource: Json) -> Json:
    if resource["type"] != DEPLOYMENT:
        return resource
    return {**resource, "properties": {**resource.get("properties", {}), "template": "..."}}


def values(body: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value in JSON with its path, innermost ones included."""
    yield path, body
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield from values(part, (*path, str(name)))
