"""The package: everything that runs in Azure and nothing local; and the archive that `teal package` creates from it."""

from __future__ import annotations

import json
import marshal
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pathspec
import pytest

from cli.__main__ import main
from cli.package import PYTHON_IN_AZURE, contents, write

PACKAGE = {"function_app.py", "functions", "host.json", "policies", "requirements.txt", "shared"}
LARGEST = 1_000_000  # bytes of the archive without bytecode; packing and unpacking are part of a deployment


@pytest.fixture(scope="module")
def ignored(root: Path) -> pathspec.GitIgnoreSpec:
    """Return the rules of .funcignore, which has the syntax of .gitignore."""
    return pathspec.GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())


def packed(root: Path) -> Iterator[str]:
    """Yield the names of the packaged files."""
    for path in contents(root):
        yield path.relative_to(root).as_posix()


def test_the_package_has_only_the_app(root: Path) -> None:
    """A new top-level file or folder is either listed here as part of the app or excluded by .funcignore."""
    assert {name.split("/")[0] for name in packed(root)} == PACKAGE


def test_the_package_has_everything_that_the_app_reads(root: Path) -> None:
    """No source, query, schema, policy or smoke request is missing."""
    sources = {
        path.relative_to(root).as_posix()
        for folder in ("functions", "shared", "policies")
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"}
    }
    assert sources <= set(packed(root))


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


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a small app with a virtual environment, old bytecode and a secret."""
    app = tmp_path / "app"
    files = {
        "function_app.py": "import shared.words",
        "shared/words.py": "WORD = 'teal'\n",
        "shared/__pycache__/words.cpython-311.pyc": "old",
        "env/pyvenv.cfg": "home = /usr/bin",
        "env/lib/library.py": "",
        ".env": "SECRET=1",
        ".funcignore": ".*\n__pycache__\n",
    }
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    return app


def names(archive: Path) -> list[str]:
    """Return the names of an archive's files."""
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_archive_has_what_azd_would_pack(small: Path, tmp_path: Path) -> None:
    """Not only what .funcignore names: azd also leaves out virtual environments of any name, and bytecode."""
    write(small, tmp_path / "app.zip", compiled=False)
    assert names(tmp_path / "app.zip") == ["function_app.py", "shared/words.py"]


def test_the_same_files_make_the_same_archive(small: Path, tmp_path: Path) -> None:
    """Whenever and wherever it is created, so that its SHA-256 identifies a release."""
    copy = shutil.copytree(small, tmp_path / "elsewhere" / "app", copy_function=shutil.copy)
    first, second = (
        write(app, tmp_path / f"{number}.zip", compiled=True).path.read_bytes()
        for number, app in enumerate((small, copy))
    )
    assert first == second


def test_bytecode_is_used_whatever_the_time_of_the_source(small: Path, tmp_path: Path) -> None:
    """It is compiled from the packed sources, with paths below the app, and not checked against file times."""
    write(small, tmp_path / "app.zip", compiled=True)
    compiled = f"shared/__pycache__/words.{sys.implementation.cache_tag}.pyc"
    assert compiled in names(tmp_path / "app.zip")
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        content = archive.read(compiled)
    flags, code = int.from_bytes(content[4:8], "little"), marshal.loads(content[16:])  # noqa: S302  # made just now
    assert flags == 0b01  # by hash, unchecked
    assert isinstance(code, CodeType)
    assert code.co_filename == "shared/words.py"


def test_the_command_says_how_large_the_package_is(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints the size that a deployment uploads; the package has bytecode if this Python is Azure's."""
    out = tmp_path / "teal.zip"
    assert main(["package", "--app", str(root), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{len(names(out))} files" in printed
    assert ("with bytecode" in printed) is (sys.version_info[:2] == PYTHON_IN_AZURE)
    assert write(root, out, compiled=False).path.stat().st_size < LARGEST


def test_the_command_refuses_other_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without .funcignore, everything in a folder would be published."""
    assert main(["package", "--app", str(tmp_path), "--out", str(tmp_path / "teal.zip")]) == 2
    assert ".funcignore" in capsys.readouterr().err


def test_bytecode_is_for_the_python_of_the_templates(root: Path) -> None:
    """Another Python would ignore it."""
    snapshot = json.loads((root / "tests/infra/snapshots/app.snapshot.json").read_text())
    [site] = [each for each in snapshot["predictedResources"] if each["type"] == "Microsoft.Web/sites"]
    runtime = site["properties"]["functionAppConfig"]["runtime"]
    assert runtime == {"name": "python", "version": ".".join(map(str, PYTHON_IN_AZURE))}
