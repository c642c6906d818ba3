"""Identifies and authorizes callers, where App Service authentication (Easy Auth) signs them in.

The platform replaces the header X-MS-CLIENT-PRINCIPAL of every request, but only while its authentication is on;
otherwise anyone can forge it. So nothing here reads it unless the app's settings say that it is on.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions import inputs
from functions.requests import Call, Refused
from shared.errors import ErrorCode
from shared.redaction import redacted
from shared.wiring import app

PRINCIPAL = "x-ms-client-principal"
# The platform maps some of a token's claims to these names.
_MAPPED = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_ROLES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
# Unique names of people first, then the ids of apps and managed identities, which have no name.
_PEOPLE = ("preferred_username", "upn", f"{_MAPPED}upn", "email", f"{_MAPPED}emailaddress", f"{_MAPPED}name")
_OTHERS = ("azp", "appid", "oid", "http://schemas.microsoft.com/identity/claims/objectidentifier")


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whom the platform signed in. name: for the history; an app's is its client id."""

    name: str
    roles: frozenset[str]


def authorize(call: Call) -> None:
    """Raise Refused (401, 403) if callers are signed in and this one lacks the role that the operation needs.

    Without sign-in only the function key decides, which the host has already checked.
    """
    needed = call.route.role
    if needed is None or not app().settings.trust_easy_auth:
        return
    caller = signed_in(call.request.headers)
    if caller.roles.isdisjoint(needed.sufficient):
        message = f"{caller.name} may not do this: it needs the app role {' or '.join(needed.sufficient)}"
        raise Refused(ErrorCode.MISSING_ROLE, message)


def actor(call: Call) -> str:
    """Return who makes the request: as the platform reports if it signs callers in, otherwise as the caller claims."""
    if not app().settings.trust_easy_auth:
        return redacted(call.field(inputs.ACTOR))
    return signed_in(call.request.headers).name


def signed_in(headers: Mapping[str, str]) -> Caller:
    """Return the caller in the platform's header. Raises Refused (401) if there is none, or none with a name."""
    claims = tuple(_claims(headers.get(PRINCIPAL, "")))
    values = dict(reversed(claims))  # the first of several
    name = next((each for each in map(_name, (values.get(kind, "") for kind in (*_PEOPLE, *_OTHERS))) if each), "")
    if not name:
        raise Refused(ErrorCode.NOT_SIGNED_IN, "sign in: the platform reported no caller")
    return Caller(name, frozenset(value for kind, value in claims if kind in _ROLES))


def _claims(header: str) -> Iterator[tuple[str, str]]:
    """Yield the type and value of each claim; nothing if the header is not what the platform writes."""
    try:
        content = json.loads(b64decode(header, validate=True))
        claims = [(claim["typ"], claim["val"]) for claim in content["claims"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    yield from ((kind, value) for kind, value in claims if isinstance(kind, str) and isinstance(value, str))


def _name(value: str) -> str:
    """Return a name in a form that the history accepts, or an empty string."""
    try:
        return inputs.ACTOR.read(value)
    except ValueError:
        return ""
