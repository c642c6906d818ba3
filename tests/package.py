"""The package as Azure runs it: unpacked, with the packages of requirements.txt and nothing else from this checkout.

The development host, which stands in for Azure's, needs additional packages. They come after those of the app on the
path, and `python -S` keeps everything else off it. The files of installed packages are linked, because copying or
installing them again would take a minute.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.package import write
from tests.function_host import ROOT, Interpreter

PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==[^\\]+?)\s*\\$", re.MULTILINE)
HOST_NEEDS = ("aiohttp", "croniter", "azure-functions-runtime")
RUNTIME = ROOT / ".venv/runtime"


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An app's folder and the interpreter that runs it. packages: the folder of the app's packages alone."""

    folder: Path
    interpreter: Interpreter
    packages: Path


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with `python` of a version such as 3.13."""

    folder: Path
    version: str

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        return self.folder / f"lib/python{self.version}/site-packages"

    def installed(self) -> dict[str, Distribution]:
        """Return its distributions by name."""
        return {canonicalize_name(each.name): each for each in distributions(path=[str(self.packages)])}

    def applies(self, marker: Marker | None) -> bool:
        """Return whether a requirement with this marker applies to this Python."""
        python = {"python_version": self.version, "python_full_version": f"{self.version}.0"}
        return marker is None or marker.evaluate({**python, "extra": ""})


def install(environment: Environment, target: Path) -> InstalledApp:
    """Unpack the package of this checkout below `target`, next to the packages that it has in Azure."""
    write(ROOT, target / "app.zip", compiled=False)
    with zipfile.ZipFile(target / "app.zip") as archive:
        archive.extractall(target / "app")
    installed = environment.installed()
    pins = locked(environment)
    different = {name: pin for name, pin in pins.items() if installed[name].version not in Requirement(pin).specifier}
    assert not different, "run `make setup`: installed are other versions than requirements.txt has"
    link((installed[name] for name in pins), target / "packages")
    link(needed(environment, installed, HOST_NEEDS), target / "host")
    for name in ("cli", "emulator"):  # for the host; `shared` and `functions` come from the package
        (target / "host" / name).symlink_to(ROOT / name)
    path = os.pathsep.join(map(str, (target / "packages", target / "host", RUNTIME)))
    python = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    interpreter = Interpreter(str(environment.folder / "bin/python"), "microsoft", python, ("-S",))
    return InstalledApp(target / "app", interpreter, target / "packages")


def alone(app: InstalledApp) -> Mapping[str, str]:
    """Return the environment variables that put only the app and its packages on Python's path."""
    path = os.pathsep.join(map(str, (app.folder, app.packages)))
    return {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def locked(environment: Environment) -> dict[str, str]:
    """Return the pins of requirements.txt for an environment's Python, by package."""
    pins = map(Requirement, PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    return {
        canonicalize_name(pin.name): f"{pin.name}{pin.specifier}" for pin in pins if environment.applies(pin.marker)
    }


def needed(environment: Environment, installed: Mapping[str, Distribution], names: Iterable[str]) -> list[Distribution]:
    """Return the distributions with these names and their dependencies. Those not installed are left out."""
    found: dict[str, Distribution] = {}
    wanted = [canonicalize_name(name) for name in names]
    while wanted:
        name = wanted.pop()
        if name in found or name not in installed:
            continue
        found[name] = installed[name]
        required = map(Requirement, found[name].requires or ())
        wanted += [canonicalize_name(each.name) for each in required if environment.applies(each.marker)]
    return list(found.values())


def link(chosen: Iterable[Distribution], target: Path) -> None:
    """Link every file of these distributions into a folder, bytecode included."""
    target.mkdir(parents=True)
    for distribution in chosen:
        for file in distribution.files or ():
            source, place = Path(str(distribution.locate_file(file))), target / file
            if ".." in file.parts or not source.exists():  # a command, or bytecode that was never written
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(source)


def from_checkout(interpreter: Interpreter) -> InstalledApp:
    """Return the checkout itself as an app."""
    return InstalledApp(ROOT, interpreter, ROOT)
