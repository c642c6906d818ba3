"""Who may call an endpoint: checks the bearer key or token by the endpoint's authMode. Keeps and logs no credential."""

from __future__ import annotations

import hmac
from typing import Protocol

from emulator.identity.audiences import SCORING, endpoint_audience
from emulator.identity.tokens import bearer_token
from emulator.resources import Endpoint


class TokenChecker(Protocol):
    """What the gateway needs from the token issuer."""

    def accepts(self, token: str, audience: str) -> bool:
        """Return whether `token` was issued for `audience` and is still valid."""


def authorized(endpoint: Endpoint, header: str | None, tokens: TokenChecker) -> bool:
    """Return whether the Authorization header grants access to the endpoint."""
    credential = bearer_token(header)
    mode = auth_mode(endpoint)
    if mode == "Key":
        keys = (endpoint.primary_key, endpoint.secondary_key)
        return any(hmac.compare_digest(credential.encode(), key.encode()) for key in keys if credential)
    return tokens.accepts(credential, SCORING if mode == "AADToken" else endpoint_audience(endpoint.name))


def auth_mode(endpoint: Endpoint) -> str:
    """Return `Key`, `AMLToken` or `AADToken`, whatever the case in the body."""
    given = str(endpoint.body["properties"].get("authMode") or "Key").lower()
    return {"amltoken": "AMLToken", "aadtoken": "AADToken"}.get(given, "Key")
