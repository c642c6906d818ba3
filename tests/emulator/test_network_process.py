"""The emulator as a process: however it exits, it leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import FAST, ROOT
from tests.emulator.processes import processes_with
from tests.waiting import until

if not Path("/proc").exists():
    pytest.skip("processes are looked up in /proc", allow_module_level=True)


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, "input ends"])
def test_nothing_is_left_running(tmp_path: Path, way: signal.Signals | str) -> None:
    """After a signal, a kill -9 or the end of its input, the emulator and its Azurite are gone."""
    command = [sys.executable, "-m", "emulator", "--json", "--until-stdin-closes", "--state", str(tmp_path), *FAST]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  # ours
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        assert len(processes_with(str(tmp_path))) == 2
        if isinstance(way, signal.Signals):
            process.send_signal(way)
        else:
            process.stdin.close()
        process.wait(300)
    assert process.returncode == (-signal.SIGKILL if way == signal.SIGKILL else 0)
    until(lambda: not processes_with(str(tmp_path)))


def test_exports_can_be_sourced(tmp_path: Path) -> None:
    """Without --json it prints a shell script that sets the variables that clients need."""
    command = [sys.executable, "-u", "-m", "emulator", "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ours
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1]
        process.terminate()
        process.wait(300)
    shell = subprocess.run(  # noqa: S603  # the lines above
        ["/bin/sh", "-c", "".join(lines) + 'echo "$HTTPS_PROXY $AZURE_ML_WORKSPACE $TEAL_CLOCK"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout.startswith("http://127.0.0.1:")
    assert shell.stdout.endswith(f" teal-emulated {tmp_path}/clock\n")
