"""The fleet: real processes that start, crash, come back, are scaled and replaced, and never outlive the emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.resources import ContainerError, DeploymentFiles
from emulator.serving.fleet import ProcessFleet
from tests.emulator.serving_parts import (
    PYTHON,
    ROW,
    SCORE,
    Model,
    Serving,
    code_folder,
    deployment,
    running_loop,
    train,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOOD = {"data": [ROW]}
CRASHES = "def init():\n    raise RuntimeError('the model is of another version')\n\n\ndef run(raw):\n    return raw\n"
NEVER_READY = "import time\n\n\ndef init():\n    time.sleep(600)\n\n\ndef run(raw):\n    return raw\n"
ECHO = "import os\n\n\ndef init():\n    print('echo is up')\n\n\ndef run(raw):\n    return [raw, sorted(os.environ)]\n"

LEFT_ALONE = """
import asyncio, sys
from pathlib import Path
from emulator.clock import VirtualClock
from emulator.resources import DeploymentFiles
from emulator.serving.fleet import ProcessFleet
from tests.emulator.serving_parts import PYTHON, deployment

async def main():
    fleet = ProcessFleet(Path(sys.argv[1]), PYTHON, VirtualClock(120.0))
    await fleet.start(deployment("blue"), DeploymentFiles(sys.argv[2], "score.py", None, None, None))
    print(fleet.instances("diabetes", "blue")[0].process.pid, flush=True)
    await asyncio.sleep(100)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a real model."""
    return train(tmp_path_factory.mktemp("model"))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Return an endpoint without deployments."""
    with running_loop() as loop:
        started = Serving(loop, tmp_path)
        try:
            yield started
        finally:
            started.close()


def test_a_crash_in_init_is_told_with_the_log(serving: Serving, model: Model, tmp_path: Path) -> None:
    """A script whose init() raises gives Azure's ResourceNotReady with the exception, and the log can still be read."""
    with pytest.raises(ContainerError, match="the model is of another version") as refused:
        serving.deploy(deployment("green"), model, code_folder(tmp_path / "code", CRASHES))
    assert refused.value.code == "ResourceNotReady"
    assert "RuntimeError" in serving.fleet.logs("diabetes", "green", 200)
    assert not serving.fleet.instances("diabetes", "green")


def test_what_is_not_ready_in_time_is_given_up(serving: Serving, tmp_path: Path) -> None:
    """An init() that does not end is given up after the probes' patience, and its process is gone."""
    hasty = deployment("green", readinessProbe={"initialDelay": "PT1S", "period": "PT1S", "failureThreshold": 3})
    files = DeploymentFiles(code_folder(tmp_path / "code", NEVER_READY), "score.py", None, None, None)
    fleet = ProcessFleet(tmp_path, PYTHON, serving.clock, least_wait=1.0)
    with pytest.raises(ContainerError, match="readiness probe"):
        serving.loop.run(fleet.start(hasty, files))
    _until(lambda: _processes_below(tmp_path) == [])


def test_a_slow_start_needs_a_startup_probe(serving: Serving, tmp_path: Path) -> None:
    """While there is a startup probe its patience counts, not that of the others."""
    hasty = {"initialDelay": "PT1S", "period": "PT1S", "failureThreshold": 1}
    patient = {"initialDelay": "PT1S", "period": "PT10S", "failureThreshold": 4800}  # 400 seconds of the wall's
    slow = ECHO.replace("    print('echo is up')", "    import time; time.sleep(2)")
    files = DeploymentFiles(code_folder(tmp_path / "code", slow), "score.py", None, None, None)
    fleet = ProcessFleet(tmp_path, PYTHON, serving.clock, least_wait=0.5)
    with pytest.raises(ContainerError, match="readiness probe"):
        serving.loop.run(fleet.start(deployment("green", readinessProbe=hasty), files))
    serving.loop.run(fleet.start(deployment("green", readinessProbe=hasty, startupProbe=patient), files))
    assert len(fleet.instances("diabetes", "green")) == 1
    serving.loop.run(fleet.close())


def test_the_model_is_mounted_where_asked(serving: Serving, model: Model, tmp_path: Path) -> None:
    """With a mount path the model's directory ends as in Azure: the path, then azureml-models, name and version."""
    wanted = deployment("blue", modelMountPath="/var/models")
    serving.deploy(wanted, model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    directory = json.loads(serving.ask({"environment": "AZUREML_MODEL_DIR"}).text)
    assert directory.endswith("/var/models/azureml-models/diabetes/3")
    assert json.loads(serving.ask(GOOD).text) == model.prediction


def test_a_start_that_is_given_up_leaves_nothing(serving: Serving, tmp_path: Path) -> None:
    """When the emulator is stopped while a deployment is starting, the processes that were starting are gone."""
    files = DeploymentFiles(code_folder(tmp_path / "code", NEVER_READY), "score.py", None, None, None)
    starting = serving.loop.begin(serving.fleet.start(deployment("green", instances=2), files))
    _until(lambda: len(_processes_below(tmp_path)) >= 2)
    starting.cancel()
    _until(lambda: _processes_below(tmp_path) == [])


def test_a_bad_update_leaves_the_old_processes_serving(serving: Serving, model: Model, tmp_path: Path) -> None:
    """When the new script of a deployment crashes, the old one goes on answering."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "old"))
    serving.route({"blue": 100})
    with pytest.raises(ContainerError):
        serving.deploy(deployment("blue"), model, code_folder(tmp_path / "new", CRASHES))
    assert serving.ask(GOOD).status == 200


def test_an_update_replaces_the_processes(serving: Serving, model: Model, tmp_path: Path) -> None:
    """After a good update the new script answers, and one process serves as before."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "old"))
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "new", ECHO))
    serving.route({"blue": 100})
    assert json.loads(serving.ask("hello").text)[0] == '"hello"'
    assert len(serving.fleet.instances("diabetes", "blue")) == 1


def test_scaling_starts_and_stops_processes(serving: Serving, model: Model, tmp_path: Path) -> None:
    """One instance, then three that take turns, then one again; the others are gone."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    serving.loop.run(serving.fleet.scale(deployment("blue", instances=3)))
    three = list(serving.fleet.instances("diabetes", "blue"))
    for _ in range(6):
        serving.ask(GOOD)
    assert [instance.last_used > 0 for instance in three] == [True] * 3
    serving.loop.run(serving.fleet.scale(deployment("blue", instances=1)))
    assert [instance.exited for instance in three] == [False, True, True]
    assert serving.ask(GOOD).status == 200


def test_a_process_that_dies_comes_back(serving: Serving, model: Model, tmp_path: Path) -> None:
    """The request that killed it gets 424, those before the restart 503, those after it 200 again."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    fatal = serving.ask({"die": True})
    assert (fatal.status, fatal.headers["ms-azureml-model-error-reason"]) == (424, "connection_terminated")
    _until(lambda: not serving.fleet.instances("diabetes", "blue"))
    assert serving.ask(GOOD).status == 503
    _until(lambda: bool(serving.fleet.instances("diabetes", "blue")))
    assert serving.ask(GOOD).status == 200


def test_a_process_that_hangs_is_restarted(serving: Serving, model: Model, tmp_path: Path) -> None:
    """An instance that fails its liveness probe as often as the body allows is replaced by one that answers."""
    hasty = {"period": "PT1S", "timeout": "PT1S", "failureThreshold": 1}
    impatient = {"requestTimeout": "PT1S"}  # less than the probe takes to fail
    wanted = deployment("blue", livenessProbe=hasty, requestSettings=impatient)
    serving.deploy(wanted, model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    [hanging] = serving.fleet.instances("diabetes", "blue")
    assert serving.ask({"sleep": 600}).status == 408
    _until(lambda: hanging.exited and bool(serving.fleet.instances("diabetes", "blue")))
    _until(lambda: serving.ask(GOOD).status == 200)


def test_a_stopped_deployment_is_gone(serving: Serving, model: Model, tmp_path: Path) -> None:
    """Stopping ends its processes, and stopping what does not run is no error."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.loop.run(serving.fleet.stop("diabetes", "blue"))
    serving.loop.run(serving.fleet.stop("diabetes", "blue"))
    assert _processes_below(tmp_path) == []


def test_the_log_is_read_from_its_end(serving: Serving, model: Model, tmp_path: Path) -> None:
    """The last lines that the server and the script wrote, as many as asked, and none for what never ran."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    serving.ask({"fail": "look at line ten"})
    assert "the model is loaded" in serving.fleet.logs("diabetes", "blue", 500)
    assert "look at line ten" in serving.fleet.logs("diabetes", "blue", 40)
    assert len(serving.fleet.logs("diabetes", "blue", 3).splitlines()) == 3
    assert serving.fleet.logs("diabetes", "green", 10) == ""


def test_nothing_of_this_machine_reaches_the_script(
    serving: Serving, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script sees neither credentials nor proxy of the process that runs the emulator, nor the caller's key."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "a secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code", ECHO))
    serving.route({"blue": 100})
    names = json.loads(serving.ask("hello").text)[1]
    assert "AZUREML_MODEL_DIR" in names
    assert not {"AZURE_CLIENT_SECRET", "HTTPS_PROXY"} & set(names)


@pytest.mark.parametrize(
    ("script", "properties", "message"),
    [
        ("missing.py", {}, "missing.py"),
        ("../score.py", {}, "not in the code folder"),
        (None, {}, "MLflow models only"),
        ("score.py", {"livenessProbe": {"period": "10 seconds"}}, "10 seconds"),
        ("score.py", {"readinessProbe": {"period": "P1M"}}, "no fixed length"),
        ("score.py", {"modelMountPath": "/../outside"}, "not absolute"),
    ],
)
def test_a_bad_deployment_is_refused_before_anything_starts(
    serving: Serving, tmp_path: Path, script: str | None, properties: dict[str, Any], message: str
) -> None:
    """A body that cannot work gives BadArgument that names what is wrong."""
    (tmp_path / "score.py").write_text(SCORE)
    files = DeploymentFiles(code_folder(tmp_path / "code"), script, None, None, None)
    with pytest.raises(ContainerError, match=message) as refused:
        serving.loop.run(serving.fleet.start(deployment("blue", **properties), files))
    assert refused.value.code == "BadArgument"


def test_processes_end_with_the_emulator(tmp_path: Path) -> None:
    """When the emulator is killed without a chance to clean up, its servers and their workers end by themselves."""
    code = code_folder(tmp_path / "code", ECHO)
    command = [sys.executable, "-c", LEFT_ALONE, str(tmp_path / "containers"), code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as emulator:  # noqa: S603  (our own command)
        assert emulator.stdout is not None
        assert int(emulator.stdout.readline()) in _processes_below(tmp_path)
        emulator.send_signal(signal.SIGKILL)
    _until(lambda: _processes_below(tmp_path) == [])


def _until(happened: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own time limit says when that is too long."""
    while not happened():
        time.sleep(0.02)


def _processes_below(directory: Path) -> list[int]:
    """Return the processes whose command line names something in the directory, workers and servers alike."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(directory) in command and "launcher.py" in command:
                found.append(int(process.name))
    return found
