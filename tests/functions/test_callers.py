"""Callers signed in by the platform: who they are, and what their app roles allow. Only then is the header trusted."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from functions.callers import signed_in
from functions.requests import Refused
from functions.roles import AppRole
from functions.routes import ROUTES
from shared.wiring import use
from tests.functions.conftest import SETTINGS, Calls, app_over, error
from tests.scenarios.world import ENDPOINT

MEANT = {"by": "ada@example.com", "reason": "because", "version": "7"}
READER, RESPONDER, OPERATOR = AppRole
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
MAPPED_ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def principal(*claims: tuple[str, object]) -> dict[str, str]:
    """Return the header that the platform creates from a token's claims."""
    content = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims]}
    return {"x-ms-client-principal": b64encode(json.dumps(content).encode()).decode()}


def grace(*roles: str) -> dict[str, str]:
    """Return the header for a person with these roles."""
    return principal(("preferred_username", "grace@example.com"), *(("roles", role) for role in roles))


@pytest.fixture
def signing_in(calls: Calls) -> Iterator[Calls]:
    """Return the functions behind the platform's sign-in, with an open rollout."""
    calls.world.register()
    calls.world.until_weight(10)
    with use(app_over(calls.world, replace(SETTINGS, trust_easy_auth=True))):
        yield calls


def test_the_history_has_the_person_whom_the_platform_signed_in(signing_in: Calls) -> None:
    """The name that the body claims is not used."""
    assert signing_in.http("pause", MEANT, endpoint=ENDPOINT, headers=grace(RESPONDER))[0] == 202
    (request,) = signing_in.world.rollout().requests
    assert request.by == "grace@example.com"
    assert {entry.actor for entry in signing_in.world.history()} == {"teal", "grace@example.com"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_signed_in"),
        ({"x-ms-client-principal-name": "root", "x-ms-client-principal-id": "1"}, 401, "not_signed_in"),
        ({"x-ms-client-principal": "not base64"}, 401, "not_signed_in"),
        ({"x-ms-client-principal": b64encode(b"[" * 100_000).decode()}, 401, "not_signed_in"),
        ({"x-ms-client-principal": b64encode(b'{"claims": 7}').decode()}, 401, "not_signed_in"),
        (principal(("roles", OPERATOR)), 401, "not_signed_in"),
        (principal(("preferred_username", 7), ("roles", OPERATOR)), 401, "not_signed_in"),
        (grace(), 403, "missing_role"),
        (grace(READER), 403, "missing_role"),
        (grace("Other.Operator", "teal.operator"), 403, "missing_role"),
        (principal(("oid", "5"), ("scp", OPERATOR)), 403, "missing_role"),
    ],
)
def test_whoever_lacks_a_role_changes_nothing(
    signing_in: Calls, headers: dict[str, str], status: int, code: str
) -> None:
    """401 if the platform names nobody, 403 without the role; the message names the role."""
    found, content = signing_in.http("rollback", MEANT, endpoint=ENDPOINT, headers=headers)
    assert (found, error(content)["code"]) == (status, code)
    assert status == 401 or "Teal.Responder or Teal.Operator" in error(content)["message"]
    assert signing_in.world.rollout().requests == ()


def test_a_refusal_comes_before_the_body_is_read(signing_in: Calls) -> None:
    """A caller without permission learns nothing about what would be valid."""
    status, content = signing_in.http("promote", {"wieght": 1}, endpoint=ENDPOINT, headers=grace(READER))
    assert (status, error(content)["code"]) == (403, "missing_role")


def test_each_operation_needs_its_role() -> None:
    """Readers read; responders may also pause, roll back and halt; only operators start, promote and release."""
    needed = {route.name: route.role for route in ROUTES}
    assert {name for name, role in needed.items() if role is RESPONDER} == {"pause", "rollback", "halt"}
    assert {name for name, role in needed.items() if role is OPERATOR} == {
        "start", "promote", "resume", "override", "end_halt",
    }  # fmt: skip
    assert {route.method for route in ROUTES if route.role is READER} == {"GET"}
    assert [name for name, role in needed.items() if role is None] == ["openapi"]


@pytest.mark.parametrize("role", list(AppRole))
def test_a_role_includes_the_ones_before_it(signing_in: Calls, role: AppRole) -> None:
    """An operator may also read; a reader may do nothing else."""
    ranked, headers = list(AppRole), grace(role)
    assert signing_in.http("show", endpoint=ENDPOINT, headers=headers)[0] == 200
    expected = {name: 202 if ranked.index(role) >= least else 403 for name, least in (("pause", 1), ("override", 2))}
    for name, status in expected.items():
        assert signing_in.http(name, MEANT, endpoint=ENDPOINT, headers=headers)[0] == status


def test_without_sign_in_a_forged_header_means_nothing(calls: Calls) -> None:
    """The function key decides, and the name that the caller gives is recorded."""
    calls.world.register()
    calls.world.until_weight(10)
    assert calls.http("pause", MEANT, endpoint=ENDPOINT, headers=grace(OPERATOR))[0] == 202
    assert calls.http("show", endpoint=ENDPOINT)[0] == 200
    (request,) = calls.world.rollout().requests
    assert request.by == "ada@example.com"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ([("name", "Grace H."), ("preferred_username", "grace@example.com")], "grace@example.com"),
        ([(UPN, "grace@example.com"), ("oid", "5")], "grace@example.com"),
        ([("preferred_username", "grace@example.com"), ("preferred_username", "eve@example.com")], "grace@example.com"),
        ([("azp", "app-1"), ("oid", "5")], "app-1"),
        ([("appid", "app-1"), ("appidacr", "2")], "app-1"),
        ([("http://schemas.microsoft.com/identity/claims/objectidentifier", "5")], "5"),
        ([("preferred_username", "two\nlines"), ("oid", "5")], "5"),
        ([("preferred_username", "x" * 501), ("oid", "5")], "5"),
    ],
)
def test_a_caller_has_a_unique_name(claims: list[tuple[str, object]], name: str) -> None:
    """A person's sign-in name, never the display name; an app's client id; a single line; the first of several."""
    assert signed_in(principal(*claims)).name == name


def test_roles_are_found_under_both_names() -> None:
    """The platform may rename the claim `roles`."""
    found = signed_in(principal(("oid", "5"), ("roles", READER), (MAPPED_ROLE, OPERATOR)))
    assert found.roles == {READER, OPERATOR}


def test_a_caller_without_a_name_is_nobody() -> None:
    """It is refused, whatever its roles."""
    with pytest.raises(Refused):
        signed_in(principal(("roles", OPERATOR)))


def test_entra_knows_the_same_roles() -> None:
    """`az ad app create --app-roles @infra/app-roles.json` declares each role once, with its meaning."""
    declared = json.loads((Path(__file__).resolve().parents[2] / "infra/app-roles.json").read_text())
    assert [(each["value"], each["description"]) for each in declared] == [(role, role.meaning) for role in AppRole]
    assert len({each["id"] for each in declared}) == len(declared)
    assert all(each["isEnabled"] and each["allowedMemberTypes"] == ["User", "Application"] for each in declared)
