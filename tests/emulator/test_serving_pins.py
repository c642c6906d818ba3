"""What a deployment's log says about a conda file that asks for other packages than the serving environment has."""

from __future__ import annotations

import pytest

from emulator.serving import pins
from tests.emulator.serving import PYTHON

PRESENT = {"python": "3.11", "scikit-learn": "1.9.1", "numpy": "2.4.6", "azure-core": "1.41.0"}


@pytest.mark.parametrize(
    ("entry", "phrase"),
    [
        ("numpy=2.4", None),
        ("numpy=2.4.*", None),
        ("numpy>=2,<3", None),
        ("numpy", None),
        ("conda-forge::numpy==2.4.6", None),
        ("python=3.10", "python is 3.11, not ==3.10.*"),
        ("numpy=1.26.4=py311h64a7726_0", "numpy is 2.4.6, not ==1.26.4"),
        ("xgboost", "xgboost is not installed"),
        ("pip=20", None),
        ("{pip: [Scikit_Learn==1.0.2]}", "scikit-learn is 1.9.1, not ==1.0.2"),
        ("{pip: ['azure.core~=1.41.0']}", None),
        ("{pip: [azureml-defaults, '-r more.txt', 'git+https://example.com/x']}", None),
    ],
)
def test_entries(entry: str, phrase: str | None) -> None:
    """Versions are compared as conda and pip read them; tools and lines without a package name are passed over."""
    assert pins.differences(f"dependencies: [{entry}]", PRESENT) == ([phrase] if phrase else [])


@pytest.mark.parametrize(("text", "count"), [("", 0), ("name: x", 0), ("dependencies: python", 0), ("{", 1)])
def test_files_without_dependencies(text: str, count: int) -> None:
    """A file without dependencies has no differences; one that is not YAML is reported."""
    assert len(pins.differences(text, PRESENT)) == count


def test_the_serving_environment_is_read() -> None:
    """The packages beside the interpreter are found, and its own version."""
    found = pins.installed(PYTHON)
    assert {"python", "scikit-learn", "azureml-inference-server-http"} <= found.keys()
