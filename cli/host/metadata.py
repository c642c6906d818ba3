"""What the host knows about a function: its name and bindings, as reported by the worker."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FunctionMetadata:
    """One function: name, bindings in function.json form, and its retry policy if it has one."""

    name: str
    bindings: tuple[Json, ...]
    retry: Json | None = None

    @property
    def triggers(self) -> tuple[Json, ...]:
        """The bindings that start it; a valid function has exactly one."""
        return tuple(binding for binding in self.bindings if kind(binding).endswith("trigger"))

    @property
    def trigger(self) -> Json:
        """The binding that starts it. Valid only after the checks have found exactly one."""
        return self.triggers[0]

    @property
    def queue_outputs(self) -> tuple[Json, ...]:
        """The bindings whose values go to a Storage queue."""
        return tuple(binding for binding in self.bindings if kind(binding) == "queue" and is_output(binding))


def described(name: str, raw_bindings: Iterable[str], retry: Json | None = None) -> FunctionMetadata:
    """Return the metadata from the worker's report: one JSON text per binding."""
    return FunctionMetadata(name, tuple(json.loads(binding) for binding in raw_bindings), retry)


def kind(binding: Json) -> str:
    """Return the binding's type in lower case, as the host compares types."""
    return str(binding.get("type", "")).lower()


def is_output(binding: Json) -> bool:
    """Return whether this is an output binding."""
    return str(binding.get("direction", "")).lower() == "out"
