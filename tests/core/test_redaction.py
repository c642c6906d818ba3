"""Secrets are removed from text; what operators need to read stays."""

from __future__ import annotations

import pytest

from shared.core.rollout.reasons import ReasonCode, reason
from shared.errors import Permanent, Temporary
from shared.redaction import redacted

KEY = "aB3" * 11 + "q"  # 34 letters and digits, as an endpoint's key
BASE64 = "q1W2+e3R/" * 9 + "zz=="
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhYmMifQ.c2lnbmF0dXJl"

HIDDEN = [
    (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
    ('{"authorization": "Basic dXNlcjpwYXNz"}', '{"authorization": "Basic ***"}'),
    (f"got {TOKEN} from AAD", "got *** from AAD"),
    ("eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJh", "***"),  # cut off
    (
        f"AccountName=stteal;AccountKey={BASE64};EndpointSuffix=core",
        "AccountName=stteal;AccountKey=***;EndpointSuffix=core",
    ),
    ('{"primaryKey": "first", "secondaryKey":"second"}', '{"primaryKey": ***, "secondaryKey":***}'),
    (r"{\"accessToken\": \"abc def\"}", r"{\"accessToken\": ***}"),
    ("https://ada:lovelace@pypi.example/simple", "https://***@pypi.example/simple"),
    ("GET /api/halt?code=abc-DEF_1&x=1", "GET /api/halt?code=***&x=1"),
    ("https://st.blob/x?sv=2024&sig=a%2Fb%3D&se=1", "https://st.blob/x?sv=2024&sig=***&se=1"),
    ("DB_PASSWORD=hunter2 HOST=db", "DB_PASSWORD=*** HOST=db"),
    ("password: 'two words' next", "password: *** next"),
    (f"the key {KEY} is wrong", "the key *** is wrong"),
    (f"({BASE64})", "(***)"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "***\nafter"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),
    (r'{"password": "ab\"cdSECRET"}', '{"password": ***}'),
    ("{'password': b'SECRET'}", "{'password': ***}"),
    ('{"token": "abc"}', '{"token": ***}'),
    ("token=abc&x=1", "token=***&x=1"),
]

KEPT = [
    "status 424 instead of 200: {'message': 'An unexpected error occurred in scoring script.'}",
    'File "/opt/miniconda/envs/amlenv/lib/python3.10/site-packages/inference_server_http/server/route.py", line 7',
    "/subscriptions/3fa85f64-5717-4562-b3fc-2c963f66afa6/resourceGroups/rg/providers/Microsoft.MachineLearningServices",
    "request 8d7f0a86-9c1c-4c0e-8e2c-0d6b5c1c5a11 took 12 ms",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "IndexError: token limit exceeded after 512 tokens",
    "churn-model-with-a-rather-long-name-of-its-own:20261128",
    "BadRequest: traffic {'churn-7': 10, 'churn-6': 90}",
    "ManagedIdentityCredential: no User Assigned identity found",
    "Invalid token: application not found",
    "Basic authentication is disabled",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN, ids=range(len(HIDDEN)))
def test_secrets_are_hidden(text: str, shown: str) -> None:
    """In the spellings in which services, SDKs and score scripts print them."""
    assert redacted(text) == shown
    assert redacted(redacted(text)) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_operators_read_is_kept(text: str) -> None:
    """Ids, paths, names, hashes and messages are not secrets."""
    assert redacted(text) == text


def test_a_policy_names_what_else_is_hidden() -> None:
    """Its patterns apply in addition to the usual ones."""
    text = f"customer ACME-123456 with key {KEY}"
    assert redacted(text, ["ACME-[0-9]{6}"]) == "customer *** with key ***"


@pytest.mark.parametrize(
    "piece", ["eyJa.", "a", "A1", "token", "\\\"'", "a/", "Basic ", "password ", "=:", "ü", "://a"]
)
@pytest.mark.timeout(60)  # only for hangs: one takes milliseconds
def test_no_text_takes_long(piece: str) -> None:
    """Deployments control their answers, so no pattern may backtrack endlessly on them."""
    assert redacted(piece * (20_000 // len(piece)))


@pytest.mark.parametrize("kind", [Temporary, Permanent])
def test_errors_hold_no_secret(kind: type[Temporary | Permanent]) -> None:
    """Whatever a service echoes of a request, the error made from it can be logged, stored and returned."""
    assert str(kind(f"cannot read x: 401 Bearer {TOKEN} was refused")) == "cannot read x: 401 Bearer *** was refused"


def test_reasons_hold_no_secret() -> None:
    """Free text is redacted, before it is cut; names are left as they are."""
    why = reason(
        ReasonCode.SMOKE_FAILED,
        deployment=KEY,  # whatever a deployment is called
        examples=[f"{'x ' * 480}{KEY}", "fine"],
        log_lines=[f"token={KEY}"],
        message=f"Bearer {TOKEN}",
    )
    assert why.facts["deployment"] == KEY
    assert KEY[:8] not in str(why.facts["examples"])
    assert why.facts["log_lines"] == ["token=***"]
    assert why.facts["message"] == "Bearer ***"
