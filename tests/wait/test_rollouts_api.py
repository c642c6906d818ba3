"""How `teal wait` reads the API: over HTTP, with the key in a header, and which errors are worth a retry."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.__main__ import main
from cli.wait.rollouts import RefusedError, RolloutsApi, Sought, UnreachableError

ROLLOUT = {
    "version": "7", "phase": "promoted", "step": 3, "steps": [], "weight": 100,
    "summary": "promoted", "blocked_reason": None,
}  # fmt: skip


class Scripted(HTTPServer):
    """An API that gives one answer, and records what it was asked."""

    answer: tuple[int, bytes] = (200, json.dumps({"rollouts": [ROLLOUT]}).encode())
    asked: list[tuple[str, str | None]]


class Answering(BaseHTTPRequestHandler):
    """Answers every GET as the server says."""

    server: Scripted

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append((self.path, self.headers.get("x-functions-key")))
        status, body = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    """Run the API on this machine."""
    with Scripted(("127.0.0.1", 0), Answering) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: Scripted) -> str:
    """Return its address."""
    return f"http://127.0.0.1:{server.server_port}"


def test_the_key_is_sent_in_a_header_and_names_in_the_query(server: Scripted) -> None:
    """A key in an address would end up in logs."""
    sought = Sought("churn", "7", "churn model", "ml-east")
    assert sought.among(RolloutsApi(f"{url(server)}/", "secret").list(sought.query)) == ROLLOUT
    path = "/api/rollouts?endpoint=churn&model=churn+model&workspace=ml-east&limit=100"
    assert server.asked == [(path, "secret")]
    assert "secret" not in repr(RolloutsApi(url(server), "secret"))


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (401, b"", RefusedError, "answered 401: is TEAL_KEY a key of this app?"),
        (302, b"", RefusedError, "answered 302: is TEAL_KEY a key of this app? If the app signs callers in"),
        (404, b'{"error": {"message": "this app serves no workspace \'x\'"}}', RefusedError, "serves no workspace 'x'"),
        (400, b"<html>", RefusedError, "answered 400: Bad Request"),
        (429, b"", UnreachableError, "answered 429"),
        (503, b'{"error": {"message": "storage is down"}}', UnreachableError, "answered 503: storage is down"),
        (200, b"<html>a sign-in page</html>", UnreachableError, "gave no usable answer"),
        (200, b"{}", UnreachableError, "gave no usable answer"),
    ],
)
def test_answers_that_may_come_right_are_told_from_those_that_never_do(
    server: Scripted, status: int, body: bytes, error: type[Exception], message: str
) -> None:
    """Only answers that may change are requested again."""
    server.answer = (status, body)
    with pytest.raises(error, match=r".*") as raised:
        RolloutsApi(url(server), "key").list({})
    assert message in str(raised.value)


def test_no_connection_may_come_right() -> None:
    """The app restarts during a deployment."""
    with pytest.raises(UnreachableError, match="gave no usable answer"):
        RolloutsApi("http://127.0.0.1:9", "key").list({})


def test_the_command_prints_progress_apart_from_the_result(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json, standard output is the rollout and nothing else."""
    monkeypatch.setenv("TEAL_KEY", "key")
    assert main(["wait", "Churn", "7", "--url", url(server), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == ROLLOUT
    assert printed.err.rstrip().endswith("promoted: the version has all live traffic: promoted")


@pytest.mark.parametrize(("key", "code", "missing"), [("", 1, "TEAL_KEY"), ("key", 2, "TEAL_URL")])
def test_what_is_missing_is_named(
    key: str, code: int, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key is not an argument, because other users of the machine could read it."""
    monkeypatch.setenv("TEAL_KEY", key)
    monkeypatch.delenv("TEAL_URL", raising=False)
    words = ["wait", "churn", "7"] if key else ["wait", "churn", "7", "--url", "http://127.0.0.1:9"]
    assert main(words) == code
    assert missing in capsys.readouterr().err
