"""Access tokens: JWTs signed with a secret of this run. They are valid only for the emulated services.

Token times are wall-clock times, not virtual ones, because the SDKs compare them with the wall clock.
"""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass, field

import jwt

LIFETIME_SECONDS = 86400  # real tokens live for 60 to 90 minutes; a demo may run longer


@dataclass(frozen=True, slots=True)
class Principal:
    """The service principal: the values of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."""

    tenant: str
    client: str
    secret: str

    @staticmethod
    def generate() -> Principal:
        """Return a new principal with random values."""
        return Principal(str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues tokens for an audience, and recognises its own."""

    principal: Principal
    _key: str = field(default_factory=lambda: secrets.token_hex(32))

    def issue(self, audience: str, lifetime: int = LIFETIME_SECONDS) -> str:
        """Return a token for `audience`, valid for `lifetime` seconds."""
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
        """Return whether `token` was issued here for `audience` and is still valid; a trailing slash is ignored."""
        audiences = [audience.rstrip("/"), audience.rstrip("/") + "/"]
        try:
            jwt.decode(token, self._key, algorithms=["HS256"], audience=audiences)
        except jwt.InvalidTokenError:
            return False
        return True


def bearer_token(authorization: str | None) -> str:
    """Return the token or key of an Authorization header, or an empty string if it holds none."""
    scheme, _, credential = (authorization or "").partition(" ")
    return credential if scheme.lower() == "bearer" else ""
