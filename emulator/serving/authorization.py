"""Who may call an endpoint: the bearer key or token, checked by the endpoint's authMode. Never logged, never kept."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from emulator.resources import Endpoint

AUDIENCE = "https://ml.azure.com"


class TokenChecker(Protocol):
    """What the gateway asks of whoever issues tokens."""

    def accepts(self, token: str, audience: str) -> bool:
        """Tell whether `token` was issued for `audience` and still lives.

        An AADToken endpoint asks for `https://ml.azure.com`; an AMLToken endpoint for its own scoring audience, as
        `scoring_audience` gives it, which is what the control plane's `/token` operation must issue for.
        """


def scoring_audience(endpoint: str) -> str:
    """Return the audience of the tokens that the control plane issues for one AMLToken endpoint."""
    return f"{AUDIENCE}/onlineEndpoints/{endpoint.lower()}"


def authorized(endpoint: Endpoint, header: str | None, tokens: TokenChecker) -> bool:
    """Tell whether the Authorization header opens the endpoint."""
    scheme, _, credential = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        return False
    mode = auth_mode(endpoint)
    if mode == "Key":
        keys = (endpoint.primary_key, endpoint.secondary_key)
        return any(hmac.compare_digest(credential.encode(), key.encode()) for key in keys)
    audience = AUDIENCE if mode == "AADToken" else scoring_audience(endpoint.name)
    return tokens.accepts(credential, audience)


def auth_mode(endpoint: Endpoint) -> str:
    """Return `Key`, `AMLToken` or `AADToken`, however the body spelt it."""
    given = str(endpoint.body["properties"].get("authMode") or "Key").lower()
    return {"amltoken": "AMLToken", "aadtoken": "AADToken"}.get(given, "Key")
