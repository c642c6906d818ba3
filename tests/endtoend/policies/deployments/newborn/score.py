"""A script uploaded with its deployment: it returns the model that it was deployed for."""

from __future__ import annotations

import json
import os


def init() -> None:
    """Load nothing."""


def run(raw: str) -> dict[str, str]:
    """Return the model and the number in the request."""
    return {"serves": os.environ["SERVES"], "number": str(json.loads(raw)["number"])}
