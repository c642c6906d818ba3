"""The package needs nothing but requirements.txt: every import in it works with nothing else installed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.package import alone

if TYPE_CHECKING:
    from tests.package import InstalledApp

# Imports everything that any line of the app imports, even inside functions; prints what cannot be imported.
IMPORT_ALL = """
import ast, importlib, json, pathlib, sys
names, failed = {"function_app"}, {}
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    for node in ast.walk(ast.parse(path.read_text())):
        names |= {each.name for each in node.names} if isinstance(node, ast.Import) else set()
        names |= {node.module} if isinstance(node, ast.ImportFrom) else set()
for name in sorted(names):
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed[name] = str(error)
print(json.dumps({"imported": len(names), "failed": failed}))
"""


pytestmark = pytest.mark.parametrize("interpreter", ["microsoft-here", "microsoft-3.13"], indirect=True)


def run(installed: InstalledApp, code: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run code in the package's Python, with only these folders on the path."""
    command = [installed.interpreter.python, "-S", "-W", "ignore", "-c", code, str(installed.folder)]
    environment = {**alone(installed), "PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def test_every_import_is_among_the_requirements(installed: InstalledApp) -> None:
    """A package that only development has would fail in Azure, perhaps only in the function that imports it."""
    found = json.loads(run(installed, IMPORT_ALL, alone(installed)["PYTHONPATH"]).stdout.splitlines()[-1])
    assert found["failed"] == {}
    assert found["imported"] > 200


@pytest.mark.parametrize("name", ["azure.functions", "yaml", "aiohttp"])
def test_the_environment_is_clean(installed: InstalledApp, name: str) -> None:
    """Without the linked packages there is nothing, so what the test above imports comes from requirements.txt."""
    assert (
        f"No module named '{name.partition('.')[0]}'" in run(installed, f"import {name}", str(installed.folder)).stderr
    )
