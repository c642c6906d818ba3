"""What the host knows of a function: its name and bindings, as the worker reports them. It never runs anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FunctionMetadata:
    """One function: name, bindings in the form of function.json, and its retry policy if it has one."""

    name: str
    bindings: tuple[Json, ...]
    retry: Json | None = None

    @property
    def triggers(self) -> tuple[Json, ...]:
        """The bindings that start it; a function that may run has exactly one."""
        return tuple(binding for binding in self.bindings if kind(binding).endswith("trigger"))

    @property
    def trigger(self) -> Json:
        """The binding that starts it, once the checks have found that there is exactly one."""
        return self.triggers[0]

    @property
    def queue_outputs(self) -> tuple[Json, ...]:
        """The bindings whose values go to a Storage queue."""
        return tuple(binding for binding in self.bindings if kind(binding) == "queue" and is_output(binding))


def described(name: str, raw_bindings: Iterable[str], retry: Json | None = None) -> FunctionMetadata:
    """Return the metadata from what the worker hands over: one JSON text per binding."""
    return FunctionMetadata(name, tuple(json.loads(binding) for binding in raw_bindings), retry)


def kind(binding: Json) -> str:
    """Return the binding's type in lower case, the way the host compares types."""
    return str(binding.get("type", "")).lower()


def is_output(binding: Json) -> bool:
    """Tell whether values flow out of the function through this binding."""
    return str(binding.get("direction", "")).lower() == "out"
