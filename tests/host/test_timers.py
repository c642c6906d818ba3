"""Timer triggers on a clock faster than wall time, and across restarts."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.function_host import HostProcess, eventually, running_host
from tests.host.conftest import NEVER, SAMPLE_APP

if TYPE_CHECKING:
    from pathlib import Path

EVERY_MINUTE = "0 * * * * *"


def _ticks(host: HostProcess) -> list[dict[str, Any]]:
    return [seen for seen in host.call("GET", "/api/seen").json() if "tick" in seen]


def _settings(settings: dict[str, str], schedule: str, speed: int) -> dict[str, str]:
    return {**settings, "TICK": schedule, "TEAL_CLOCK": f"{speed}@{time.time():.3f}"}


def test_a_timer_follows_the_clock(settings: dict[str, str], tmp_path: Path) -> None:
    """At 120 times the speed, a timer that fires every minute fires every virtual minute, as its status shows."""
    with running_host(SAMPLE_APP, tmp_path / "log", _settings(settings, EVERY_MINUTE, 120)) as host:
        eventually(lambda: len(_ticks(host)) >= 3)
        first, second, third = _ticks(host)[:3]
    assert not any(tick["past_due"] for tick in (first, second, third))
    last, updated, due = (datetime.fromisoformat(third["tick"][name]) for name in ("Last", "LastUpdated", "Next"))
    assert due.second == 0
    assert last <= updated
    assert timedelta(0) < due - updated <= timedelta(minutes=1)


def test_a_timer_waits_for_a_paced_clock(settings: dict[str, str], tmp_path: Path) -> None:
    """While the clock stands still nothing fires, and the host reports when its next tick is due; then it fires."""
    noon, file = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp(), tmp_path / "clock"
    file.write_text(f"120\n{time.time():.3f} {noon + 30}\n")
    paced = {**settings, "TICK": EVERY_MINUTE, "TEAL_CLOCK": str(file)}
    with running_host(SAMPLE_APP, tmp_path / "log", paced) as host:
        report = tmp_path / f"clock.{host.process.pid}"
        eventually(lambda: report.exists() and float(report.read_text()) == noon + 60)
        assert _ticks(host) == []
        now = time.time()
        draft = tmp_path / "draft"
        draft.write_text(f"120\n{now:.3f} {noon + 30}\n{now + 1000:.3f} {noon + 120_030}\n")
        draft.replace(file)
        eventually(lambda: len(_ticks(host)) >= 2)
    assert not report.exists()


def test_a_timer_under_a_minute_has_no_status(settings: dict[str, str], tmp_path: Path) -> None:
    """Schedules under a minute are not monitored, as in the real host."""
    with running_host(SAMPLE_APP, tmp_path / "log", {**settings, "TICK": "* * * * * *"}) as host:
        assert eventually(lambda: _ticks(host))[0] == {"tick": {}, "past_due": False}


def test_a_tick_missed_while_stopped_is_past_due(settings: dict[str, str], tmp_path: Path) -> None:
    """With kept state, a host that starts after a tick was due runs it immediately, marked as past due."""
    missed = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    status = {"schedule": NEVER, "last": missed, "next": missed, "updated": missed}
    (tmp_path / "timers.json").write_text(json.dumps({"tick": status}))
    with running_host(SAMPLE_APP, tmp_path / "log", settings, options=["--state", str(tmp_path)]) as host:
        assert eventually(lambda: _ticks(host))[0]["past_due"] is True
        assert host.stop() == 0
    assert datetime.fromisoformat(json.loads((tmp_path / "timers.json").read_text())["tick"]["next"]) > datetime.now(
        UTC
    )


def test_a_changed_schedule_is_not_past_due(settings: dict[str, str], tmp_path: Path) -> None:
    """Ticks due under another schedule are forgotten."""
    missed = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    status = {"schedule": "0 30 * * * *", "last": missed, "next": missed, "updated": missed}
    (tmp_path / "timers.json").write_text(json.dumps({"tick": status}))
    with running_host(SAMPLE_APP, tmp_path / "log", settings, options=["--state", str(tmp_path)]) as host:
        kept = eventually(lambda: json.loads((tmp_path / "timers.json").read_text())["tick"]["schedule"] == NEVER)
        assert kept
        assert _ticks(host) == []


def test_a_timer_runs_manually(host: HostProcess) -> None:
    """The admin API fires it on every worker, but only with the master key."""
    assert host.run_by_hand("tick").status == 202
    assert eventually(lambda: _ticks(host))[0]["past_due"] is False
    assert host.call("POST", "/admin/functions/tick", headers={"x-functions-key": host.host_key}).status == 403


def test_a_timer_never_overlaps_itself(settings: dict[str, str], tmp_path: Path) -> None:
    """A tick that becomes due while the last one is running is skipped."""
    slow = {**settings, "TICK": "* * * * * *", "TICK_SECONDS": "1.5"}
    with running_host(SAMPLE_APP, tmp_path / "log", slow) as host:
        seen = eventually(lambda: len(found := host.call("GET", "/api/seen").json()) >= 5 and found)
    kinds = ["tick" if "tick" in entry else "tock" for entry in seen]
    assert kinds == (["tick", "tock"] * len(kinds))[: len(kinds)]
