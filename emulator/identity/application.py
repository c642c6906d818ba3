"""login.microsoftonline.com: instance discovery, OpenID configuration, and the client credentials grant.

It knows one service principal. Any other grant is answered as the real service answers an unsupported grant.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from emulator.identity.tokens import LIFETIME_SECONDS, TokenIssuer
from emulator.resources import Json

AUTHORITY = "login.microsoftonline.com"


def identity_application(issuer: TokenIssuer) -> web.Application:
    """Return the application behind the authority's host names."""
    application = web.Application()
    identity = _Identity(issuer)
    application.router.add_get("/common/discovery/instance", identity.discover_instance)
    application.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", identity.configuration)
    application.router.add_get("/{tenant}/.well-known/openid-configuration", identity.configuration)
    application.router.add_post("/{tenant}/oauth2/v2.0/token", identity.token)
    application.router.add_post("/{tenant}/oauth2/token", identity.token_of_version_1)
    application.router.add_route("*", "/{rest:.*}", identity.not_emulated)
    return application


class _Identity:
    """The handlers, for one issuer."""

    def __init__(self, issuer: TokenIssuer) -> None:
        self._issuer = issuer

    async def discover_instance(self, request: web.Request) -> web.Response:
        tenant = request.query.get("authorization_endpoint", "").split("/")[3:4] or [self._issuer.principal.tenant]
        aliases = [AUTHORITY, "login.windows.net", "login.microsoft.com", "sts.windows.net"]
        metadata = [{"preferred_network": AUTHORITY, "preferred_cache": "login.windows.net", "aliases": aliases}]
        return web.json_response(
            {
                "tenant_discovery_endpoint": f"https://{AUTHORITY}/{tenant[0]}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": metadata,
            }
        )

    async def configuration(self, request: web.Request) -> web.Response:
        root = f"https://{request.host}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "issuer": f"{root}/v2.0",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        refusal = self._refusal(request, form)
        if refusal is not None:
            return refusal
        scope = str(form.get("scope", ""))
        if not scope.endswith("/.default"):
            return _error(400, "invalid_scope", "AADSTS1002012: The scope must end with /.default.")
        return web.json_response(self._granted(scope.removesuffix("/.default")))

    async def token_of_version_1(self, request: web.Request) -> web.Response:
        """Answer the older form of the same grant: a resource instead of a scope, and numbers as text."""
        form = await request.post()
        refusal = self._refusal(request, form)
        if refusal is not None:
            return refusal
        resource, now = str(form.get("resource", "")), int(time.time())
        if not resource:
            return _error(400, "invalid_resource", "AADSTS500014: The parameter resource is missing.")
        times = {"not_before": str(now), "expires_on": str(now + LIFETIME_SECONDS), "resource": resource}
        return web.json_response({key: str(value) for key, value in self._granted(resource).items()} | times)

    def _granted(self, audience: str) -> Json:
        lifetime = {"expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS}
        return {"token_type": "Bearer", **lifetime, "access_token": self._issuer.issue(audience)}

    def _refusal(self, request: web.Request, form: Mapping[str, object]) -> web.Response | None:
        """Return the error for a grant or credential that is not accepted, or None."""
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "AADSTS70003: only client_credentials is emulated.")
        principal = self._issuer.principal
        if request.match_info["tenant"] != principal.tenant:
            return _error(400, "invalid_request", "AADSTS90002: Tenant not found.")
        if form.get("client_id") != principal.client:
            return _error(400, "unauthorized_client", "AADSTS700016: Application not found in the directory.")
        if form.get("client_secret") != principal.secret:
            return _error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        return None

    async def not_emulated(self, request: web.Request) -> web.Response:
        return _error(501, "not_emulated", f"{request.method} {request.path} is not emulated.")


def _error(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description, "error_codes": []}, status=status)
