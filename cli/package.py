"""`teal package`: the archive that Azure gets, for deployments without azd. It has the files that azd would pack.

azd leaves out what .funcignore names, virtual environments and bytecode. This archive also has the app's bytecode if
it is made by the Python version that Azure runs: the package is read-only there, so that every new instance would
compile the app again. The same files always make the same archive.
"""

from __future__ import annotations

import argparse
import hashlib
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    # Generic to the type checker, but not subscriptable at run time; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

PYTHON_IN_AZURE = (3, 11)  # as in infra/modules/app.bicep
WRITTEN = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
READABLE = 0o100644 << 16
IGNORE_FILE = ".funcignore"


@dataclass(frozen=True, slots=True)
class Archive:
    """A written archive. files: their number; unpacked: their bytes; compiled: whether it has bytecode."""

    path: Path
    files: int
    unpacked: int
    compiled: bool

    def __str__(self) -> str:
        content = self.path.read_bytes()
        bytecode = "with" if self.compiled else "without"
        return (
            f"{self.path}: {self.files} files, {len(content) / 1024:,.0f} KiB ({self.unpacked / 1024:,.0f} KiB "
            f"unpacked), {bytecode} bytecode, sha256 {hashlib.sha256(content).hexdigest()}"
        )


def add_package(subparsers: Subparsers) -> None:
    """Add `package` to a parser's commands."""
    package = subparsers.add_parser(
        "package",
        help="write the archive for a deployment without azd",
        description="Write the archive for a deployment without azd, and print its size and its SHA-256.",
    )
    package.add_argument(
        "--app", type=Path, default=Path(), metavar="DIR", help="folder of function_app.py (the current one)"
    )
    package.add_argument(
        "--out", type=Path, default=Path("out/teal.zip"), metavar="FILE", help="the archive (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the archive; return the exit code."""
    if not (arguments.app / IGNORE_FILE).exists():
        print(f"{arguments.app.resolve()} has no {IGNORE_FILE}, so it is not Teal's folder", file=sys.stderr)
        return 2
    print(write(arguments.app, arguments.out, compiled=sys.version_info[:2] == PYTHON_IN_AZURE))
    return 0


def write(app: Path, out: Path, *, compiled: bool) -> Archive:
    """Write the archive of an app to `out`, with the bytecode of this Python if `compiled`."""
    files = {path.relative_to(app).as_posix(): path.read_bytes() for path in contents(app)}
    if compiled:
        files |= {_cached(name): _bytecode(name, source) for name, source in files.items() if name.endswith(".py")}
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, WRITTEN)
            entry.external_attr = READABLE
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return Archive(out, len(files), sum(map(len, files.values())), compiled)


def contents(app: Path) -> Iterator[Path]:
    """Yield the files of an app's package, sorted."""
    import pathspec  # noqa: PLC0415  # no command loads another's libraries

    ignored = pathspec.GitIgnoreSpec.from_lines((app / IGNORE_FILE).read_text(encoding="utf-8").splitlines())
    yield from _packed(app, app, ignored)


def _packed(folder: Path, app: Path, ignored: GitIgnoreSpec) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.relative_to(app).as_posix()
        if not path.is_dir():
            if not ignored.match_file(name):
                yield path
        elif not ignored.match_file(f"{name}/") and not (path / "pyvenv.cfg").exists():
            yield from _packed(path, app, ignored)


def _cached(name: str) -> str:
    folder, _, module = name.rpartition("/")
    file = f"__pycache__/{module.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{file}" if folder else file


def _bytecode(name: str, source: bytes) -> bytes:
    """Return bytecode that Python does not compare with the source, whose time Azure may change."""
    with tempfile.TemporaryDirectory() as folder:
        module, made = Path(folder, "module.py"), Path(folder, "module.pyc")
        module.write_bytes(source)
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(module), str(made), dfile=name, doraise=True, invalidation_mode=unchecked)
        return made.read_bytes()
