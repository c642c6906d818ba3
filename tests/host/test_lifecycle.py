"""Starting and stopping the host as a process: settings, limits, draining, and what it leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.function_host import ROOT, eventually, running_host, start
from tests.host.conftest import SAMPLE_APP
from tests.waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.function_host import Interpreter


def test_stop_waits_for_running_functions(settings: dict[str, str], tmp_path: Path) -> None:
    """A request in progress on SIGTERM gets its response, and the host exits with 0."""
    with running_host(SAMPLE_APP, tmp_path / "log", settings) as host, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(host.call, "GET", "/api/rest/done?seconds=1")
        eventually(lambda: "entered rest" in host.log())
        assert host.stop() == 0
        assert (answer.result().status, answer.result().body) == (200, b"done")


@pytest.mark.parametrize("path", ["slow", "rest/late?seconds=600"], ids=["async", "sync"])
def test_stop_does_not_wait_forever(settings: dict[str, str], tmp_path: Path, path: str) -> None:
    """Invocations still running after the drain time are counted and abandoned, and the process exits."""
    with running_host(SAMPLE_APP, tmp_path / "log", settings, options=["--drain", "0.1"]) as host:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(host.call, "GET", f"/api/{path}")
            eventually(lambda: "sample: entered" in host.log())
            assert host.stop() == 0
            assert answer.exception() is not None or answer.result().status >= 500
        assert "1 invocations were still running" in host.log()


def test_a_function_that_runs_too_long_fails(settings: dict[str, str], tmp_path: Path) -> None:
    """Beyond functionTimeout the caller gets a 500, and the log has the reason."""
    limited = {**settings, "AzureFunctionsJobHost__functionTimeout": "00:00:01"}
    with running_host(SAMPLE_APP, tmp_path / "log", limited) as host:
        assert host.call("GET", "/api/slow").status == 500
        assert "FunctionTimeout" in host.log()


def test_the_host_exits_with_its_parent(settings: dict[str, str], tmp_path: Path) -> None:
    """With --until-stdin-closes nothing is left running after the parent process has exited."""
    with start(SAMPLE_APP, tmp_path / "log", settings) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()
        process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == 0


def test_keys_survive_a_restart_with_state(settings: dict[str, str], tmp_path: Path) -> None:
    """With --state the next run has the same keys, readable only by the user; without it they are new."""
    options = ["--state", str(tmp_path / "state")]
    with running_host(SAMPLE_APP, tmp_path / "log", settings, options=options) as first:
        kept = first.summary["keys"]
    with running_host(SAMPLE_APP, tmp_path / "log", settings, options=options) as second:
        assert second.summary["keys"] == kept
    with running_host(SAMPLE_APP, tmp_path / "log", settings) as third:
        assert third.summary["keys"] != kept
    assert (tmp_path / "state/keys.json").stat().st_mode & 0o077 == 0


def test_the_environment_overrides_local_settings(settings: dict[str, str], tmp_path: Path) -> None:
    """local.settings.json reaches the app as environment variables, but the real environment takes precedence."""
    app = tmp_path / "app"
    shutil.copytree(SAMPLE_APP, app)
    values = {"TICK": "not a schedule", "WORK_QUEUE": settings["WORK_QUEUE"], "GREETING": "from the file"}
    (app / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    given = {name: value for name, value in settings.items() if name != "WORK_QUEUE"}
    with running_host(app, tmp_path / "log", given) as host:
        assert host.call("GET", "/api/greeting").body == b"from the file"


IMPORT = "import azure.functions as func\n"
ROUTE = "app = func.FunctionApp()\n@app.route('x')\n"
OUTPUT = "@app.queue_output(arg_name='out', queue_name='q-1', connection='C')\n"
CANNOT_RUN = {
    "import error": ("import missing_module", "No module named 'missing_module'"),
    "no app": ("app = 1", "it holds 0"),
    "two apps": ("a, b = func.FunctionApp(), func.FunctionApp()", "it holds 2"),
    "unbound parameter": (ROUTE + "def my_f(request): ...", "parameters without a binding: request"),
    "unused binding": (ROUTE + OUTPUT + "def f(req): ...", "bindings without a parameter: out"),
    "wrong type": (ROUTE + "def f(req: int): ...", "req cannot be <class 'int'>"),
    "output not marked": (ROUTE + OUTPUT + "def f(req, out: str): ...", "out is an output, its type is not"),
    "bare output": (ROUTE + OUTPUT + "def f(req, out: func.Out): ...", "out must say what it puts out"),
    "lower-case list": (ROUTE + OUTPUT + "def f(req, out: func.Out[list[str]]): ...", "out cannot be azure.functions"),
    "optional result": (ROUTE + "def f(req) -> func.HttpResponse | None: ...", "it cannot return azure.functions"),
    "refused by the host": ("app = func.FunctionApp()\n@app.route('admin/x')\ndef f(req): ...", "is reserved"),
}


@pytest.mark.parametrize(("source", "message"), CANNOT_RUN.values(), ids=CANNOT_RUN)
def test_app_that_cannot_run_is_named(
    settings: dict[str, str], interpreter: Interpreter, tmp_path: Path, source: str, message: str
) -> None:
    """The host exits with 1 and says why; Microsoft's runtime rejects the same apps, with its own messages."""
    (tmp_path / "function_app.py").write_text(IMPORT + source)
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    with start(tmp_path, tmp_path / "log", settings, interpreter) as process:
        assert process.wait(PATIENCE_SECONDS) == 1
    if interpreter.worker == "converters":
        assert message in (tmp_path / "log").read_text()


PROGRAM = """
import asyncio, sys
from pathlib import Path
import aiohttp
from cli.host.host import Configuration, FunctionHost

async def main():
    async with FunctionHost(Configuration(Path(sys.argv[1]))) as host, aiohttp.ClientSession() as session:
        async with session.get(f"{host.url}/api/greeting") as answer:
            print(answer.status, await answer.text(), end="")

asyncio.run(main())
"""


def test_host_runs_inside_a_program(settings: dict[str, str]) -> None:
    """As a context manager it starts, serves, and leaves nothing open: warnings are errors here as well."""
    environment = {"PATH": os.environ["PATH"], **settings, "GREETING": "hello"}
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(SAMPLE_APP)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.stdout, done.returncode) == ("200 hello", 0)
    assert "Warning" not in done.stderr
