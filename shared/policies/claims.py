"""Several policies for one endpoint: allowed if a model's tag can tell them apart. It must never read a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.policies.problems import Findings
from shared.policies.reading import Values


@dataclass(slots=True)
class Draft:
    """One policy file under examination: what it says, None where it could not be understood, and what was found."""

    findings: Findings
    values: Values | None = None


def check_claims(drafts: Sequence[Draft]) -> None:
    """Find policies that claim the same: which of them is meant could only be guessed."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        values = draft.values or {}
        endpoint, name = (values.get("endpoint") or {}).get("name"), values.get("name")
        if endpoint is None or name is None:
            continue
        known = first.setdefault((endpoint.lower(), name), draft)
        if known is not draft:
            _tell(draft, known.findings, endpoint, name)


def _tell(draft: Draft, known: Findings, endpoint: str, name: str) -> None:
    if name:
        place = f"{known.file}:{known.places['name'].line}"
        words = f"{endpoint} has a policy {name} already, in {place}; names differ on one endpoint"
        draft.findings.add("name", words)
        return
    place = f"{known.file}:{known.places['endpoint'].line}"
    words = f"{endpoint} has a policy already, in {place}; give one of them a name, which the model's tag teal can say"
    draft.findings.add("endpoint", words)
