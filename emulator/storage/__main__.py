"""`python -m emulator.storage [DIRECTORY]`: install Azurite with npm, exactly as pinned in package-lock.json.

It only installs; the emulator starts Azurite itself (`azurite.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from emulator.storage.azurite import HOME
from emulator.storage.npm_packages import install


def main() -> None:
    """Install into the given directory, or `.azurite/`. Raises CalledProcessError, after npm's own error output."""
    install(Path(__file__).parent, Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)


if __name__ == "__main__":
    main()
