"""azd runs this before it packages the code: an invalid policy never gets into the package."""

# ruff: noqa: INP001 -- a script, not a part of a package

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "infra/main.parameters.json"


def teal() -> Path:
    """Return the project's own command; exits with what to do if it is not there."""
    found = [path for path in (ROOT / ".venv/bin/teal", ROOT / ".venv/Scripts/teal.exe") if path.exists()]
    if not found:
        sys.exit("policies are checked before they are deployed: run `make setup`, or install Teal into .venv, first")
    return found[0]


if __name__ == "__main__":
    command = [str(teal()), "policy", "check", "--no-estimates", "--settings", SETTINGS]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 -- the project's own command
