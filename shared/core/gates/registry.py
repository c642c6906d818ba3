"""The kinds of gate and of sample by their stored name. The engine finds kinds here and never names one."""

from __future__ import annotations

from typing import TypeVar

from shared.core.gates.gate import Gate
from shared.core.gates.samples import Sample

Kind = TypeVar("Kind", Gate, Sample)
GATE_KINDS: dict[str, type[Gate]] = {}
SAMPLE_KINDS: dict[str, type[Sample]] = {}


def register_gate(*kinds: type[Gate]) -> None:
    """Register kinds of gate and their samples, by the default of their field `kind`, so that records can be read.

    Raises ValueError for a name that is already taken.
    """
    for kind in kinds:
        _register(GATE_KINDS, kind)
        for sample in kind.samples:
            _register(SAMPLE_KINDS, sample)


def _register(known: dict[str, type[Kind]], kind: type[Kind]) -> None:
    name = kind.__dataclass_fields__["kind"].default  # type: ignore[attr-defined] # every kind is a dataclass
    if known.setdefault(name, kind) is not kind:
        raise ValueError(f"two kinds are named {name}: {known[name].__qualname__} and {kind.__qualname__}")
