"""What the deployments of the emulator's tests are made of."""

from __future__ import annotations

from dataclasses import dataclass

ECHO = '''
"""Answers with what it was asked, and with the text of its model."""
import json, os, pathlib

def init():
    global word
    word = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "word.txt").read_text()

def run(data):
    return {"word": word, "asked": json.loads(data)}
'''
BROKEN = """
def init():
    raise RuntimeError("this script cannot start")

def run(data):
    return data
"""


@dataclass(frozen=True, slots=True)
class Assets:
    """ARM ids of what deployments are made of: a model, code that echoes, and code that cannot start."""

    model: str
    echo: str
    broken: str
