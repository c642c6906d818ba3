"""One clock for several processes: setting the pace, following it, and reporting work."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.demo.clock import DemoClock
from cli.host.clock import clock_of
from emulator.paced_clock import FollowedClock, PacedClock
from shared.clock import read_clock

ORIGIN = 1_800_000_000.0
READERS: dict[str, Callable[[Path], float]] = {
    "the function host": lambda path: clock_of({"TEAL_CLOCK": str(path)}).now().timestamp(),
    "the function app": lambda path: read_clock(str(path))().timestamp(),
    "the demo": lambda path: DemoClock(path).now(),
}
REPORTERS: dict[str, Callable[[Path, float], AbstractContextManager[None]]] = {
    "the function host": lambda path, due: FollowedClock(path=path).work_due(datetime.fromtimestamp(due, UTC)),
    "the demo": lambda path, due: DemoClock(path).work_due(due),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a clock's file."""
    return tmp_path / "clock"


def owner(path: Path) -> PacedClock:
    """Return a clock at sixty times wall time, paced by the test."""
    return PacedClock(60.0, ORIGIN, path)


def paced(clock: PacedClock, seconds: float, since: float = ORIGIN) -> float:
    """Have the owner set the pace for this many wall seconds; return the virtual time at the end."""
    for step in range(int(seconds * 20)):
        clock.step(since + step / 20)
    return since + seconds


def moment(seconds: float) -> datetime:
    """Return the virtual time this many seconds after the origin."""
    return datetime.fromtimestamp(ORIGIN + seconds, UTC)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_everyone_reads_the_same_time(path: Path, read: Callable[[Path], float]) -> None:
    """All readers agree between two points, and after the last one, where time stands still."""
    now = time.time()
    path.write_text(f"60\n{now - 100:.6f} 5000.0\n{now + 100:.6f} 17000.0\n")
    before = time.time()
    seen = read(path)
    after = time.time()
    assert 11_000 + 60 * (before - now) - 1e-3 <= seen <= 11_000 + 60 * (after - now) + 1e-3
    path.write_text(f"60\n{now - 100:.6f} 5000.0\n{now - 50:.6f} 8000.0\n")
    assert read(path) == 8000.0
    path.write_text(f"60\n{now + 50:.6f} 5000.0\n{now + 100:.6f} 8000.0\n")
    assert read(path) == 5000.0


def test_the_owner_s_file_matches_its_own_clock(path: Path) -> None:
    """A follower reads the time that the owner has in memory."""
    clock = PacedClock(60.0, path=path)
    clock.step(time.time())
    time.sleep(0.5)  # the course has ended, so both stand still
    assert FollowedClock(path=path).now() == pytest.approx(clock.now(), abs=datetime.resolution * 2)
    assert FollowedClock(path=path).speed == 60.0


def test_a_clock_whose_owner_has_ended_stands_still(path: Path) -> None:
    """Even if its file is gone, readers get the last time."""
    owner(path)
    host, demo = FollowedClock(path=path), DemoClock(path)
    shown = host.now(), demo.now()
    path.unlink()
    assert (host.now(), demo.now()) == shown


def test_late_work_of_the_owner_slows_it_down(path: Path) -> None:
    """It stays at full speed until the work is late, and returns to it when the work is done."""
    clock = owner(path)
    with clock.work_due(moment(60)):
        until = paced(clock, 1.0)
        assert clock.pace == 60.0
        until = paced(clock, 5.0, until)
        assert clock.pace == 1.0
    paced(clock, 5.0, until)
    assert clock.pace == 60.0


@pytest.mark.parametrize("due", REPORTERS.values(), ids=REPORTERS)
def test_late_work_of_another_process_slows_it_down(
    path: Path, due: Callable[[Path, float], AbstractContextManager[None]]
) -> None:
    """The process reports it in a file named after its id, and removes the file when nothing is due."""
    clock = owner(path)
    report = path.with_name(f"clock.{os.getpid()}")
    with due(path, ORIGIN + 60):
        assert float(report.read_text()) == ORIGIN + 60
        until = paced(clock, 6.0)
        assert clock.pace == 1.0
    assert not report.exists()
    paced(clock, 5.0, until)
    assert clock.pace == 60.0


@pytest.mark.parametrize("name", ["the function host", "the demo"])
def test_the_oldest_work_counts(path: Path, name: str) -> None:
    """Of several pieces of work the earliest due one is reported, in any order they begin and end."""
    owner(path)
    report = path.with_name(f"clock.{os.getpid()}")
    host, demo = FollowedClock(path=path), DemoClock(path)

    def due(seconds: float) -> AbstractContextManager[None]:
        return host.work_due(moment(seconds)) if name == "the function host" else demo.work_due(ORIGIN + seconds)

    with due(60):
        with due(30), due(90):
            assert float(report.read_text()) == ORIGIN + 30
        assert float(report.read_text()) == ORIGIN + 60
    assert not report.exists()


def test_a_dead_process_does_not_slow_the_clock(path: Path) -> None:
    """The report of a process that was killed is removed."""
    clock = owner(path)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    report = path.with_name(f"clock.{process.pid}")
    report.write_text(f"{ORIGIN:.6f}")
    paced(clock, 6.0)
    assert clock.pace == 60.0
    assert not report.exists()


@pytest.mark.parametrize("name", ["PacedClock", "FollowedClock", "DemoClock"])
def test_a_sleeper_wakes_when_its_time_has_come_and_not_before(path: Path, name: str) -> None:
    """This also holds if the clock slows down in the meantime."""

    async def story() -> tuple[float, float]:
        clock = PacedClock(600.0, path=path)
        running = asyncio.create_task(clock.run())
        due = clock.now().timestamp() + 130
        with clock.work_due(clock.now() - timedelta(hours=1)):  # the clock slows down immediately
            if name == "DemoClock":
                await DemoClock(path).sleep_until(due)
            else:
                follower = FollowedClock(path=path) if name == "FollowedClock" else clock
                await follower.sleep_until(datetime.fromtimestamp(due, UTC))
        running.cancel()
        return due, clock.now().timestamp()

    due, woken = asyncio.run(story())
    assert woken >= due - 1e-3


@pytest.mark.parametrize("text", ["/nowhere/clock", "60", "fast"])
def test_a_missing_clock_stops_the_host(text: str) -> None:
    """The message says which values are valid."""
    with pytest.raises(ValueError, match="TEAL_CLOCK must be <speed>@<unix seconds> or a clock's file"):
        clock_of({"TEAL_CLOCK": text})
