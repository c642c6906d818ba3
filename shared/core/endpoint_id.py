"""The identity of an endpoint: its workspace and its name there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class EndpointId:
    """One online endpoint. Both names are case-insensitive in Azure, so both are kept in lower case.

    workspace: empty if there is none, as in a simulation.
    """

    workspace: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "workspace", self.workspace.lower())
        object.__setattr__(self, "name", self.name.lower())

    def __str__(self) -> str:
        return f"{self.workspace}/{self.name}" if self.workspace else self.name
