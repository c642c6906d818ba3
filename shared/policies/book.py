"""The policies of one folder, read once when the app starts. All of them are right, or none is used.

Only files that lie directly in the folder and end in .yaml or .yml are policies; folders below hold what they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.core.policy import Policy
from shared.errors import Permanent
from shared.policies.building import build_policy
from shared.policies.document import LARGEST_FILE, compose, place_of, read_text
from shared.policies.kinds import Unfit
from shared.policies.problems import Findings, PolicyError, Problem
from shared.policies.reading import read
from shared.policies.sense import check_sense
from shared.policies.smoke import inside, read_requests
from shared.policies.table import POLICY

SUFFIXES = {".yaml", ".yml"}
Bodies = dict[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Checked policies, one an endpoint, and the request bodies of the smoke files that they name."""

    policies: tuple[Policy, ...]
    bodies: Mapping[str, tuple[bytes, ...]]

    def for_model(self, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        """Return the policies that a model of this name with these tags sets off, one per endpoint."""
        return tuple(p for p in self.policies if any(chosen.matches(model, version, tags) for chosen in p.models))

    def for_endpoint(self, endpoint: str) -> Policy | None:
        """Return the policy of an endpoint, in whatever case its name is written, or None."""
        return next((policy for policy in self.policies if policy.endpoint == endpoint.lower()), None)

    def requests(self, path: str) -> tuple[bytes, ...]:
        """Return the request bodies of a smoke file, named as in `SmokeStep.requests`.

        Raises Permanent for a file that no present policy names: a rollout keeps the policy that it began with.
        """
        if path not in self.bodies:
            raise Permanent(f"the smoke file {path} is no longer part of any policy; start the rollout again")
        return self.bodies[path]


@dataclass(slots=True)
class Draft:
    """One policy file under examination: what it says, None where it could not be understood, and what was found."""

    findings: Findings
    values: dict[str, Any] | None = None


def read_policies(folder: Path) -> PolicyBook:
    """Return the policies in a folder; raises PolicyError (a Misconfigured) with every problem of all files at once."""
    drafts = [_draft(file) for file in _files(folder)]
    _check_endpoints(drafts)
    bodies: Bodies = {}
    problems = _read_smoke_files(folder, drafts, bodies)
    problems += [problem for draft in drafts for problem in draft.findings.problems]
    if problems:
        raise PolicyError(problems)
    return PolicyBook(tuple(build_policy(draft.values) for draft in drafts if draft.values is not None), bodies)


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if _is_policy(path))
    except OSError as error:
        raise _nowhere(folder, f"cannot be read: {error.strerror}") from error
    if not files:
        raise _nowhere(folder, "holds no policy (*.yaml or *.yml)")
    return files


def _is_policy(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _nowhere(folder: Path, message: str) -> PolicyError:
    words = (
        f"{message}, so nothing would ever be rolled out; Teal looked in {folder.absolute()} (setting TEAL_POLICIES)"
    )
    return PolicyError([Problem(str(folder), 0, 0, "", words)])


def _draft(file: Path) -> Draft:
    draft = Draft(Findings(str(file)))
    try:
        root = compose(read_text(file, draft.findings.file, LARGEST_FILE), draft.findings.file)
    except PolicyError as error:
        draft.findings.problems.extend(error.problems)
        return draft
    draft.findings.places[""] = place_of(root)
    draft.values = read(POLICY, root, "", draft.findings)
    if draft.values is not None:
        check_sense(draft.values, draft.findings)
    return draft


def _check_endpoints(drafts: list[Draft]) -> None:
    """Find endpoints with two policies: which of them is meant could only be guessed."""
    first: dict[str, Findings] = {}
    for draft in drafts:
        endpoint = (draft.values or {}).get("endpoint")
        if endpoint is None:
            continue
        known = first.setdefault(endpoint.lower(), draft.findings)
        if known is not draft.findings:
            place = f"{known.file}:{known.places['endpoint'].line}"
            draft.findings.add("endpoint", f"{endpoint} has a policy already, in {place}; one policy an endpoint")


def _read_smoke_files(folder: Path, drafts: list[Draft], bodies: Bodies) -> list[Problem]:
    """Read each smoke file once into `bodies`; return the problems within the files."""
    problems: list[Problem] = []
    for draft in drafts:
        for index, step in enumerate((draft.values or {}).get("steps") or []):
            smoke = (step or {}).get("smoke") or {}
            if smoke.get("requests") is not None:
                path = f"steps[{index}].smoke.requests"
                problems += _read_smoke_file(folder, smoke, bodies, (draft.findings, path))
    return problems


def _read_smoke_file(folder: Path, smoke: dict[str, Any], bodies: Bodies, at: tuple[Findings, str]) -> list[Problem]:
    """Read the file that a smoke step names, and spell its path as `bodies` does."""
    findings, path = at
    try:
        smoke["requests"] = name = inside(folder, smoke["requests"])
        if name not in bodies:
            bodies[name] = ()
            bodies[name] = read_requests(folder / name, str(folder / name))
    except Unfit as wrong:
        findings.add(path, str(wrong))
    except PolicyError as error:
        for problem in error.problems:
            if not problem.line:
                findings.add(path, f"{name}: {problem.message}")
        return [problem for problem in error.problems if problem.line]
    return []
