"""Azure installs exactly what was tested here."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(
    r"^(?P<pin>[A-Za-z0-9._-]+==[^\\]+?)\s*\\\n(?P<hashes>(?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


@pytest.fixture
def locked(root: Path) -> dict[str, list[Requirement]]:
    """Return the pins of requirements.txt by package; some differ by Python version."""
    found: dict[str, list[Requirement]] = {}
    for match in PINNED.finditer((root / "requirements.txt").read_text()):
        pin = Requirement(match["pin"])
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def test_every_package_has_a_version_and_hashes(root: Path, locked: dict[str, list[Requirement]]) -> None:
    """A package without hashes would make pip reject the whole file in Azure."""
    lines = (root / "requirements.txt").read_text().splitlines()
    named = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(named) == sum(map(len, locked.values())) > 50


def test_the_lock_matches_the_requirements(root: Path, locked: dict[str, list[Requirement]]) -> None:
    """It detects a change of requirements.in without `make lock`."""
    asked = [line for line in (root / "requirements.in").read_text().splitlines() if line and not line.startswith("#")]
    assert len(asked) > 10
    for line in asked:
        wanted = Requirement(line)
        versions = {str(pin.specifier) for pin in locked[canonicalize_name(wanted.name)]}
        assert str(wanted.specifier) in versions, line


def test_tests_run_with_the_versions_that_azure_gets(locked: dict[str, list[Requirement]]) -> None:
    """Otherwise a passing test would say nothing about the app in Azure."""
    different = {}
    for name, pins in locked.items():
        for pin in pins:
            if pin.marker is not None and not pin.marker.evaluate():
                continue
            try:
                installed = version(name)
            except PackageNotFoundError:
                installed = "none"
            if installed not in pin.specifier:
                different[name] = f"{installed} instead of {pin.specifier}"
    assert different == {}, "run `make setup`, or `make lock` if requirements.in changed"
