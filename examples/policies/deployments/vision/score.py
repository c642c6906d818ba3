"""Scores images by mean brightness: a placeholder without dependencies, to be replaced by a model's own code."""

from __future__ import annotations

import json
import os


def init() -> None:
    """Print the model's version."""
    print("serving version", os.environ.get("MODEL_VERSION", "unknown"))  # noqa: T201 -- goes to the container's log


def run(body: str) -> list[str]:
    """Return a class for each image in `{"images": [[0.1, 0.9, ...], ...]}`."""
    images = json.loads(body)["images"]
    return ["bright" if sum(image) / len(image) > 0.5 else "dark" for image in images]
