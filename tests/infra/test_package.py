"""What .funcignore includes: everything that runs in Azure, and nothing local."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pathspec
import pytest

PACKAGE = {"function_app.py", "functions", "host.json", "policies", "requirements.txt", "shared"}


@pytest.fixture(scope="module")
def ignored(root: Path) -> pathspec.GitIgnoreSpec:
    """Return the rules of .funcignore, which has the syntax of .gitignore."""
    return pathspec.GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())


def packed(folder: Path, root: Path, ignored: pathspec.GitIgnoreSpec) -> Iterator[str]:
    """Yield a folder's packaged files, skipping excluded folders."""
    for path in sorted(folder.iterdir()):
        name = path.relative_to(root).as_posix()
        if path.is_dir():
            if not ignored.match_file(f"{name}/"):
                yield from packed(path, root, ignored)
        elif not ignored.match_file(name):
            yield name


def test_the_package_has_only_the_app(root: Path, ignored: pathspec.GitIgnoreSpec) -> None:
    """A new top-level file or folder is either listed here as part of the app or excluded by .funcignore."""
    assert {name.split("/")[0] for name in packed(root, root, ignored)} == PACKAGE


def test_the_package_has_everything_that_the_app_reads(root: Path, ignored: pathspec.GitIgnoreSpec) -> None:
    """No source, query, schema, policy or smoke request is missing."""
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
def test_local_files_are_excluded(local: str, ignored: pathspec.GitIgnoreSpec) -> None:
    """Secrets, environments, build products and development code are excluded, whether or not they exist now."""
    assert ignored.match_file(local)


def test_no_rule_is_negated(root: Path) -> None:
    """Core Tools and azd interpret `!` differently."""
    assert not [line for line in (root / ".funcignore").read_text().splitlines() if line.startswith("!")]
