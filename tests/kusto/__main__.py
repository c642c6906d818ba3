"""`python -m tests.kusto`: install the language service into `.kusto/` with npm, as pinned in package-lock.json."""

from __future__ import annotations

from pathlib import Path

from emulator.storage.npm_packages import install
from tests.kusto.language_service import HOME

if __name__ == "__main__":
    install(Path(__file__).parent, HOME)
