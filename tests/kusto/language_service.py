"""Checks KQL as Azure Monitor's query editor does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from emulator.storage.node import node

HOME = Path(__file__).resolve().parents[2] / ".kusto"


def diagnostics(queries: Sequence[str], tables: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """Return what the language service says about each query, such as "Error: The name 'x' does not refer to any ...".

    tables: the Kusto types of the columns, by table and column.
    """
    schemas = {name: ", ".join(f"{column}: {kind}" for column, kind in each.items()) for name, each in tables.items()}
    command = [str(node()), str(Path(__file__).with_name("check.js")), str(HOME)]
    given = json.dumps({"queries": list(queries), "tables": {name: f"({each})" for name, each in schemas.items()}})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)  # noqa: S603  # our own script
    found: list[list[str]] = json.loads(done.stdout)
    return found
