"""azd runs this before it packages the code: an invalid policy never gets into the package."""

# ruff: noqa: INP001 -- a script, not a part of a package

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "infra/main.parameters.json"
EXAMPLE = "# This is an example: "  # in the policy that comes with Teal


def teal() -> Path:
    """Return the project's own command; exits with what to do if it is not there."""
    found = [path for path in (ROOT / ".venv/bin/teal", ROOT / ".venv/Scripts/teal.exe") if path.exists()]
    if not found:
        sys.exit("policies are checked before they are deployed: run `make setup`, or install Teal into .venv, first")
    return found[0]


def examples() -> list[str]:
    """Return the policies that are still the example: they are valid, but for an endpoint that few people have."""
    files = sorted((ROOT / "policies").glob("*.yaml"))
    return [f"policies/{path.name}" for path in files if EXAMPLE in path.read_text(encoding="utf-8")]


if __name__ == "__main__":
    command = [str(teal()), "policy", "check", "--no-estimates", "--settings", SETTINGS]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 -- the project's own command
    for name in examples() if code == 0 else ():
        sys.stdout.write(
            f"{name} is still the example that comes with Teal. The app works, but rolls nothing out unless you have "
            f"its endpoint and model. Change it, remove the line {EXAMPLE.strip()!r}, and deploy again.\n"
        )
    sys.exit(code)
