"""The values of `${NAME}` in policies once the app is deployed: only the app settings that the deployment sets.

A variable that is set locally but not passed on by the deployment would be unset in Azure, and its policy rejected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from shared.policies.problems import PolicyError, Problem

PARAMETER = "appSettings"
OWN = "TEAL_"  # the templates set Teal's own settings, ignoring the parameter
USE = re.compile(r"\$\{(?P<name>\w+)(?:=(?P<default>[^}]*))?\}")  # as Azure Developer CLI writes it


def deployed_settings(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the app settings in an azd parameter file, with `${NAME}` filled in from `environment`.

    Raises PolicyError if the file cannot be read or is not a parameter file.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["parameters"].get(PARAMETER, {"value": {}})["value"]
        passed_on = {name: USE.sub(lambda use: _value(use, environment), text) for name, text in values.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        words = f'not a parameter file with "{PARAMETER}": {{"value": {{"NAME": "text"}}}}: {error!r}'
        raise PolicyError([Problem(str(path), 0, 0, "", words)]) from error
    own = {name: value for name, value in environment.items() if name.startswith(OWN)}
    return own | {name: value for name, value in passed_on.items() if value}


def _value(use: re.Match[str], environment: Mapping[str, str]) -> str:
    return environment.get(use["name"]) or use["default"] or ""
