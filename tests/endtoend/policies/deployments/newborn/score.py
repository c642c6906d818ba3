"""A script that goes to Azure with its deployment: it says which model it was deployed for."""

from __future__ import annotations

import json
import os


def init() -> None:
    """Nothing is to be loaded."""


def run(raw: str) -> dict[str, str]:
    """Return the model, and the number that was asked."""
    return {"serves": os.environ["SERVES"], "number": str(json.loads(raw)["number"])}
