"""Which tests run a line: only those can notice that it is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from coverage import CoverageData

OPTIONS = ("-q", "-p", "no:cacheprovider", "--cov=shared", "--cov-context=test", "--cov-report=")


class RelevantTests:
    """The tests that run each line, recorded by running all of them once, in the current folder."""

    def __init__(self, tests: str) -> None:
        """Run these tests (paths, separated by spaces). Exits with their output if one fails without any break."""
        print("recording which tests run each line, which takes some minutes", file=sys.stderr)
        command = (sys.executable, "-m", "pytest", *OPTIONS, *tests.split())
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
        if done.returncode:
            sys.exit(f"the tests must pass before anything is broken:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        self._recorded = CoverageData()
        self._recorded.read()

    def of(self, module: Path, first: int, last: int) -> list[str]:
        """Return the tests that run these lines, as pytest names them; all of the module's if they run on import."""
        by_line = self._recorded.contexts_by_lineno(str(module.resolve()))
        ran = {test for line in range(first, last + 1) for test in by_line.get(line, [])}
        if "" in ran:  # at import, for every test that uses the module
            ran = {test for tests in by_line.values() for test in tests}
        return sorted({test.partition("|")[0] for test in ran if test})  # `|run`, `|setup`
