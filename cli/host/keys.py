"""Access keys: which ones exist and what each grants. Compares in constant time; never logs a key."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

EVENT_GRID = "eventgrid_extension"


def _new_key() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of an app, by name: for all functions (`host`), for one (`functions`), for an extension (`system`)."""

    master: str = field(default_factory=_new_key)
    host: dict[str, str] = field(default_factory=lambda: {"default": _new_key()})
    system: dict[str, str] = field(default_factory=lambda: {EVENT_GRID: _new_key()})
    functions: dict[str, dict[str, str]] = field(default_factory=dict)

    def opens_admin(self, given: str | None) -> bool:
        """Return whether the key grants the admin API and functions of level `admin`: only the master key does."""
        return _among(given, [self.master])

    def opens_function(self, given: str | None, function: str) -> bool:
        """Return whether the key grants a function of level `function`: master, host or its own, never a system key."""
        return _among(given, [self.master, *self.host.values(), *self.functions.get(function, {}).values()])

    def opens_extension(self, given: str | None, system_key: str) -> bool:
        """Return whether the key grants an extension's webhook: master, or the system key of that name."""
        return _among(given, [self.master, *(key for name, key in self.system.items() if name == system_key)])

    def knows(self, given: str | None) -> bool:
        """Return whether the key is valid for something besides single functions, even if for less than is asked."""
        return _among(given, [self.master, *self.host.values(), *self.system.values()])


def _among(given: str | None, keys: Iterable[str]) -> bool:
    encoded = (given or "").encode()
    matches = [hmac.compare_digest(encoded, key.encode()) for key in keys if key]
    return bool(given) and any(matches)


def given(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the key of a request. The header takes precedence over `code`, even if it is empty or wrong."""
    header = headers.get("x-functions-key")
    return parameter(query, "code") if header is None else header


def parameter(query: Mapping[str, str], name: str) -> str | None:
    """Return a parameter of the query; the host's own parameters are found in any case."""
    return next((value for key, value in query.items() if key.lower() == name), None)


def load(path: Path | None, functions: Iterable[str]) -> Keys:
    """Return the keys stored in `path`, creating and storing the missing ones; with None nothing is stored."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path and path.exists() else {}
    keys = Keys(**stored)
    for function in functions:
        keys.functions.setdefault(function, {"default": _new_key()})
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(keys), indent=2), encoding="utf-8")
    return keys
