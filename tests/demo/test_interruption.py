"""Stopping the demo leaves a clean machine, even while the real parts are running."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.demo.options import ROOT

DEMO = """
import sys
from pathlib import Path
from cli.demo.options import DemoOptions
from cli.demo.performance import run
from cli.demo.screen import console
folder = Path(sys.argv[1])
sys.exit(run(DemoOptions(out=folder / "out", state=folder / "state"), console()))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_first_scene_it_ends_its_processes_and_removes_its_state(
    tmp_path: Path, sent: signal.Signals
) -> None:
    """It exits with 130, no process has its folder on its command line, and the logs remain."""
    with subprocess.Popen(  # noqa: S603  # our own code
        [sys.executable, "-c", DEMO, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        try:
            for line in demo.stdout:
                if "azure-ai-ml creates" in line:
                    assert _processes_of(tmp_path)
                    demo.send_signal(sent)
            assert demo.wait(300) == 130
        finally:
            demo.kill()  # if it does not stop, this test must stop it
    assert _processes_of(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/logs/azure.log").exists()


def _processes_of(folder: Path) -> list[str]:
    """Return the ids of the processes with a path in the folder on their command lines."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(bytes(folder) + b"/") for word in words):
            found.append(process.name)
    return found
