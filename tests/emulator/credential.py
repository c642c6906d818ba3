"""A credential with a fixed token, for SDK clients of services that a test serves itself."""

from __future__ import annotations

import time
from typing import Any

from azure.core.credentials import AccessToken


class FixedCredential:
    """A credential that always returns the same token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401  # the SDK's protocol
        """Return the token."""
        return AccessToken(self.token, int(time.time()) + 3600)
