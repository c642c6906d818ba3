"""A model that doubles a number and says whether it is odd; its text file configures how it answers.

fails_of_hundred: it fails on this many of a hundred inputs. strange_of_hundred: it gives a different answer for this
many. milliseconds: how long it takes. words: the number of extra words in its answer.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

_model = {"fails_of_hundred": 0, "strange_of_hundred": 0, "milliseconds": 0, "words": 0}


def init() -> None:
    """Load the deployment's model."""
    text = Path(os.environ["AZUREML_MODEL_DIR"], "model.json").read_text(encoding="utf-8")
    _model.update(json.loads(text))


def run(raw: str) -> dict[str, int | str]:
    """Return twice the number in {"number": ...}, and whether it is odd or even."""
    number = int(json.loads(raw)["number"])
    time.sleep(_model["milliseconds"] / 1000)
    if number % 100 < _model["fails_of_hundred"]:
        raise ValueError(f"this model knows nothing of {number}")
    label = "strange" if number % 100 < _model["strange_of_hundred"] else ("even", "odd")[number % 2]
    return {"twice": 2 * number, "label": label, "said": "word " * _model["words"]}
