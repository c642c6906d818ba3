"""Reports why Microsoft's loader cannot read an environment's conda file; its own message is about a missing name."""

from __future__ import annotations

from pathlib import Path

import yaml

CONDA_FILE = "environment.conda_file"


def conda_file_problem(file: Path, written: str) -> str | None:
    """Return what is wrong with an existing conda file, or None. written: its path as in the template."""
    try:
        yaml.safe_load(file.read_bytes())
    except yaml.MarkedYAMLError as error:
        place = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return f"{written} is not valid YAML: {error.problem}{place}"
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        return f"{written} cannot be read as YAML: {error}"
    return None
