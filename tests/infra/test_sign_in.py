"""Sign-in by the platform, read from the committed snapshots: the app trusts its header only where it is enabled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.test_permissions import resources


def settings(snapshot: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the app settings, and the sign-in settings if the templates create them."""
    found = {each["name"].rpartition("/")[2]: each["properties"] for each in resources(snapshot, "sites/config")}
    return found["appsettings"], [found["authsettingsV2"]] if "authsettingsV2" in found else []


@pytest.mark.parametrize(("snapshot", "on"), [("app", False), ("app-existing", False), ("app-private", True)])
def test_the_app_trusts_the_header_where_the_platform_sets_it(snapshot: str, *, on: bool) -> None:
    """Both or neither; an operator who disables sign-in again gets it disabled."""
    app, (sign_in,) = settings(snapshot)
    assert app["TEAL_TRUST_EASY_AUTH"] == str(on)
    assert sign_in["platform"]["enabled"] is sign_in["globalValidation"]["requireAuthentication"] is on


def test_someone_elses_sign_in_is_left_alone() -> None:
    """`trustEasyAuth` without a client id: the app trusts the header, and the templates do not change the sign-in."""
    app, sign_in = settings("app-everything")
    assert (app["TEAL_TRUST_EASY_AUTH"], sign_in) == ("True", [])


def test_only_tokens_for_this_app_are_accepted() -> None:
    """From one tenant, without a secret; a caller without a token gets 401; Event Grid uses its key."""
    _, (sign_in,) = settings("app-private")
    entra = sign_in["identityProviders"]["azureActiveDirectory"]
    client = entra["registration"]["clientId"]
    assert entra["validation"]["allowedAudiences"] == [client, f"api://{client}"]
    assert "00000000-0000-0000-0000-000000000001" in entra["registration"]["openIdIssuer"]
    assert not [name for name in entra["registration"] if "secret" in name.lower()]
    validation = sign_in["globalValidation"]
    assert validation["unauthenticatedClientAction"] == "Return401"
    assert {path.lower() for path in validation["excludedPaths"]} == {"/runtime/webhooks/eventgrid"}
