"""The assets behind the deployments of the emulator's tests, and an `az ml` user's project folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ECHO = '''
"""Answers with the text of its model and the request."""
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
# What every deployment.yml of a project has.
_DEPLOYMENT_ASSETS = """
model:
  path: model/word.txt
code_configuration:
  code: code
  scoring_script: score.py
environment:
  image: mcr.example/sklearn:1
  conda_file: conda.yml
"""


@dataclass(frozen=True, slots=True)
class Assets:
    """ARM ids of assets: a model, code that echoes, and code that cannot start."""

    model: str
    echo: str
    broken: str


def write_project(folder: Path, endpoint: str, deployment: str) -> None:
    """Write a project: YAML for the endpoint and the deployment, a model, code, and a sample request."""
    files = {
        "endpoint.yml": endpoint,
        "deployment.yml": deployment + _DEPLOYMENT_ASSETS,
        "conda.yml": "dependencies: [python=3.11]\n",
        "model/word.txt": "hello",
        "code/score.py": ECHO,
        "request.json": json.dumps({"x": 1}),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
