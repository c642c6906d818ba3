"""The demo's processes exit with it, and failures come with their log."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from cli.demo.processes import Processes, ProcessFailedError

SERVICE = "import json, os, sys; print(json.dumps({'pid': os.getpid()}), flush=True); sys.stdin.read()"
ENVIRONMENT = {"PATH": os.environ["PATH"]}


def alive(process: int) -> bool:
    """Return whether a process with this id is running."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_service_reports_when_it_is_ready_and_ends_with_the_demo(tmp_path: Path) -> None:
    """It runs within the block and not after it."""

    async def story() -> int:
        async with Processes(tmp_path, ENVIRONMENT) as processes:
            number = int((await processes.serve("service", [sys.executable, "-c", SERVICE]))["pid"])
            assert alive(number)
            return number

    assert not alive(asyncio.run(story()))


def test_a_service_also_ends_when_the_demo_fails(tmp_path: Path) -> None:
    """The error is propagated and leaves nothing running."""
    numbers: list[int] = []

    async def story() -> None:
        async with Processes(tmp_path, ENVIRONMENT) as processes:
            numbers.append(int((await processes.serve("service", [sys.executable, "-c", SERVICE]))["pid"]))
            raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(story())
    assert [alive(number) for number in numbers] == [False]


@pytest.mark.parametrize(
    ("way", "program", "message"),
    [
        ("serve", "import sys; sys.exit('no port is free')", "did not become ready"),
        ("run", "import sys; sys.exit('no such model')", "ended with exit code 1"),
    ],
)
def test_a_failure_comes_with_the_end_of_the_log(tmp_path: Path, way: str, program: str, message: str) -> None:
    """The message shows the reason and where the log is."""

    async def story() -> None:
        async with Processes(tmp_path, ENVIRONMENT) as processes:
            await getattr(processes, way)("program", [sys.executable, "-c", program])

    with pytest.raises(ProcessFailedError, match=message) as failed:
        asyncio.run(story())
    assert "no " in str(failed.value).splitlines()[-1]
    assert str(tmp_path / "program.log") in str(failed.value)


def test_a_program_sees_only_its_given_environment(tmp_path: Path) -> None:
    """No variable of the user's shell reaches the demo's processes, so none can point them at a real Azure."""
    program = "import os; open(os.environ['WHERE'], 'w').write(' '.join(sorted(os.environ)))"

    async def story() -> None:
        async with Processes(tmp_path, ENVIRONMENT) as processes:
            await processes.run("program", [sys.executable, "-c", program], WHERE=str(tmp_path / "seen"))

    asyncio.run(story())
    seen = set((tmp_path / "seen").read_text(encoding="utf-8").split())
    assert seen - {"LC_CTYPE"} == {"PATH", "WHERE"}
