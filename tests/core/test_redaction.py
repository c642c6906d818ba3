"""Secrets are removed from text; what operators need to read stays."""

from __future__ import annotations

import time

import pytest

from shared.core.rollout.reasons import ReasonCode, reason
from shared.errors import Permanent, Temporary
from shared.redaction import LONGEST_LINE, redacted

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
    (r"https://st.blob/x?sv=2024\u0026sig=q\u002Bw%3D\u0026se=1", r"https://st.blob/x?sv=2024\u0026sig=***\u0026se=1"),
    ("https://st.blob/x?sv=2024&amp;sig=qw%3D&amp;se=1", "https://st.blob/x?sv=2024&amp;sig=***&amp;se=1"),
    ("to https://st.blob?u=%26sig%3Dqw%253D%26se%3D1", "to https://st.blob?u=%26sig%3D***%26se%3D1"),
    ("sig=qw%3D&se=2027", "sig=***&se=2027"),
    (r"{\u0022password\u0022:\u0022two words\u0022}", r"{\u0022password\u0022:***}"),
    ("{&quot;secret&quot;: &quot;two words&quot;}", "{&quot;secret&quot;: ***}"),
    (f"cannot read the model with {'hf_' + 'QwErTyUiOp' * 3}", "cannot read the model with ***"),
    (f"clone with {'gho_' + '0q9w8e7r6t5y' * 3}, then", "clone with ***, then"),
    (f"clone with {'github_pat_' + '0Q9w8e7r_' * 5}", "clone with ***"),
    (f"cannot sign as {'ASIA' + 'QWERTY23456UIOPA'}.", "cannot sign as ***."),
    (f"posted by {'xoxb-' + '1234567890-abcdefgh'}", "posted by ***"),
    (f"clone with {'glpat-' + 'Q1w2-E3r4_' * 2}", "clone with ***"),
    (f"asked with {'sk-proj-' + 'Q1w2-E3r4_' * 3}", "asked with ***"),
    (f"map with {'AIza' + 'SyQ1-w2E3_' * 3 + 'r4T5y'}, then", "map with ***, then"),
    (f"read with {'dapi' + '0a1b2c3d' * 4}", "read with ***"),
    (f"prefix_{KEY}_suffix", "prefix_***_suffix"),
    ("postgresql+psycopg2://ada:Zq7-x@db/features", "postgresql+psycopg2://***@db/features"),
    ("to neo4j://ada:Zq7@h and s3://ada:Zq7@b", "to neo4j://***@h and s3://***@b"),
    ("oracle+cx_oracle://ada:Zq7@h, db2+ibm_db://ada:Zq7@h", "oracle+cx_oracle://***@h, db2+ibm_db://***@h"),
    ("SECRET_KEY=Zq7 DEBUG=1", "SECRET_KEY=*** DEBUG=1"),
    ("DB_PASS=Zq7 HOST=db", "DB_PASS=*** HOST=db"),
    ("db_pass: Zq7", "db_pass: ***"),
    ('{"pass": "Zq7", "smtp-pass": "3 Zq7"}', '{"pass": ***, "smtp-pass": ***}'),
    ("Authorization: ApiKey Zq7xK9", "Authorization: ApiKey ***"),
    ("authorization=Token Zq7xK9; next", "authorization=Token ***; next"),
    ("Authorization: Zq7xK9vT2 next", "Authorization: *** next"),
    (f"Authorization: {'zqxkvt' * 4}", "Authorization: ***"),
    ("{'Authorization': 'Zq xK', 'Accept': '*/*'}", "{'Authorization': 'Zq ***', 'Accept': '*/*'}"),
    ("{'Authorization': b'Zq7'}, ('authorization', 'Zq7')", "{'Authorization': b'***'}, ('authorization', '***')"),
    (r"{\"Authorization\": \"Key Zq7\"}", r"{\"Authorization\": \"Key ***\"}"),
    ("Authorization: SharedAccessSignature sr=x&sig=Zq7", "Authorization: SharedAccessSignature ***"),
    ("Cookie: session=Zq7; user=ada\nHost: h", "Cookie: ***\nHost: h"),
    ("{'Set-Cookie': 'sid=Zq7==; Path=/; HttpOnly'}", "{'Set-Cookie': '***'}"),
    ("score.py --password Zq7 --port 80", "score.py --password *** --port 80"),
    ("score.py --hub-token 'Zq7 x' --client-secret Zq7", "score.py --hub-token *** --client-secret ***"),
    (
        "['--password', 'Zq7', '--hub-token', 'Zq7', '--port', '80']",
        "['--password', ***, '--hub-token', ***, '--port', '80']",
    ),
    (
        "os.environ['API_KEY'] = 'Zq7'; environ[\"HF_TOKEN\"]='Zq7'",
        "os.environ['API_KEY'] = ***; environ[\"HF_TOKEN\"]=***",
    ),
    ("api_key => Zq7, token => 'Zq7', password := Zq7", "api_key => ***, token => ***, password := ***"),
    ("<password>Zq7 x</password><dbToken>Zq7</dbToken>", "<password>***</password><dbToken>***</dbToken>"),
    ("/login?next=%3Fpassword%3DZq7%26x%3D1", "/login?next=%3Fpassword%3D***%26x%3D1"),
    ("('password', 'Zq7'), (\"token\", \"Zq7\")", "('password', ***), (\"token\", ***)"),
    ("connection string: Zq7;Timeout=3", "connection string: ***;Timeout=3"),
    ("connect('db', password='Zq7')", "connect('db', password=***)"),
    ("password=***Zq7", "password=***"),
    (r"(\"password\", \"Zq7\")", r"(\"password\", ***)"),
    ("azure_devops_pat=zq7xk9vt2 next", "azure_devops_pat=*** next"),
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
    "sigma=0.5, design=new, exit code=137, config=a&configuration=b",
    "hf_transfer and sk-learn-pipeline-with-a-long-name-2 and AKIA",
    "{&quot;traffic&quot;: 10} and \\u0022weight\\u0022: 5",
    "pass=3 fail=0, pass: 12, bypass: on, compass=north",
    "forward_pass: 0.31 s, second_pass=true, n_pass=1,024; first_pass: ok",
    '{"pass": 3, "pass": true}',
    "authorization failed: no role; authorization: denied",
    "AuthorizationFailed: The client 'ada' does not have authorization to perform action 'Microsoft.Storage/read'",
    "Authorization: Microsoft.Authorization/roleAssignments, Authorization: Basic authentication",
    "pattern=abcdefgh9, compat=abcdefgh9, compat: 1, file_pat=*.parquet, pat=x",
    "the cookie: banner, no cookie: sent",
    "the password is wrong, --password is required, a --token must be given, --token",
    "--max-tokens 512 --no-password --pass-through all --tokenizer bert",
    "allowed values are 'ApiKey', 'AMLToken', 'AADToken' and 'Key'",
    '{"name": "continuationToken", "type": "str"}',
    "missing columns: ['id', 'token', 'label'], found 'tokens', 'label'",
    "usage: <password> <token>, write <secret> here <b>now</b>",
    "tokens <token> and <tokens/>, found 3 secrets",
    "https://churn.westeurope.inference.ml.azure.com/score, s3://models/churn@7 and neo4j://graph:7687",
    "the connection string is missing",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN, ids=range(len(HIDDEN)))
def test_secrets_are_hidden(text: str, shown: str) -> None:
    """However services, SDKs and score scripts print them."""
    assert redacted(text) == shown
    assert redacted(redacted(text)) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_operators_read_is_kept(text: str) -> None:
    """Ids, paths, names, hashes and messages are not secrets."""
    assert redacted(text) == text


def test_a_policy_names_what_else_is_hidden() -> None:
    """A policy's patterns apply in addition to the usual ones."""
    text = f"customer ACME-123456 with key {KEY}"
    assert redacted(text, ["ACME-[0-9]{6}"]) == "customer *** with key ***"


PIECES = [
    "eyJa.",
    "eyJaaaaa-",
    "a",
    "A1",
    "token",
    "\\\"'",
    "a/",
    "Basic ",
    "password ",
    "=:",
    "ü",
    "://a",
    "-----END ",
    "a_.1+",
    "authorization:",
    "'authorization':'a ",
    "cookie:a=",
    "; a",
    " --a-",
    "--token ",
    "<a-password",
    "<token>",
    "'a-token','",
    "_pass: 1",
    "_pat=a",
    "token ]=>",
    "password%3D",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.timeout(60)  # only for hangs: the test takes milliseconds
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Deployments control their answers and logs, so no pattern may scan the same text again and again."""
    short, long = (_seconds(piece * (size // len(piece))) for size in (8_000, 64_000))
    assert long < 24 * short  # eight times as long; quadratic time would be 64 times


def _seconds(text: str) -> float:
    """Return the least processor time of a few tries, the one with the least disturbance."""
    tries = []
    for _ in range(3):
        start = time.process_time()
        redacted(text)
        tries.append(time.process_time() - start)
    return min(tries)


def test_a_token_within_a_word_is_hidden() -> None:
    """Whatever precedes it."""
    assert redacted(f"cookie=session-{TOKEN}; path") == "cookie=session-***; path"


def test_a_policys_patterns_see_one_line_at_a_time() -> None:
    """Each line is of bounded length, because patterns may be slow; what they did not see is not kept."""
    lines = redacted(f"first 12\n{'a' * LONGEST_LINE} 34\nlast 56", [r"\d\d"]).split("\n")
    assert lines == ["first ***", "a" * LONGEST_LINE, "last ***"]


@pytest.mark.parametrize("kind", [Temporary, Permanent])
def test_errors_hold_no_secret(kind: type[Temporary | Permanent]) -> None:
    """Whatever a service echoes of a request, the resulting error can be logged, stored and returned."""
    assert str(kind(f"cannot read x: 401 Bearer {TOKEN} was refused")) == "cannot read x: 401 Bearer *** was refused"


def test_reasons_hold_no_secret() -> None:
    """Free text is redacted before it is cut; names are left as they are."""
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
