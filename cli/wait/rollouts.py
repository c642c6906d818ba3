"""Reads rollouts from the HTTP API of a deployed Teal, or of a local one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]
SECONDS = 30
REPEATABLE = 500  # this status and those above may be gone at the next attempt; 408 and 429 too
BUSY = {408, 429}


class RefusedError(Exception):
    """The API will not answer this request, however often it is repeated."""


class UnreachableError(Exception):
    """The API gave no answer this time."""


@dataclass(frozen=True, slots=True)
class Sought:
    """The rollout to follow: of a version on an endpoint. model, workspace: empty if they need not be named."""

    endpoint: str
    version: str
    model: str = ""
    workspace: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The query that lists it."""
        named = {"endpoint": self.endpoint, "model": self.model, "workspace": self.workspace}
        return {**{name: value for name, value in named.items() if value}, "limit": "100"}

    def among(self, rollouts: list[Json]) -> Json | None:
        """Return the newest rollout of this version in a list that has the newest first."""
        return next((each for each in rollouts if each["version"] == self.version), None)


@dataclass(frozen=True, slots=True)
class RolloutsApi:
    """The API at `url`, called with a function key."""

    url: str
    key: str = field(repr=False)

    def list(self, query: Mapping[str, str]) -> list[Json]:
        """Return the first page of rollouts for this query. Raises RefusedError or UnreachableError."""
        address = f"{self.url.rstrip('/')}/api/rollouts?{urlencode(query)}"
        request = urllib.request.Request(address, headers={"x-functions-key": self.key})  # noqa: S310 -- checked: http(s)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 -- as above
                return list(json.load(answer)["rollouts"])
        except urllib.error.HTTPError as error:
            said = f"{self.url} answered {error.code}: {_message(error)}"
            if error.code < REPEATABLE and error.code not in BUSY:
                raise RefusedError(said) from error
            raise UnreachableError(said) from error
        except (OSError, ValueError, KeyError) as error:
            raise UnreachableError(f"{self.url} gave no usable answer: {error}") from error


def _message(error: urllib.error.HTTPError) -> str:
    """Return the API's own message; the host itself refuses a wrong key without a body."""
    try:
        return str(json.load(error)["error"]["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return "is TEAL_KEY a key of this app?" if error.code in {401, 403} else str(error.reason)
