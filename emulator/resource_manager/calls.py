"""What handlers receive and give back: a call and a reply, without any web framework in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from emulator.resource_manager.state import Workspace
from emulator.resources import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `names` are the values in the path, `query` the query string, both by name."""

    workspace: Workspace
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Reply:
    """One response; no body means an empty one."""

    status: int = 200
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Reply]]
