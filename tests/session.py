"""Runs a command in its own session, optionally next to busy loops: `python -m tests.session [--busy N] COMMAND ...`.

Linux divides the processors among sessions first (autogroup) and applies niceness only within a session. In the session
of a shell that runs two busy loops, a command at `nice -n 19` gets one percent of the machine and no test suite ever
finishes; in its own session it gets its share. `--busy N` starts N busy loops, in their own sessions as well, and runs
the command at niceness 19. The loops end with the command, and with this process however it exits.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"
AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")


def main() -> int:
    """Run the command and return its exit code; interrupts are forwarded to it."""
    parser = argparse.ArgumentParser("python -m tests.session")
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="run next to N busy loops")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    with busy_loops(arguments.busy):
        if arguments.busy:
            os.nice(19)
        with subprocess.Popen(arguments.command, start_new_session=True) as process:  # noqa: S603  # as asked
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, lambda number, _: process.send_signal(number))
            return process.wait()


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Run `count` busy loops at normal priority during the block.

    Without autogroup they get the tests' own priority, because otherwise they would take 99 % of the machine.
    """
    shares = AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1"
    command = [*([] if shares else ["nice", "-n", "19"]), sys.executable, "-c", LOOP, str(os.getpid())]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]  # noqa: S603  # ours
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main())
