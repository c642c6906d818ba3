"""Workspaces: read only. They exist from the emulator's start; making one is not emulated."""

from __future__ import annotations

from emulator.resource_manager import documents
from emulator.resource_manager.calls import Call, Reply


async def show(call: Call) -> Reply:
    """GET one workspace."""
    return Reply(body=documents.workspace(call.workspace))
