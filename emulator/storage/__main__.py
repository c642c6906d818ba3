"""`python -m emulator.storage [DIRECTORY]`: install Azurite with npm, exactly as pinned in package-lock.json.

It only installs; the emulator starts Azurite itself (`azurite.py`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from emulator.storage import node
from emulator.storage.azurite import HOME


def main() -> None:
    """Install into the given directory, or `.azurite/`. Raises CalledProcessError, after npm's own error output."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(Path(__file__).with_name(name), target / name)
    cache = target / ".npm"  # npm's default is in the home directory, which we leave alone
    options = ["--omit=dev", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={cache}"]
    command = [*_npm(), "ci", *options]
    subprocess.run(command, cwd=target, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # a fixed command line
    shutil.rmtree(cache, ignore_errors=True)
    (target / ".installed").touch()


def _npm() -> list[str]:
    try:
        return node.npm()
    except node.NodeMissingError:
        node.install_node()
        return node.npm()


if __name__ == "__main__":
    main()
