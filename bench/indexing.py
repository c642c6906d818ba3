"""How much time and memory Python needs to index `function_app`, compared with an app with one empty function.

Run: `python -m bench.indexing`. Fresh processes run alternately, so that noise affects both apps alike; the ratio is
the median over the pairs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
EMPTY = """
import azure.functions as func
app = func.FunctionApp()
@app.route(route="empty")
def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("")
"""
INDEX = """
import json, resource, sys, time
start = time.perf_counter()
import function_app
names = [function.get_function_name() for function in function_app.app.get_functions()]
seconds = time.perf_counter() - start
heavy = sorted(name for name in sys.modules if name in {"azure.ai.ml", "azure.identity", "azure.data.tables"}
               or name.startswith("shared.adapters."))
print(json.dumps({"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "functions": len(names), "heavy": heavy}))
"""


def index(folder: Path) -> dict[str, float | list[str]]:
    """Index the app in a folder in a fresh interpreter; return seconds, megabytes and the heavy modules it loaded."""
    done = subprocess.run(  # noqa: S603 -- our own interpreter and script
        [sys.executable, "-c", INDEX], cwd=folder, capture_output=True, text=True, check=True
    )
    figures: dict[str, float | list[str]] = json.loads(done.stdout)
    return figures


def measure(rounds: int = ROUNDS) -> dict[str, object]:
    """Return the medians of both apps and of the ratios, pair by pair, after one warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "function_app.py").write_text(EMPTY)
        pairs = [(index(ROOT), index(Path(folder))) for _ in range(rounds + 1)][1:]
    figures: dict[str, object] = {"rounds": rounds, "heavy modules": pairs[0][0]["heavy"]}
    for what in ("seconds", "mb"):
        ours, empty = ([float(str(side[what])) for side in sides] for sides in zip(*pairs, strict=True))
        figures[f"{what}, ours"] = round(statistics.median(ours), 3)
        figures[f"{what}, empty app"] = round(statistics.median(empty), 3)
        figures[f"{what}, ratio"] = round(statistics.median(a / b for a, b in zip(ours, empty, strict=True)), 2)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
