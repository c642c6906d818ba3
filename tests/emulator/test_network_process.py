"""The emulator as a process: however it ends, nothing that it started stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import FAST, ROOT
from tests.waiting import until

if not Path("/proc").exists():
    pytest.skip("processes are looked up in /proc", allow_module_level=True)


def processes_with(text: str) -> set[int]:
    """Return the processes that have `text` in their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended while we looked
            continue
        if text in line:
            found.add(int(path.parent.name))
    return found - {os.getpid()}


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, "input ends"])
def test_nothing_stays_behind(tmp_path: Path, way: signal.Signals | str) -> None:
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
    """What it prints without --json is a shell script that sets what clients need."""
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
