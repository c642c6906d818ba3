"""Checks the gates that steps wait for against the gates that a policy has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Kind, Sequence, Table
from shared.core.schema.kinds import Scalar

PATH = "judge.gates"
Roles = Mapping[str, str | None]


def check_needed(policy: Part, kinds: tuple[Field, ...]) -> None:
    """Report steps that wait for gates that never certify, or for critical gates if there are none. kinds: of gates."""
    gates = policy.find(PATH)
    if gates is None:
        return
    roles, steps = _roles(gates, kinds, policy), [step or {} for step in policy["steps"] or []]
    for index, step in enumerate(steps):
        needed = (step.get("weight") or {}).get("gates") or []
        for position, name in enumerate(needed):
            words = name and _why_not(name, needed[:position], roles, kinds)
            if words:
                policy.add(f"steps[{index}].weight.gates[{position}]", words)
    waiting = next(_waiting(steps, policy), None)
    if waiting and None not in roles.values() and "critical" not in roles.values():
        remedy = "end it with `for` or `requests`" if waiting.endswith("mirror") else "list the gates it needs"
        policy.add(PATH, f"no gate is critical, but {waiting} waits for one; make errors critical, or {remedy}")


def _roles(gates: Mapping[str, Any], kinds: tuple[Field, ...], policy: Part) -> Roles:
    """Return the role of each gate by name; an invalid role is None, an invalid name is empty."""
    roles: dict[str, str | None] = {}
    for field in kinds:
        value = gates.get(field.key)
        if isinstance(field.kind, Sequence):
            roles |= {(gate or {}).get("name") or "": (gate or {}).get("role") for gate in value or []}
        elif value is not None or field.key == "errors" or policy.writes(f"{PATH}.{field.key}"):
            roles[field.key] = (value or {}).get("role")
    return roles


def _why_not(name: str, before: list[str | None], roles: Roles, kinds: tuple[Field, ...]) -> str | None:
    own = {field.key: field.kind for field in kinds if isinstance(field.kind, Table)}
    uncertified = {key for key, kind in own.items() if not _certified(kind)}
    if name in before:
        return f"{name} is listed twice"
    if name in uncertified:
        return f"{name} has no certificate that a step could wait for; leave it out"
    if roles.get(name) == "dry_run":
        return f"{name} is a dry run and changes nothing; make it non_blocking or critical in {PATH}, or leave it out"
    if name in roles or "" in roles:  # the query with the invalid name may be the one meant
        return None
    import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

    known = [known for known in roles if known not in uncertified]
    near = difflib.get_close_matches(name, known, n=1)
    if name in own and name not in near:
        return f"{name} is not judged; add it to {PATH}, like {name}: {own[name].example}, or leave it out"
    remedy = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
    return f"{name} is not a gate of this policy; {remedy}"


def _certified(kind: Kind) -> bool:
    """Return whether a kind of gate has certificates, and so may be critical."""
    roles = next(field.kind for field in kind.fields if field.key == "role") if isinstance(kind, Table) else None
    return isinstance(roles, Scalar) and "critical" in roles.schema["enum"]


def _waiting(steps: list[Any], policy: Part) -> Iterator[str]:
    """Yield the steps that end when the critical gates certify the next one."""
    for index, step in enumerate(steps):
        path = f"steps[{index}].weight"
        if (step.get("weight") or {}).get("to") not in {None, 100} and not policy.writes(f"{path}.gates"):
            yield path
        path = f"steps[{index}].mirror"
        ends = any(policy.writes(f"{path}.{key}") for key in ("for", "requests"))
        if (step.get("mirror") or {}).get("percent") and not ends:
            yield path
