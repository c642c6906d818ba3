"""The scoring gateway with real processes of the inference server: what a caller sees, and what is logged."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.emulator.serving import ROW, Answer, Model, Serving, code_folder, deployment, running_serving

GOOD = {"data": [ROW]}
TIMEOUTS = {"blue": "PT60S", "green": "PT1S"}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[Serving]:
    """Return an endpoint with the deployments blue and green."""
    directory = tmp_path_factory.mktemp("serving")
    with running_serving(directory) as started:
        for name, timeout in TIMEOUTS.items():
            settings = {"maxConcurrentRequestsPerInstance": 4, "requestTimeout": timeout}
            wanted = deployment(name, requestSettings=settings, environmentVariables={"ROLE": name})
            started.deploy(wanted, model, code_folder(directory / name))
        started.route({"blue": 100})
        yield started


def test_the_model_answers(serving: Serving, model: Model) -> None:
    """A valid request gets the model's own prediction, and the name of the deployment that served it."""
    answer = serving.ask(GOOD)
    assert (answer.status, json.loads(answer.text)) == (200, model.prediction)
    assert answer.headers["azureml-model-deployment"] == "blue"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param({"body": {"fail": "an input the script cannot take"}}, 424, id="run() raises"),
        pytest.param(
            {"body": {"sleep": 1.4, **GOOD}, "azureml_model_deployment": "green"}, 408, id="slower than requestTimeout"
        ),
        pytest.param({"body": GOOD, "path": "/other"}, 404, id="a route that no endpoint has"),
        pytest.param({"body": GOOD, "host": "nobody.westeurope.inference.ml.azure.com"}, 404, id="unknown endpoint"),
        pytest.param({"body": GOOD, "azureml_model_deployment": "purple"}, 404, id="unknown deployment"),
        pytest.param({"body": GOOD, "Authorization": "Bearer second key"}, 200, id="the other key"),
        pytest.param({"body": GOOD, "Authorization": "Bearer third key"}, 401, id="a wrong key"),
        pytest.param({"body": GOOD, "Authorization": "Basic first key"}, 401, id="not a bearer token"),
        pytest.param({"body": GOOD, "Authorization": ""}, 401, id="no key"),
    ],
)
def test_statuses(serving: Serving, request_: dict[str, str], status: int) -> None:
    """Every outcome has the same status as in Azure."""
    assert serving.ask(**request_).status == status


def test_a_container_s_failure_is_reported_in_headers(serving: Serving) -> None:
    """A 424 has the container's status in a header, which sets the model's failures apart from the platform's."""
    answer = serving.ask({"fail": "a bad input"})
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"


def test_request_ids_are_kept(serving: Serving) -> None:
    """The caller's ids are in the answer and in the log; a request without an id gets one."""
    answer = serving.ask(GOOD, x_request_id="r-1", x_ms_client_request_id="c-1")
    assert (answer.headers["x-request-id"], answer.headers["x-ms-client-request-id"]) == ("r-1", "c-1")
    assert serving.rows('where XRequestId == "r-1" | project XMSClientRequestId') == [("c-1",)]
    assert len(serving.ask(GOOD).headers["x-request-id"]) == 36


def test_the_container_gets_its_environment(serving: Serving) -> None:
    """The script sees the variables of the body, and AZUREML_MODEL_DIR ends with the model's name and version."""
    assert json.loads(serving.ask({"environment": "ROLE"}).text) == "blue"
    assert json.loads(serving.ask({"environment": "AZUREML_MODEL_DIR"}).text).endswith("azureml-models/diabetes/3")


def test_traffic_is_split_by_weight(serving: Serving) -> None:
    """Of 400 requests split 90/10, green gets a tenth, within five standard deviations."""
    serving.route({"blue": 90, "green": 10})
    served = [_served_by(answer) for _ in range(100) for answer in serving.ask_together([GOOD] * 4)]
    assert served.count("blue") + served.count("green") == 400
    assert 10 <= served.count("green") <= 70


def test_a_named_deployment_serves(serving: Serving) -> None:
    """The header azureml-model-deployment reaches a deployment without traffic, and its requests are not mirrored."""
    serving.route({"blue": 100}, {"green": 50})
    before = serving.rows("summarize count() by DeploymentName | order by DeploymentName asc")
    for _ in range(20):
        assert _served_by(serving.ask(GOOD, azureml_model_deployment="blue")) == "blue"
    after = serving.rows("summarize count() by DeploymentName | order by DeploymentName asc")
    assert dict(after)["green"] == dict(before).get("green", 0)
    assert _served_by(serving.ask(GOOD, azureml_model_deployment="green")) == "green"


def test_mirrored_traffic_is_copied_and_its_answers_discarded(serving: Serving) -> None:
    """With 50 % of traffic mirrored, blue answers every caller, and green gets copies of about half of the requests."""
    serving.route({"blue": 100}, {"green": 50})
    marked = [serving.ask(GOOD, x_ms_client_request_id="mirror-test") for _ in range(100)]
    assert {_served_by(answer) for answer in marked} == {"blue"}
    counted = dict(serving.rows('where XMSClientRequestId == "mirror-test" | summarize count() by DeploymentName'))
    assert counted["blue"] == 100
    assert 25 <= counted["green"] <= 75


@pytest.mark.parametrize("traffic", [{}, {"blue": 0}, {"gone": 100}])
def test_without_a_positive_weight_the_answer_is_404(serving: Serving, traffic: dict[str, int]) -> None:
    """No deployment serves an endpoint if none has a positive weight."""
    serving.route(traffic)
    assert serving.ask(GOOD).status == 404


def test_too_many_pending_requests_are_refused(serving: Serving) -> None:
    """An instance that takes 4 concurrent requests has at most 8 pending: of 12 concurrent requests, 4 get a 429."""
    serving.route({"blue": 100})
    answers = serving.ask_together([{"sleep": 0.05, **GOOD}] * 12)
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 8 + [429] * 4


@pytest.mark.parametrize(
    ("mode", "credential", "status"),
    [
        ("AADToken", "a token for https://ml.azure.com", 200),
        ("AADToken", "a token for https://management.azure.com", 401),
        ("AADToken", "first key", 401),
        ("AMLToken", "a token for https://ml.azure.com/onlineEndpoints/diabetes", 200),
        ("AMLToken", "a token for https://ml.azure.com/onlineEndpoints/other", 401),
    ],
)
def test_tokens(serving: Serving, mode: str, credential: str, status: int) -> None:
    """An endpoint that uses tokens accepts only those that were issued for it."""
    serving.route({"blue": 100}, mode=mode)
    assert serving.ask(GOOD, Authorization=f"Bearer {credential}").status == status


def test_every_request_is_logged(serving: Serving) -> None:
    """The row has the status, the container's own status, the deployment and the caller."""
    serving.route({"blue": 100})
    serving.ask({"fail": "once"}, x_request_id="logged", User_Agent="a test")
    columns = "DeploymentName, ResponseCode, ModelStatusCode, ModelStatusReason, Method, Path, UserAgent, AuthType"
    rows = serving.rows(f'where XRequestId == "logged" | project {columns}')
    assert rows == [("blue", 424, 500, "model_error", "POST", "/score", "a test", "Key")]


def _served_by(answer: Answer) -> str:
    return answer.headers["azureml-model-deployment"]
