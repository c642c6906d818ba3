"""login.microsoftonline.com: instance discovery, OpenID configuration, and the client credentials grant.

It knows one service principal. Any other grant is answered as the real service answers an unsupported grant.
"""

from __future__ import annotations

from aiohttp import web

from emulator.identity.tokens import LIFETIME_SECONDS, TokenIssuer

AUTHORITY = "login.microsoftonline.com"


def identity_application(issuer: TokenIssuer) -> web.Application:
    """Return the application behind the authority's host names."""
    application = web.Application()
    identity = _Identity(issuer)
    application.router.add_get("/common/discovery/instance", identity.discover_instance)
    application.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", identity.configuration)
    application.router.add_get("/{tenant}/.well-known/openid-configuration", identity.configuration)
    application.router.add_post("/{tenant}/oauth2/v2.0/token", identity.token)
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
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "AADSTS70003: only client_credentials is emulated.")
        principal = self._issuer.principal
        if request.match_info["tenant"] != principal.tenant:
            return _error(400, "invalid_request", "AADSTS90002: Tenant not found.")
        if form.get("client_id") != principal.client:
            return _error(400, "unauthorized_client", "AADSTS700016: Application not found in the directory.")
        if form.get("client_secret") != principal.secret:
            return _error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        scope = str(form.get("scope", ""))
        if not scope.endswith("/.default"):
            return _error(400, "invalid_scope", "AADSTS1002012: The scope must end with /.default.")
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
                "ext_expires_in": LIFETIME_SECONDS,
                "access_token": self._issuer.issue(scope.removesuffix("/.default")),
            }
        )

    async def not_emulated(self, request: web.Request) -> web.Response:
        return _error(501, "not_emulated", f"{request.method} {request.path} is not emulated.")


def _error(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description, "error_codes": []}, status=status)
