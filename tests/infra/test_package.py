"""What .funcignore lets through: all that runs in Azure, and nothing that belongs on a desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pathspec
import pytest

PACKAGE = {"function_app.py", "functions", "host.json", "policies", "requirements.txt", "shared"}


@pytest.fixture(scope="module")
def ignored(root: Path) -> pathspec.GitIgnoreSpec:
    """Return the rules of .funcignore, which follow those of .gitignore."""
    return pathspec.GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())


def packed(folder: Path, root: Path, ignored: pathspec.GitIgnoreSpec) -> Iterator[str]:
    """Yield the files of a folder that are packed, never looking into a folder that is not."""
    for path in sorted(folder.iterdir()):
        name = path.relative_to(root).as_posix()
        if path.is_dir():
            if not ignored.match_file(f"{name}/"):
                yield from packed(path, root, ignored)
        elif not ignored.match_file(name):
            yield name


def test_package_holds_the_app_and_nothing_else(root: Path, ignored: pathspec.GitIgnoreSpec) -> None:
    """A new file or folder at the top is either named here as part of the app or kept out by .funcignore."""
    assert {name.split("/")[0] for name in packed(root, root, ignored)} == PACKAGE


def test_package_holds_everything_that_the_app_reads(root: Path, ignored: pathspec.GitIgnoreSpec) -> None:
    """No source, query, schema, policy or smoke request is lost on the way."""
    sources = {
        path.relative_to(root).as_posix()
        for folder in ("functions", "shared", "policies")
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"}
    }
    assert sources <= set(packed(root, root, ignored))


@pytest.mark.parametrize(
    "local",
    [
        ".venv/lib/python3.11/site-packages/azure/core/__init__.py",
        ".serving/bin/python",
        ".azurite/node_modules/azurite/package.json",
        ".azure/production/.env",
        ".env",
        ".git/config",
        ".github/workflows/deploy.yml",
        ".vscode/settings.json",
        "local.settings.json",
        "out/demo/report.json",
        "shared/core/__pycache__/judge.cpython-311.pyc",
        "teal_delivery.egg-info/PKG-INFO",
        "node_modules/azurite/package.json",
        "infra/main.bicep",
        "emulator/clock.py",
        "cli/host/keys.py",
        "tests/infra/test_package.py",
        "requirements-dev.txt",
        "requirements.in",
    ],
)
def test_what_is_local_stays_here(local: str, ignored: pathspec.GitIgnoreSpec) -> None:
    """Secrets, environments, build products and development code are kept out, whether or not they exist today."""
    assert ignored.match_file(local)


def test_rules_are_plain(root: Path) -> None:
    """No rule re-includes with `!`: Core Tools and azd read that differently."""
    assert not [line for line in (root / ".funcignore").read_text().splitlines() if line.startswith("!")]
