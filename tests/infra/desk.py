"""Shell scripts run by a real shell, with stand-ins for the programs that they call."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SHELL = "/bin/sh"


@dataclass(frozen=True)
class Desk:
    """A folder of stand-in commands, which record their calls."""

    folder: Path

    def stand_in(self, name: str, script: str) -> None:
        """Add a command to the folder."""
        path = self.folder / name
        path.write_text(f"#!{SHELL}\necho {name} \"$@\" >> '{self.folder}/calls'\n{script}\n")
        path.chmod(0o755)

    def run(self, *command: str, **variables: str) -> tuple[int, list[str]]:
        """Return a command's exit code and the calls that it made. variables: of its environment."""
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", **variables}
        done = subprocess.run([SHELL, *command], env=environment, capture_output=True, check=False)  # noqa: S603 - our own scripts
        calls = self.folder / "calls"
        return done.returncode, calls.read_text().splitlines() if calls.exists() else []
