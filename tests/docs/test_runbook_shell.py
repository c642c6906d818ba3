"""The runbook's function `act`, pasted into a real shell: it sends what the page says, and prints the answer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import azure.functions as func
import pytest

from docs.site import ROOT
from functions.api import api
from shared.wiring import use
from tests.functions.conftest import Calls, app_over

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "jq"))), reason="needs bash, curl and jq")
PAGE = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
SETTINGS = """auth="x-functions-key: k"; endpoint=churn; who='"by": "ada@example.com", "reason": "incident"'"""


@pytest.fixture
def served() -> Iterator[str]:
    """Serve the API's verbs over HTTP, on a rollout of churn:7 at its first weight; return the address."""
    app = func.FunctionApp()
    app.register_functions(api)
    calls = Calls({str(function.get_function_name()): function for function in app.get_functions()})
    calls.world.register()
    calls.world.until_weight(10)

    class Verbs(BaseHTTPRequestHandler):
        """Answers POST /api/rollouts/{endpoint}/{verb}."""

        def do_POST(self) -> None:
            """Call the function of the verb."""
            endpoint, verb = self.path.split("/")[-2:]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with use(app_over(calls.world)):
                status, content = calls.send(verb, {"endpoint": endpoint}, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Verbs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ("promote 7", "accepted"),
        ("promote 7 --full", "accepted; skips weight 10%; skips weight 50%"),
        ("pause 7", "accepted"),
        ("promote churn:7", "accepted"),
        ("rollback churn-eu:7", "churn-7-71d3c3 of churn:7, not the one named"),
        ("rollback 6", "churn-7-71d3c3 of churn:7, not the one named"),
    ],
)
def test_act(served: str, arguments: str, printed: str) -> None:
    """It prints whether the request is accepted, what it skips, or why it is refused."""
    function = re.search(r"^act\(\) .*$", PAGE, re.MULTILINE)
    assert function is not None
    script = f"TEAL_URL={served}; {SETTINGS}\n{function[0]}\nact {arguments}"
    # Found on PATH, as for whoever pastes it.
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603, S607
    assert printed in done.stdout
    assert ("skips" in done.stdout) == ("--full" in arguments)
