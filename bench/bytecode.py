"""How much time a new instance saves if the package contains the app's bytecode.

Run: `python -m bench.bytecode`. Fresh processes run alternately in two unpacked packages, with and without bytecode.
Azure mounts the package read-only: Python writes no bytecode there, and compiles the app in every new process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from cli.package import write

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
WHAT = {
    "indexing": "import function_app; list(function_app.app.get_functions())",
    "the imports of the first call": "import function_app, shared.adapters.clients, shared.controller, shared.intake, "
    "shared.policies.policy_set, shared.views, shared.listing, functions.steering",
}


def seconds(folder: Path, statements: str) -> float:
    """Run statements in a fresh interpreter that writes no bytecode; return the seconds that they took."""
    command = [sys.executable, "-B", "-c", TIMED.format(statements)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    return float(done.stdout)


def measure(rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Return the medians of both packages, after one warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        apps = {name: Path(folder, name) for name in ("without", "with")}
        for name, app in apps.items():
            archive = write(ROOT, Path(folder, f"{name}.zip"), compiled=name == "with")
            with zipfile.ZipFile(archive.path) as packed:
                packed.extractall(app)
        found = {}
        for what, statements in WHAT.items():
            pairs = [{name: seconds(app, statements) for name, app in apps.items()} for _ in range(rounds + 1)][1:]
            found[what] = {name: round(statistics.median(pair[name] for pair in pairs), 3) for name in apps}
    return found


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
