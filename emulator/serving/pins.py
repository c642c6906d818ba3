"""Which packages of a conda file differ from those of the one environment that all deployments run in here. Pure.

The file is not installed, so a deployment may behave differently than in Azure; its log says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

# Tools that create the environment, and the package that stands for the inference server.
_NOT_COMPARED = {"pip", "conda", "setuptools", "wheel", "azureml-defaults"}
_CONDA = re.compile(r"(?:[\w-]+::)?(?P<name>[\w.-]+)\s*(?P<version>[<>=!~].*)?")


def installed(python: Path) -> dict[str, str]:
    """Return the packages beside this interpreter of a virtual environment by normalised name, and `python` itself."""
    folders = [str(folder) for folder in python.parent.parent.glob("lib/python*/site-packages")]
    found = {str(canonicalize_name(each.metadata["Name"])): each.version for each in distributions(path=folders)}
    return found | {"python": Path(folders[0]).parent.name.removeprefix("python")} if folders else found


def differences(conda: str, present: Mapping[str, str]) -> list[str]:
    """Return a phrase for each package that `conda` (YAML) asks for and that is missing or has another version."""
    try:
        document = yaml.safe_load(conda)
    except yaml.YAMLError as error:
        return [f"the conda file cannot be read ({error})"]
    entries = document.get("dependencies") if isinstance(document, dict) else None
    return [
        phrase
        for name, versions in _wanted(entries if isinstance(entries, list) else [])
        if name not in _NOT_COMPARED and (phrase := _difference(name, versions, present.get(name)))
    ]


def _wanted(entries: Iterable[object]) -> Iterator[tuple[str, SpecifierSet]]:
    """Yield what the entries of a conda file ask for; lines with a path, a URL or an option are skipped."""
    for entry in entries:
        if isinstance(entry, dict):
            for line in entry.get("pip") or []:
                try:
                    requirement = Requirement(str(line))
                except InvalidRequirement:
                    continue
                yield canonicalize_name(requirement.name), requirement.specifier
        elif match := _CONDA.fullmatch(str(entry).strip()):
            try:
                yield canonicalize_name(match["name"]), _specifier(match["version"] or "")
            except InvalidSpecifier:
                continue


def _specifier(version: str) -> SpecifierSet:
    """Return conda's version as pip writes it: `=1.2` is any 1.2.x; `=1.2.3=build` names a build, which is ignored."""
    if re.match(r"=[^=]", version):
        number, _, build = version[1:].partition("=")
        return SpecifierSet(f"=={number}" if build else f"=={number.removesuffix('.*')}.*")
    return SpecifierSet(version.replace(" ", ""))


def _difference(name: str, wanted: SpecifierSet, present: str | None) -> str | None:
    if present is None:
        return f"{name} is not installed"
    return None if wanted.contains(present, prereleases=True) else f"{name} is {present}, not {wanted}"
