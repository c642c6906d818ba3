"""`teal wait` with an app that signs callers in: a token next to the key, over HTTP, to the app's own function."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from cli.wait.rollouts import RefusedError, RolloutsApi, UnreachableError
from cli.wait.tokens import GITHUB, NoTokenError, Tokens, github_assertion, tokens
from functions.api import api
from shared.wiring import use
from tests.functions.conftest import SETTINGS, Calls, app_over
from tests.functions.test_callers import principal

AUDIENCE = "api://6e0d"
KEY = "the key"


class FrontDoor(HTTPServer):
    """App Service in front of the app: it admits tokens for `AUDIENCE`, and writes the caller's header itself."""

    calls: Calls
    asked: list[str]


class Admitting(BaseHTTPRequestHandler):
    """Checks the token, then the key, as the platform and the host do, and calls the function."""

    server: FrontDoor

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append(self.path)
        claims = claims_of(self.headers.get("Authorization", ""))
        if claims.get("aud") != AUDIENCE or self.headers.get("x-functions-key") != KEY:
            return self.answer(401, b"")
        caller = principal(("azp", claims["azp"]), *(("roles", role) for role in claims["roles"]))
        query = dict(parse_qsl(urlsplit(self.path).query))
        with use(app_over(self.server.calls.world, replace(SETTINGS, trust_easy_auth=True))):
            status, content = self.server.calls.send("list", query, headers=caller)
        return self.answer(status, json.dumps(content).encode())

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def claims_of(header: str) -> dict[str, Any]:
    """Return the claims of a bearer token; empty if there is none."""
    token = header.removeprefix("Bearer ")
    return dict(json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))) if token else {}


@dataclass
class Identity:
    """An identity with app roles. answers: what its next token requests get, an error or a validity in seconds."""

    roles: tuple[str, ...] = ("Teal.Reader",)
    answers: list[Exception | int] = field(default_factory=lambda: [3600])
    scopes: list[str] = field(default_factory=list)

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Return a token for the audience of the scope."""
        self.scopes += scopes
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        claims = {"aud": scopes[0].removesuffix("/.default"), "azp": "the pipeline", "roles": self.roles}
        payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return AccessToken(f"e30.{payload}.{len(self.scopes)}", int(time.time()) + answer)


REFUSED = ClientAuthenticationError("AADSTS700024: the assertion has expired")


@pytest.fixture
def door() -> Iterator[FrontDoor]:
    """Run the app behind sign-in, with an open rollout."""
    app = func.FunctionApp()
    app.register_functions(api)
    with FrontDoor(("127.0.0.1", 0), Admitting) as door:
        door.calls = Calls({str(each.get_function_name()): each for each in app.get_functions()})
        door.calls.world.register()
        door.asked = []
        thread = threading.Thread(target=door.serve_forever, args=(0.01,))
        thread.start()
        yield door
        door.shutdown()
        thread.join()


def reading(door: FrontDoor, identity: Identity, audience: str = AUDIENCE) -> RolloutsApi:
    """Return the API as this identity calls it."""
    return RolloutsApi(f"http://127.0.0.1:{door.server_port}", KEY, Tokens(identity, audience).current)


def test_a_caller_with_the_role_reads_rollouts(door: FrontDoor) -> None:
    """One token serves all calls while it is valid, because getting one from `az` takes a second."""
    identity = Identity()
    rollouts = reading(door, identity)
    assert [[each["version"] for each in rollouts.list({})] for _ in range(2)] == [["7"], ["7"]]
    assert identity.scopes == [f"{AUDIENCE}/.default"]
    assert "e30" not in repr(rollouts)


@pytest.mark.parametrize(
    ("identity", "audience", "message"),
    [
        (Identity(roles=()), AUDIENCE, "answered 403: the pipeline may not do this: it needs the app role Teal.Reader"),
        (
            Identity(),
            "api://another",
            "answered 401: is TEAL_KEY a key of this app, TEAL_AUDIENCE its app registration",
        ),
        (Identity(answers=[REFUSED]), AUDIENCE, f"no token for {AUDIENCE}: AADSTS700024"),
    ],
    ids=["no role", "another app's token", "no token"],
)
def test_a_caller_who_is_not_admitted_learns_why(
    door: FrontDoor, identity: Identity, audience: str, message: str
) -> None:
    """Waiting would not help."""
    with pytest.raises(RefusedError) as raised:
        reading(door, identity, audience).list({})
    assert message in str(raised.value)


def test_without_a_token_the_message_names_the_setting(door: FrontDoor) -> None:
    """The platform's answer has no body."""
    with pytest.raises(RefusedError, match="If the app signs callers in, set TEAL_AUDIENCE"):
        RolloutsApi(f"http://127.0.0.1:{door.server_port}", KEY).list({})


def test_a_token_is_renewed_before_it_expires(door: FrontDoor) -> None:
    """If that fails, the old one is used as long as it is valid."""
    identity = Identity(answers=[60, REFUSED, 3600])
    rollouts = reading(door, identity)
    assert all(rollouts.list({}) for _ in range(4))
    assert len(identity.scopes) == 3


def test_an_outage_of_entra_is_waited_out(door: FrontDoor) -> None:
    """An identity that had a token will get one again."""
    rollouts = reading(door, Identity(answers=[-1, REFUSED, 3600]))
    assert rollouts.list({})
    with pytest.raises(UnreachableError, match="no token for"):
        rollouts.list({})
    assert rollouts.list({})


def test_a_redirect_is_not_followed() -> None:
    """The platform may send callers to a sign-in page, which must not get the key."""

    class Redirecting(Admitting):
        def do_GET(self) -> None:
            self.server.asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/sign-in")
            self.end_headers()

    with FrontDoor(("127.0.0.1", 0), Redirecting) as door:
        door.asked = []
        thread = threading.Thread(target=door.handle_request)
        thread.start()
        with pytest.raises(RefusedError, match="answered 302"):
            RolloutsApi(f"http://127.0.0.1:{door.server_port}", KEY).list({})
        thread.join()
    assert [path.split("?")[0] for path in door.asked] == ["/api/rollouts"]


def test_on_github_each_token_begins_with_a_new_assertion() -> None:
    """It is the job's own; the session of `azure/login` could not be renewed for long."""

    class Issuing(Admitting):
        def do_GET(self) -> None:
            self.server.asked.append(f"{self.path} {self.headers['Authorization']}")
            self.answer(200, b'{"value": "an assertion"}')

    with FrontDoor(("127.0.0.1", 0), Issuing) as door:
        door.asked = []
        thread = threading.Thread(target=door.handle_request)
        thread.start()
        assert github_assertion(f"http://127.0.0.1:{door.server_port}/token?job=1", "once") == "an assertion"
        thread.join()
    assert door.asked == ["/token?job=1&audience=api%3A%2F%2FAzureADTokenExchange Bearer once"]


@pytest.mark.parametrize(
    ("missing", "kind"), [(None, "ClientAssertionCredential"), *((name, "DefaultAzureCredential") for name in GITHUB)]
)
def test_the_identity_is_the_jobs_on_github_and_elsewhere_the_default(missing: str | None, kind: str) -> None:
    """All of GitHub's variables are needed: a job without `id-token: write` lacks two of them."""
    environment = {name: "https://x.example" if "URL" in name else "1" for name in GITHUB if name != missing}
    assert type(tokens(AUDIENCE, environment).credential).__name__ == kind


def test_no_answer_of_github_is_an_error_like_others() -> None:
    """It is not a traceback."""
    identity = Identity(answers=[ConnectionRefusedError("refused")])
    with pytest.raises(NoTokenError, match="refused"):
        Tokens(identity, AUDIENCE).current()
