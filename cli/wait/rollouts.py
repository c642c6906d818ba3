"""Reads rollouts from the HTTP API of a deployed Teal, or of a local one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cli.wait.tokens import NoTokenError

Json = dict[str, Any]
SECONDS = 30
REPEATABLE = 500  # with this status or one above, a retry may succeed; with 408 and 429 too
BUSY = {408, 429}
UNEXPLAINED = {301, 302, 303, 307, 308, 401, 403}  # from a missing key, or from the platform that signs callers in


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


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key must not be sent to another host, such as a sign-in page's."""

    def redirect_request(self, *_: object) -> None:
        """Make the redirect an error."""


_OPENER = urllib.request.build_opener(_Staying)


@dataclass(frozen=True, slots=True)
class RolloutsApi:
    """The API at `url`, called with a function key. token: returns a bearer token, if the app signs callers in."""

    url: str
    key: str = field(repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)

    def list(self, query: Mapping[str, str]) -> list[Json]:
        """Return the first page of rollouts for this query. Raises RefusedError or UnreachableError."""
        address = f"{self.url.rstrip('/')}/api/rollouts?{urlencode(query)}"
        request = urllib.request.Request(address, headers=self._headers())  # noqa: S310 -- checked: http(s)
        try:
            with _OPENER.open(request, timeout=SECONDS) as answer:
                return list(json.load(answer)["rollouts"])
        except urllib.error.HTTPError as error:
            said = f"{self.url} answered {error.code}: {_message(error) or self._hint()}"
            if error.code < REPEATABLE and error.code not in BUSY:
                raise RefusedError(said) from error
            raise UnreachableError(said) from error
        except (OSError, ValueError, KeyError) as error:
            raise UnreachableError(f"{self.url} gave no usable answer: {error}") from error

    def _headers(self) -> dict[str, str]:
        """Return the headers that show that the caller may read rollouts."""
        headers = {"x-functions-key": self.key}
        if self.token is None:
            return headers
        try:
            return {**headers, "Authorization": f"Bearer {self.token()}"}
        except NoTokenError as error:
            raise (UnreachableError if error.temporary else RefusedError)(str(error)) from error

    def _hint(self) -> str:
        """Return what may be wrong with a call that was refused without a reason."""
        if self.token is None:
            return "is TEAL_KEY a key of this app? If the app signs callers in, set TEAL_AUDIENCE too"
        return (
            "is TEAL_KEY a key of this app, TEAL_AUDIENCE its app registration, and this identity assigned to a role?"
        )


def _message(error: urllib.error.HTTPError) -> str:
    """Return the API's own message; empty if the host or the platform refused the call without one."""
    try:
        return str(json.load(error)["error"]["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return "" if error.code in UNEXPLAINED else str(error.reason)
