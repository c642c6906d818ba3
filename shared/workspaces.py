"""The Azure ML workspaces that one app serves, each with its own ports. Everything else of the app is common to all."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import Permanent
from shared.observer import Observer
from shared.ports import Endpoints, Models


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace. name: in lower case, and unique in the app. arm_id: as Azure writes it."""

    name: str
    arm_id: str
    endpoints: Endpoints
    models: Models
    observer: Observer


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The workspaces that the app serves; `own` is the one that is meant where none is named."""

    own: Workspace
    others: tuple[Workspace, ...] = ()

    @property
    def all(self) -> tuple[Workspace, ...]:
        """Every workspace, the app's own first."""
        return (self.own, *self.others)

    def named(self, name: str) -> Workspace:
        """Return the workspace of this name, in any case. Raises Permanent if the app serves none."""
        for workspace in self.all:
            if workspace.name == name.lower():
                return workspace
        raise Permanent(f"this app serves no workspace {name!r}; it serves {', '.join(each.name for each in self.all)}")

    def with_id(self, arm_id: str) -> Workspace | None:
        """Return the workspace with this ARM id, in any case, or None if the app serves none."""
        sought = arm_id.rstrip("/").lower()
        return next((each for each in self.all if each.arm_id.lower() == sought), None)
