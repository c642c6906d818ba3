"""Smoke requests: sent to one deployment, with the endpoint's kind of credential, which is never exposed."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.scoring import LONGEST_TEXT, OVERALL, HttpScoring, Target, scoring_pipeline
from shared.errors import Permanent, TealError, Temporary
from tests.adapters.arm_documents import WORKSPACE, endpoint
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn

KEY = "a-key-that-must-not-be-seen"
SECONDS = timedelta(seconds=5)
KEYED = (Reply(200, endpoint()), Reply(200, {"primaryKey": KEY, "secondaryKey": "second"}))


def built(overall: timedelta = OVERALL, seconds: Callable[[], float] = time.monotonic) -> HttpScoring:
    """Return the adapter, built as for the app."""
    credential = Credential()
    manager = ResourceManager(arm_pipeline(credential, connect_seconds=5, read_seconds=5), WORKSPACE)
    return HttpScoring(manager, scoring_pipeline(connect_seconds=5), credential, overall, seconds)


@pytest.fixture
def scoring() -> HttpScoring:
    """Return the adapter."""
    return built()


def test_each_body_is_answered_in_order_by_the_named_deployment(scoring: HttpScoring, azure: StandIn) -> None:
    """The header names the deployment, so its traffic does not matter; the status is returned unchanged."""
    azure.answer(*KEYED, Reply(200, {"prediction": 1}), Reply(424, "the container failed"), Reply(200, [2]))
    answers = scoring.answers("churn", "churn-7", [b'{"a": 1}', b'{"a": 2}', b"[3]"], SECONDS)
    assert [(answer.status, answer.text) for answer in answers] == [
        (200, '{"prediction": 1}'),
        (424, "the container failed"),
        (200, "[2]"),
    ]
    sent = azure.asked[2:]
    assert [asked.body for asked in sent] == [{"a": 1}, {"a": 2}, [3]]
    for asked in sent:
        assert asked.url == "https://churn.westeurope.inference.ml.azure.com/score"
        assert asked.headers["azureml-model-deployment"] == "churn-7"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"ms-azureml-model-error-statuscode": "400"}, 400),
        ({}, None),
        ({"ms-azureml-model-error-statuscode": "?"}, None),
        ({"ms-azureml-model-error-statuscode": "4" * 5000}, None),  # more digits than Python reads
    ],
)
def test_the_model_s_own_status_is_known(
    scoring: HttpScoring, azure: StandIn, headers: dict[str, str], status: int | None
) -> None:
    """Azure turns it into 424 and keeps it in a header, which distinguishes rejected input from a crash."""
    azure.answer(*KEYED, Reply(424, "no", headers))
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert (answer.status, answer.model_status) == (424, status)


@pytest.mark.parametrize(
    ("mode", "action", "reply", "bearer"),
    [
        ("Key", "listKeys", {"primaryKey": KEY}, KEY),
        ("key", "listKeys", {"primaryKey": KEY}, KEY),
        ("AMLToken", "token", {"accessToken": "an aml token"}, "an aml token"),
        ("AADToken", None, None, TOKEN),
    ],
)
def test_the_credential_follows_the_endpoint_s_auth_mode(
    azure: StandIn, mode: str, action: str | None, reply: object, bearer: str
) -> None:
    """It is a key, an Azure ML token, or our own identity."""
    scoring = built()
    azure.answer(Reply(200, endpoint(authMode=mode)), *([Reply(200, reply)] if action else []), Reply(200, 1))
    assert [answer.status for answer in scoring.answers("churn", "churn-7", [b"1"], SECONDS)] == [200]
    assert azure.asked[-1].headers["authorization"] == f"Bearer {bearer}"
    actions = [asked.url.partition("?")[0].rpartition("/")[2] for asked in azure.asked[1:-1]]
    assert actions == ([action] if action else [])


@pytest.mark.parametrize("first", [Reply(429, ""), Reply(503, ""), DROPPED])
def test_one_retry_where_it_may_help(scoring: HttpScoring, azure: StandIn, first: Reply) -> None:
    """A busy gateway or a lost connection says nothing about the model."""
    azure.answer(*KEYED, first, Reply(200, 1))
    assert [answer.status for answer in scoring.answers("churn", "churn-7", [b"1"], SECONDS)] == [200]


@pytest.mark.parametrize(("reply", "status"), [(Reply(429, ""), 429), (DROPPED, 0), (Reply(500, ""), 500)])
def test_a_repeated_failure_is_the_answer(scoring: HttpScoring, azure: StandIn, reply: Reply, status: int) -> None:
    """No response is recorded with its reason; the model's own errors are not retried."""
    azure.answer(*KEYED, reply)
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert answer.status == status
    assert len(azure.asked) == (3 if status == 500 else 4)
    assert answer.text or status


def test_a_redirect_is_not_followed(scoring: HttpScoring, azure: StandIn) -> None:
    """The key must only go to the address given by Azure."""
    azure.answer(*KEYED, Reply(307, "", {"Location": "https://evil.example/"}))
    assert [answer.status for answer in scoring.answers("churn", "churn-7", [b"1"], SECONDS)] == [307]
    assert all("evil" not in asked.url for asked in azure.asked)


def test_a_long_answer_is_whole_up_to_a_limit_and_binary_data_is_shown(scoring: HttpScoring, azure: StandIn) -> None:
    """A smoke test reads the answer as JSON, so it must be whole, but a model may send anything."""
    azure.answer(*KEYED, Reply(200, "x" * (LONGEST_TEXT + 5)), Reply(200, b"\xff\x00ok"))
    long, odd = scoring.answers("churn", "churn-7", [b"1", b"1"], SECONDS)
    assert long.text == "x" * LONGEST_TEXT
    assert odd.text.endswith("ok")


def test_the_answer_to_a_batch_can_be_read(scoring: HttpScoring, azure: StandIn) -> None:
    """A list of some hundred predictions is still JSON when the smoke test gets it."""
    batch = {"predictions": [0.125] * 700}
    azure.answer(*KEYED, Reply(200, json.dumps(batch)))
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert json.loads(answer.text) == batch


def test_a_response_after_the_timeout_does_not_count(scoring: HttpScoring, azure: StandIn) -> None:
    """The policy's timeout applies to each request, and a timeout is not retried."""
    azure.answer(*KEYED, Reply(200, 1, delay=1.0))
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], timedelta(seconds=0.1))
    assert answer.status == 0
    assert answer.text
    assert len(azure.asked) == 3


def test_what_does_not_fit_into_the_overall_time_is_not_sent(azure: StandIn) -> None:
    """However long the smoke file, the function takes a bounded time, and unsent requests are reported."""
    scoring = built(timedelta(0))
    azure.answer(*KEYED, Reply(200, 1))
    answers = scoring.answers("churn", "churn-7", [b"1", b"2"], SECONDS)
    assert [answer.status for answer in answers] == [0, 0]
    assert all("not sent" in answer.text for answer in answers)


def test_a_slow_answer_does_not_outlast_the_overall_time(azure: StandIn) -> None:
    """The policy allows a request more time than is left, but the host would stop the function."""
    scoring = built(timedelta(seconds=0.3))
    azure.answer(*KEYED, Reply(200, 1, delay=1.5))
    assert [answer.status for answer in scoring.answers("churn", "churn-7", [b"1"], SECONDS)] == [0]


def test_once_the_overall_time_is_up_nothing_is_sent_again(azure: StandIn) -> None:
    """A busy gateway takes all of it to answer: this is then the answer."""
    until_sent = len(KEYED)
    scoring = built(seconds=lambda: OVERALL.total_seconds() + 1 if len(azure.asked) > until_sent else 0.0)
    azure.answer(*KEYED, Reply(503, "busy"), Reply(200, 1))
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert (answer.status, answer.text, len(azure.asked)) == (503, "busy", 3)


@pytest.mark.parametrize(
    "fault",
    [
        ([Reply(404, {"error": {"code": "ResourceNotFound", "message": "gone"}})], Temporary, "no scoring address"),
        ([Reply(200, endpoint(scoringUri=None))], Temporary, "no scoring address"),
        ([Reply(200, endpoint(scoringUri="http://churn/score"))], Permanent, "without TLS"),
        ([Reply(200, endpoint()), Reply(200, {})], Temporary, "gave no primaryKey"),
        (
            [Reply(200, endpoint()), Reply(403, {"error": {"code": "AuthorizationFailed", "message": "x"}})],
            Permanent,
            "403",
        ),
        ([Reply(200, endpoint()), Reply(500, "")], Temporary, "500"),
    ],
)
def test_nothing_is_sent_without_an_address_or_key(
    scoring: HttpScoring, azure: StandIn, fault: tuple[list[Reply], type[TealError], str]
) -> None:
    """That is not the model's fault, so it is an error instead of an answer."""
    replies, kind, words = fault
    azure.answer(*replies)
    with pytest.raises(TealError, match=words) as caught:
        scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert type(caught.value) is kind
    assert all("inference" not in asked.url for asked in azure.asked)


@pytest.mark.parametrize("reply", [Reply(200, f"you sent {KEY}"), Reply(401, f"bad key {KEY}"), DROPPED])
def test_no_key_or_token_is_ever_shown(
    scoring: HttpScoring, azure: StandIn, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    """They appear neither in an answer that echoes them, nor in debug logs, nor in a repr."""
    azure.answer(*KEYED, reply)
    with caplog.at_level(logging.DEBUG):
        answers = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    shown = f"{answers!r} {caplog.text} {Target('https://churn', 'churn-7', KEY)!r}"
    assert KEY not in shown
    assert TOKEN not in shown


def test_no_part_of_a_key_is_left_where_an_answer_is_cut(scoring: HttpScoring, azure: StandIn) -> None:
    """An answer may echo the request anywhere."""
    azure.answer(*KEYED, Reply(200, "x" * (LONGEST_TEXT - 10) + KEY))
    (answer,) = scoring.answers("churn", "churn-7", [b"1"], SECONDS)
    assert KEY[:10] not in answer.text


SAMPLE = {"input_data": {"columns": ["age"], "index": [0], "data": [[40.0]]}}
DESCRIBED = {"ServiceInput": {"type": "object", "example": SAMPLE}}


@pytest.mark.parametrize("description", [{"definitions": DESCRIBED}, {"components": {"schemas": DESCRIBED}}])
def test_the_sample_is_that_of_the_named_deployment(
    scoring: HttpScoring, azure: StandIn, description: dict[str, object]
) -> None:
    """It is read next to the scoring URI with the endpoint's key, from either version of the description."""
    azure.answer(*KEYED, Reply(200, description))
    assert json.loads(scoring.sample("churn", "churn-7")) == SAMPLE
    asked = azure.asked[-1]
    assert (asked.method, asked.url) == ("GET", "https://churn.westeurope.inference.ml.azure.com/swagger.json")
    assert asked.headers["azureml-model-deployment"] == "churn-7"
    assert asked.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, {"definitions": {"ServiceInput": {"example": {}}}}), Permanent),
        (Reply(200, {"definitions": {"ServiceInput": {"example": SAMPLE | {"input_data": {"data": []}}}}}), Permanent),
        (Reply(200, {}), Permanent),
        (Reply(200, []), Permanent),
        (Reply(404, ""), Permanent),
        (Reply(424, "no such file"), Permanent),
        (Reply(200, "<html>"), Temporary),
        (Reply(408, ""), Temporary),
        (Reply(429, ""), Temporary),
        (Reply(502, ""), Temporary),
        (Reply(503, ""), Temporary),
        (DROPPED, Temporary),
    ],
)
def test_a_missing_sample_is_a_permanent_error(
    scoring: HttpScoring, azure: StandIn, reply: Reply, kind: type[TealError]
) -> None:
    """A description without a sample is permanent, an unavailable one temporary. No key is shown."""
    azure.answer(*KEYED, reply)
    with pytest.raises(TealError) as caught:
        scoring.sample("churn", "churn-7")
    assert type(caught.value) is kind
    assert KEY not in str(caught.value)
    assert "churn-7" in str(caught.value)
