"""Selects the policies for a model version, by its name, version and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.core.endpoint_id import EndpointId
from shared.core.policy import Policy
from shared.policies.tables.policy import SKIP

TAG = "teal"


class Chosen(NamedTuple):
    """The policies that a model version triggers, at most one per endpoint. why: the reason if there are none."""

    policies: tuple[Policy, ...]
    why: str = ""


def choose(policies: Sequence[Policy], model: str, version: str, tags: dict[str, str]) -> Chosen:
    """Return the policies that a model version triggers.

    Its tag `teal` is `skip` or the name of a policy; an endpoint without a policy of that name uses its unnamed one. If
    no endpoint has that name, nothing is chosen: better no rollout than the wrong one.
    """
    wanted = tags.get(TAG, "")
    if wanted == SKIP:
        return Chosen((), f"its tag {TAG} is {SKIP}")
    claimed = [p for p in policies if any(chosen.matches(model, version, tags) for chosen in p.models)]
    names = sorted({policy.name for policy in claimed if policy.name})
    if wanted and claimed and wanted not in names:
        known = f"only {', '.join(names)}" if names else "none has a name"
        return Chosen((), f"its tag {TAG} is {wanted!r}, but no policy for it has that name ({known})")
    endpoints: dict[EndpointId, list[Policy]] = {}
    for policy in claimed:
        endpoints.setdefault(policy.endpoint_id, []).append(policy)
    picked = [_pick(present, wanted) for present in endpoints.values()]
    found = tuple(policy for policy in picked if policy is not None)
    return Chosen(found, "" if found else _why_none(policies, names, model))


def _pick(policies: list[Policy], wanted: str) -> Policy | None:
    """Return the policy with the wanted name, or else the unnamed one."""
    named = [policy for name in dict.fromkeys((wanted, "")) for policy in policies if policy.name == name]
    return named[0] if named else None


def _why_none(policies: Sequence[Policy], names: list[str], model: str) -> str:
    if names:
        return f"every policy for it has a name ({', '.join(names)}) and its tag {TAG} is none of them"
    selectors = [selector for policy in policies for selector in policy.models if selector.name == model]
    if any(not selector.registry for selector in selectors):
        return "no policy for this model matches its version and tags"
    if selectors:
        return "the policy for this model takes it from a registry, and an operator starts its rollouts"
    return "no policy is for this model"
