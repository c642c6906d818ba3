"""Installs npm packages exactly as pinned in a package-lock.json."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from emulator.storage import node


def install(packages: Path, target: Path) -> None:
    """Install what the package.json and package-lock.json in folder `packages` name into `target`.

    Node.js comes from PyPI if the machine has none. Raises CalledProcessError, after npm's own error output.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(packages / name, target / name)
    cache = target / ".npm"  # npm's default is in the home directory, which must stay unchanged
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
