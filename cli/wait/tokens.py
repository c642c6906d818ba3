"""Tokens of Entra ID, for an app that signs callers in (App Service authentication, "Easy Auth").

The identity is whichever azure-identity finds: of `az login`, of a managed identity, of a pipeline. On GitHub the token
is requested directly, because the session of `azure/login` cannot be renewed once it is an hour old, and rollouts take
longer.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

MARGIN = 300  # seconds before its expiry at which a token is renewed
EXCHANGE = "api%3A%2F%2FAzureADTokenExchange"  # the audience of a federated credential
GITHUB = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
SECONDS = 30


class NoTokenError(Exception):
    """No identity gave a token. temporary: one did before, so it may again."""

    def __init__(self, message: str, *, temporary: bool) -> None:
        super().__init__(message)
        self.temporary = temporary


@dataclass(slots=True)
class Tokens:
    """Tokens for one audience, such as `api://<client id of the app registration>`; each is used until it expires."""

    credential: TokenCredential
    audience: str
    _last: AccessToken | None = field(default=None, repr=False)

    def current(self) -> str:
        """Return a valid token. Raises NoTokenError."""
        if self._last is None or self._last.expires_on - time.time() < MARGIN:
            self._last = self._renewed()
        return self._last.token

    def _renewed(self) -> AccessToken:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 -- only apps with sign-in need Azure's libraries

        try:
            return self.credential.get_token(f"{self.audience.rstrip('/')}/.default")
        except (AzureError, OSError, ValueError, KeyError) as error:
            if self._last is not None and self._last.expires_on > time.time():
                return self._last
            message = f"no token for {self.audience}: {error}"
            raise NoTokenError(message, temporary=self._last is not None) from error


def tokens(audience: str, environment: Mapping[str, str]) -> Tokens:
    """Return the tokens of the identity that this process runs with."""
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential  # noqa: PLC0415 -- as above

    tenant, client, url, secret = (environment.get(name, "") for name in GITHUB)
    if tenant and client and url and secret:
        return Tokens(ClientAssertionCredential(tenant, client, partial(github_assertion, url, secret)), audience)
    return Tokens(DefaultAzureCredential(), audience)


def github_assertion(url: str, secret: str) -> str:
    """Return a new token of GitHub's for this job, which Entra ID accepts instead of a secret."""
    address = f"{url}{'&' if '?' in url else '?'}audience={EXCHANGE}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {secret}"})  # noqa: S310 -- GitHub's
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 -- as above
        return str(json.load(answer)["value"])
