"""The checked policy as data, and the freeze windows it defines."""

from __future__ import annotations

from importlib import import_module

from shared.core.policy.policy import (
    Capacity,
    Deadlines,
    EndpointSpec,
    FreezeWindow,
    JudgeSettings,
    LiveSource,
    ModelSelector,
    Policy,
    Source,
    TemplateSource,
)

__all__ = [
    "Capacity",
    "Deadlines",
    "EndpointSpec",
    "FreezeWindow",
    "JudgeSettings",
    "LiveSource",
    "ModelSelector",
    "Policy",
    "Source",
    "TemplateSource",
]


def __getattr__(name: str) -> object:
    """Return a kind of step, for scripts that import it from here; the kinds are in `shared.core.steps`."""
    if name.endswith("Step"):
        return getattr(import_module("shared.core.steps"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
