"""The API keeps what its OpenAPI document promises: schemathesis tries to prove otherwise, on the development host.

The functions run on a world in memory (`memory_app`), so that only the API is under test. The requests are
drawn from a seed and the same every time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.openapi import document
from tests.function_host import ROOT, HostProcess, running_host

MEMORY_APP = ROOT / "tests" / "functions" / "memory_app"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SECONDS = 90


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """Run the HTTP functions over a world in memory."""
    log_file = tmp_path_factory.mktemp("contract") / "host.log"
    with running_host(MEMORY_APP, log_file, {}) as running:
        yield running


@pytest.mark.timeout(SECONDS + 60)  # the host starts too
def test_no_request_is_answered_otherwise_than_documented(host: HostProcess, tmp_path: Path) -> None:
    """Valid requests are accepted, others refused with a documented status and body; nothing answers with 500."""
    command = [str(SCHEMATHESIS), "run", str(ROOT / "docs" / "openapi.json"), "--url", host.url]
    command += ["--header", f"x-functions-key: {host.host_key}", "--checks", "all", "--seed", "1"]
    command += ["--max-examples", "10", "--generation-deterministic", "--no-color"]
    ran = subprocess.run(  # noqa: S603 -- our own arguments
        command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout


def test_the_running_app_serves_the_document_that_is_committed(host: HostProcess) -> None:
    """The document needs the key, like everything else; without it, nothing is revealed."""
    assert host.call("GET", "/api/openapi.json").status == 401
    answer = host.call("GET", "/api/openapi.json", headers={"x-functions-key": host.host_key})
    assert answer.status == 200
    assert answer.json() == document() == json.loads((ROOT / "docs" / "openapi.json").read_text())


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/api/rollouts", "Page"),
        ("/api/rollouts/churn", "Endpoint"),
        ("/api/rollouts/churn/{id}?evidence=true&minutes=1500", "RolloutDetail"),
        ("/api/halt", "Halt"),
        ("/api/nowhere", "Error"),
    ],
)
def test_answers_have_the_documented_fields_and_no_others(host: HostProcess, path: str, schema: str) -> None:
    """A view shows only the fields that it names: each answer fits its schema with every object closed."""
    key = {"x-functions-key": host.host_key}
    current = host.call("GET", "/api/rollouts/churn", headers=key).json()["current"]["id"]
    answer = host.call("GET", path.replace("{id}", current), headers=key).json()
    closed = {"$ref": f"#/components/schemas/{schema}", "components": _closed(document()["components"])}
    assert [error.message for error in Draft202012Validator(closed).iter_errors(answer)] == []


def _closed(schema: Any) -> Any:  # noqa: ANN401 -- any part of a JSON Schema
    """Return a schema whose objects with named fields allow no others."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(each) for name, each in schema.items()}
    own_fields = isinstance(schema.get("properties"), dict) and "type" in schema
    return found | {"additionalProperties": False} if own_fields else found
