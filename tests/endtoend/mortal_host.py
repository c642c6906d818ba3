"""A function host that is killed without warning and restarted at the same address, as a platform may do.

The times of the kills come from a seed and the host's log, not from a clock, so that each run does some work.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.endtoend.stage import Stage
from tests.function_host import ROOT, HostProcess
from tests.function_host import start as start_host
from tests.waiting import sleep_until

FUNCTION = "model_registered"
WORK = re.compile(r"teal\.|(reconcile|tick) succeeded")  # log lines that are not answers to this test's requests
MOST_LINES = 6  # of these per run
REMAINDERS = (0.0, 0.01, 0.03, 0.1, 0.3)  # seconds after them: a reconcile takes hundredths of a second
PATIENCE = timedelta(hours=4)  # on the cloud's clock
USUAL_LENGTH = timedelta(seconds=20)  # of a check, on the cloud's clock


@dataclass
class MortalHost:
    """The function app on a host that can be killed. `killed` counts the kills."""

    stage: Stage
    folder: Path
    dice: random.Random
    killed: int = 0
    living: HostProcess | None = None
    logs: list[Path] = field(default_factory=list)

    def start(self) -> None:
        """Start the host, at first on a free port and later on the same one, and subscribe it to events."""
        self.logs.append(self.folder / f"host-{len(self.logs)}.log")
        port = str(self.living.url.rsplit(":", 1)[-1]) if self.living else "0"
        options = ["--port", port, "--state", str(self.folder / "host")]
        process = start_host(ROOT, self.logs[-1], self.stage.app_settings, options=options)
        line = process.stdout.readline() if process.stdout else b""
        assert line, f"the host did not start:\n{self.log()}"
        again, self.living = self.living is not None, HostProcess(process, self.logs[-1], json.loads(line))
        if not again:
            self.stage.cloud.set("functions", url=self.living.url, key=self.living.event_grid_key)

    def kill(self) -> None:
        """Kill the host with SIGKILL, so that it does not run another line."""
        if self.living is not None:
            self.living.process.kill()
            self._close(self.living)

    def restart_at_random(self) -> None:
        """Let the host run until Teal has logged some lines, then kill it and start it again."""
        self.work(self.dice.randint(1, MOST_LINES))
        time.sleep(self.dice.choice(REMAINDERS))
        self.kill()
        self.killed += 1
        self.start()

    def work(self, lines: int) -> None:
        """Wait until the host has logged this many more lines of work."""
        wanted = len(WORK.findall(self.log())) + lines
        self.wait(lambda: len(WORK.findall(self.log())) >= wanted, pause=0.5)

    def wait(self, condition: Callable[[], object], pause: float = 12.0) -> None:
        """Wait for a condition, checked after each pause (seconds on the cloud's clock, which waits for late checks).

        Raises AssertionError with the end of the log if it never becomes true.
        """
        clock = self.stage.cloud.clock
        due = clock.now()
        deadline = due + PATIENCE
        while True:
            with clock.work_due(due + USUAL_LENGTH):
                sleep_until(clock, due)
                if condition():
                    return
            assert due < deadline, f"it never came true; the log ends with:\n{self.log()[-4000:]}"
            due = clock.now() + timedelta(seconds=pause)

    def rollouts(self, endpoint: str) -> list[dict[str, Any]]:
        """Return the endpoint's rollouts, each with its history, as the API shows them."""
        shown = self._get(f"rollouts?endpoint={endpoint}")["rollouts"]
        return [self._get(f"rollouts/{endpoint}/{rollout['id']}") for rollout in shown]

    def evidence(self, endpoint: str, rollout: str) -> list[dict[str, Any]]:
        """Return each gate's readings of each judged minute of a rollout, as the API shows them."""
        return list(self._get(f"rollouts/{endpoint}/{rollout}?evidence=true&minutes=1500")["evidence"])

    def log(self) -> str:
        """Return the log of the current run."""
        return self.logs[-1].read_text(encoding="utf-8")

    def all_logs(self) -> str:
        """Return the logs of all runs."""
        return "".join(path.read_text(encoding="utf-8") for path in self.logs)

    def _get(self, path: str) -> dict[str, Any]:
        assert self.living is not None
        answer = self.living.call("GET", f"/api/{path}", headers={"x-functions-key": self.living.host_key})
        assert answer.status == 200, answer.body
        return dict(answer.json())

    @staticmethod
    def _close(host: HostProcess) -> None:
        host.process.wait()
        for stream in (host.process.stdin, host.process.stdout):
            if stream is not None:
                stream.close()


@contextmanager
def mortal_host(stage: Stage, folder: Path, seed: int) -> Iterator[MortalHost]:
    """Run a host during the block."""
    folder.mkdir(parents=True, exist_ok=True)
    host = MortalHost(stage, folder, random.Random(seed))  # noqa: S311  # guards nothing
    try:
        host.start()
        yield host
    finally:
        stage.cloud.unset("functions")
        host.kill()
