"""The fleet: real processes that start, crash, restart, are scaled and replaced, and do not outlive the emulator."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.containers import ContainerError, DeploymentFiles
from emulator.serving.fleet import ProcessFleet
from tests.emulator.processes import processes_with
from tests.emulator.serving import PYTHON, ROW, SCORE, Model, Serving, code_folder, deployment, running_serving
from tests.waiting import until

GOOD = {"data": [ROW]}
RESTART_SECONDS = 110.0  # only a failure takes longer
CRASHES = "def init():\n    raise RuntimeError('the model is of another version')\n\n\ndef run(raw):\n    return raw\n"
NEVER_READY = "import time\n\n\ndef init():\n    time.sleep(600)\n\n\ndef run(raw):\n    return raw\n"
ECHO = "import os\n\n\ndef init():\n    print('echo is up')\n\n\ndef run(raw):\n    return [raw, sorted(os.environ)]\n"

ABANDONED = """
import asyncio, sys
from pathlib import Path
from emulator.clock import VirtualClock
from emulator.containers import DeploymentFiles
from emulator.serving.fleet import ProcessFleet
from tests.emulator.serving import PYTHON, deployment

async def main():
    fleet = ProcessFleet(Path(sys.argv[1]), PYTHON, VirtualClock(120.0))
    await fleet.start(deployment("blue"), DeploymentFiles(sys.argv[2], "score.py", None, None, None))
    print(fleet.instances("diabetes", "blue")[0].process.pid, flush=True)
    await asyncio.sleep(100)

asyncio.run(main())
"""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Return an endpoint without deployments."""
    with running_serving(tmp_path) as started:
        yield started


def test_a_crash_in_init_is_reported_with_the_log(serving: Serving, model: Model, tmp_path: Path) -> None:
    """A script whose init() raises gives Azure's ResourceNotReady with the exception, and the log remains readable."""
    with pytest.raises(ContainerError, match="the model is of another version") as refused:
        serving.deploy(deployment("green"), model, code_folder(tmp_path / "code", CRASHES))
    assert refused.value.code == "ResourceNotReady"
    assert "RuntimeError" in serving.fleet.logs("diabetes", "green", 200)
    assert not serving.fleet.instances("diabetes", "green")


def test_a_start_that_takes_too_long_fails(serving: Serving, tmp_path: Path) -> None:
    """An init() that does not return fails after the probes' limits, and its process is killed."""
    hasty = deployment("green", readinessProbe={"initialDelay": "PT1S", "period": "PT1S", "failureThreshold": 3})
    files = DeploymentFiles(code_folder(tmp_path / "code", NEVER_READY), "score.py", None, None, None)
    fleet = ProcessFleet(tmp_path, PYTHON, serving.clock, least_wait=1.0)
    with pytest.raises(ContainerError, match="readiness probe"):
        serving.loop.run(fleet.start(hasty, files))
    until(lambda: not server_processes(tmp_path))


def test_a_slow_start_needs_a_startup_probe(serving: Serving, tmp_path: Path) -> None:
    """If there is a startup probe, its limits apply to the start instead of those of the other probes.

    A fast clock, on which a minute takes half a second, does not shorten them.
    """
    hasty = {"initialDelay": "PT1S", "period": "PT1S", "failureThreshold": 1}
    patient = {"initialDelay": "PT1S", "period": "PT10S", "failureThreshold": 6}  # a minute, by either clock
    slow = ECHO.replace("    print('echo is up')", "    import time; time.sleep(2)")
    files = DeploymentFiles(code_folder(tmp_path / "code", slow), "score.py", None, None, None)
    fleet = ProcessFleet(tmp_path, PYTHON, serving.clock, least_wait=0.5)
    with pytest.raises(ContainerError, match="readiness probe"):
        serving.loop.run(fleet.start(deployment("green", readinessProbe=hasty), files))
    serving.loop.run(fleet.start(deployment("green", readinessProbe=hasty, startupProbe=patient), files))
    assert len(fleet.instances("diabetes", "green")) == 1
    serving.loop.run(fleet.close())


def test_the_model_mount_path(serving: Serving, model: Model, tmp_path: Path) -> None:
    """The model's directory ends as in Azure: with the mount path, azureml-models, the name and the version."""
    wanted = deployment("blue", modelMountPath="/var/models")
    serving.deploy(wanted, model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    directory = json.loads(serving.ask({"environment": "AZUREML_MODEL_DIR"}).text)
    assert directory.endswith("/var/models/azureml-models/diabetes/3")
    assert json.loads(serving.ask(GOOD).text) == model.prediction


def test_a_cancelled_start_leaves_nothing(serving: Serving, tmp_path: Path) -> None:
    """If the emulator is stopped while a deployment is starting, the processes that were starting are killed."""
    files = DeploymentFiles(code_folder(tmp_path / "code", NEVER_READY), "score.py", None, None, None)
    starting = serving.loop.begin(serving.fleet.start(deployment("green", instances=2), files))
    until(lambda: len(server_processes(tmp_path)) >= 2)
    starting.cancel()
    until(lambda: not server_processes(tmp_path))


def test_a_failed_update_keeps_the_old_processes(serving: Serving, model: Model, tmp_path: Path) -> None:
    """If the new script of a deployment crashes, the old one keeps answering."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "old"))
    serving.route({"blue": 100})
    with pytest.raises(ContainerError):
        serving.deploy(deployment("blue"), model, code_folder(tmp_path / "new", CRASHES))
    assert serving.ask(GOOD).status == 200


def test_an_update_replaces_the_processes(serving: Serving, model: Model, tmp_path: Path) -> None:
    """After an update the new script answers, from one process as before."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "old"))
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "new", ECHO))
    serving.route({"blue": 100})
    assert json.loads(serving.ask("hello").text)[0] == '"hello"'
    assert len(serving.fleet.instances("diabetes", "blue")) == 1


def test_scaling_starts_and_stops_processes(serving: Serving, model: Model, tmp_path: Path) -> None:
    """One instance, then three that take turns, then one again; the other two exit."""
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


def test_a_process_that_dies_is_restarted(serving: Serving, model: Model, tmp_path: Path) -> None:
    """The request that killed it gets a 424, those before the restart a 503, and those after it a 200 again."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    fatal = serving.ask({"die": True})
    assert (fatal.status, fatal.headers["ms-azureml-model-error-reason"]) == (424, "connection_terminated")
    until(lambda: not serving.fleet.instances("diabetes", "blue"))
    assert serving.ask(GOOD).status == 503
    until(lambda: serving.fleet.instances("diabetes", "blue"), RESTART_SECONDS)
    assert serving.ask(GOOD).status == 200


def test_a_process_that_hangs_is_restarted(serving: Serving, model: Model, tmp_path: Path) -> None:
    """An instance that fails its liveness probe as often as the body allows is replaced by one that works."""
    hasty = {"period": "PT1S", "timeout": "PT1S", "failureThreshold": 1}
    impatient = {"requestTimeout": "PT1S"}  # less than the probe takes to fail
    wanted = deployment("blue", livenessProbe=hasty, requestSettings=impatient)
    serving.deploy(wanted, model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    [hanging] = serving.fleet.instances("diabetes", "blue")
    assert serving.ask({"sleep": 600}).status == 408
    until(lambda: hanging.exited and serving.fleet.instances("diabetes", "blue"), RESTART_SECONDS)
    until(lambda: serving.ask(GOOD).status == 200, RESTART_SECONDS)


def test_a_deployment_can_be_stopped_twice(serving: Serving, model: Model, tmp_path: Path) -> None:
    """Stopping a deployment ends its processes, and stopping it again is not an error."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.loop.run(serving.fleet.stop("diabetes", "blue"))
    serving.loop.run(serving.fleet.stop("diabetes", "blue"))
    assert not server_processes(tmp_path)


def test_the_log_is_read_from_its_end(serving: Serving, model: Model, tmp_path: Path) -> None:
    """It returns the requested number of lines, written by the server and the script, or none if nothing ever ran."""
    serving.deploy(deployment("blue"), model, code_folder(tmp_path / "code"))
    serving.route({"blue": 100})
    serving.ask({"fail": "look at line ten"})
    assert "the model is loaded" in serving.fleet.logs("diabetes", "blue", 500)
    assert "look at line ten" in serving.fleet.logs("diabetes", "blue", 40)
    assert len(serving.fleet.logs("diabetes", "blue", 3).splitlines()) == 3
    assert serving.fleet.logs("diabetes", "green", 10) == ""


def test_this_machine_s_environment_does_not_reach_the_script(
    serving: Serving, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script sees neither the credentials nor the proxy settings of the emulator's own process."""
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
def test_an_invalid_deployment_is_refused_before_anything_starts(
    serving: Serving, tmp_path: Path, script: str | None, properties: dict[str, Any], message: str
) -> None:
    """An invalid body gives a BadArgument that says what is wrong."""
    (tmp_path / "score.py").write_text(SCORE)
    files = DeploymentFiles(code_folder(tmp_path / "code"), script, None, None, None)
    with pytest.raises(ContainerError, match=message) as refused:
        serving.loop.run(serving.fleet.start(deployment("blue", **properties), files))
    assert refused.value.code == "BadArgument"


def test_processes_end_with_the_emulator(tmp_path: Path) -> None:
    """If the emulator is killed without a chance to clean up, its servers and their workers exit by themselves."""
    code = code_folder(tmp_path / "code", ECHO)
    command = [sys.executable, "-c", ABANDONED, str(tmp_path / "containers"), code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as emulator:  # noqa: S603  # our own command
        assert emulator.stdout is not None
        assert int(emulator.stdout.readline()) in server_processes(tmp_path)
        emulator.send_signal(signal.SIGKILL)
    until(lambda: not server_processes(tmp_path))


def server_processes(directory: Path) -> set[int]:
    """Return the servers and workers that belong to the directory."""
    return processes_with(str(directory), "launcher.py")
