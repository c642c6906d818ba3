"""The Azure ML workspaces that one app serves, each with its own ports. The rest of the app is shared."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import Permanent
from shared.observer import Observer
from shared.ports import Endpoints, Models


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace. name: in lower case, and unique in the app. arm_id: in Azure's spelling."""

    name: str
    arm_id: str
    endpoints: Endpoints
    models: Models
    observer: Observer


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The workspaces that the app serves; `own` is the default."""

    own: Workspace
    others: tuple[Workspace, ...] = ()

    @property
    def all(self) -> tuple[Workspace, ...]:
        """Every workspace, the app's own first."""
        return (self.own, *self.others)

    def named(self, name: str) -> Workspace:
        """Return the workspace with this name, ignoring case. Raises Permanent if the app does not serve it."""
        for workspace in self.all:
            if workspace.name == name.lower():
                return workspace
        raise Permanent(f"this app serves no workspace {name!r}; it serves {', '.join(each.name for each in self.all)}")

    def serve(self, name: str) -> bool:
        """Return whether the app serves a workspace of this name, in any case."""
        return any(workspace.name == name.lower() for workspace in self.all)

    def with_id(self, arm_id: str) -> Workspace | None:
        """Return the workspace with this ARM id, ignoring case, or None if the app does not serve it."""
        sought = arm_id.rstrip("/").lower()
        return next((each for each in self.all if each.arm_id.lower() == sought), None)
