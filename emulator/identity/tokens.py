"""Access tokens: JWTs signed with a secret of this run. They open the emulated services and nothing else.

Times are the wall's, not the virtual clock's: the SDKs compare them with the wall's clock.
"""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass, field

import jwt

LIFETIME_SECONDS = 86400  # tokens from the real service live 60 to 90 minutes; a demonstration may run longer


@dataclass(frozen=True, slots=True)
class Principal:
    """The made-up service principal: what AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET hold."""

    tenant: str
    client: str
    secret: str

    @staticmethod
    def made_up() -> Principal:
        """Return a new one."""
        return Principal(str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues tokens for an audience, and tells whether a token is one of them."""

    principal: Principal
    _key: str = field(default_factory=lambda: secrets.token_hex(32))

    def issue(self, audience: str, lifetime: int = LIFETIME_SECONDS) -> str:
        """Return a token for `audience` (a resource such as https://management.azure.com) for `lifetime` seconds."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.principal.tenant}/",
            "iat": now,
            "nbf": now - 60,
            "exp": now + lifetime,
            "appid": self.principal.client,
            "oid": self.principal.client,
            "tid": self.principal.tenant,
            "idtyp": "app",
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def accepts(self, token: str, audience: str) -> bool:
        """Tell whether `token` was issued here for `audience` (a trailing slash does not matter) and still lives."""
        audiences = [audience.rstrip("/"), audience.rstrip("/") + "/"]
        try:
            jwt.decode(token, self._key, algorithms=["HS256"], audience=audiences)
        except jwt.InvalidTokenError:
            return False
        return True
