"""What handlers receive and return: a call and a reply, independent of any web framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from emulator.resources import Json, Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with the parameters of its path and its query string by name."""

    workspace: Workspace
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Reply:
    """One response; None is an empty body."""

    status: int = 200
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Reply]]
