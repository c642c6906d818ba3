"""What the gates of one policy mean together: with each other, with the steps and with where telemetry comes from.

As `sense`: values may be None where reading found them wrong, and must never be reported again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

from shared.core.telemetry import SourceKind, source_kind
from shared.policies.gate_building import percent
from shared.policies.problems import Findings
from shared.policies.reading import Values
from shared.policies.step_validation import find
from shared.policies.tables.gates import BUILT_IN, GATES
from shared.policies.times import spell

PATH = "judge.gates"
# So many bins the judge tells apart; of more it would take the rarest together.
MOST_BINS = 8
MOST_QUERIES = 5
SIX_HOURS = timedelta(hours=6)
UNCERTIFIED = ("predictions", "disagreement")
Roles = dict[str, str | None]


def check_gates(values: Values, findings: Findings) -> None:
    """Find gates that contradict themselves, each other, or what the policy does."""
    gates, steps = find(values, PATH), [step or {} for step in values["steps"] or []]
    if gates is None:
        return
    _check_limits((gates["latency"] or {}).get("at_most") or {}, _source(values, "telemetry.latency"), findings)
    if find(values, "telemetry.retries") == "once" and not _source(values, "telemetry.errors").counts_once:
        words = "metrics know no single request; write telemetry: {errors: logs, retries: once}, or leave it out"
        findings.add("telemetry.retries", words)
    if find(values, "telemetry.retries") == "once" and (find(values, "telemetry.history") or SIX_HOURS) > SIX_HOURS:
        findings.add("telemetry.history", f"with retries: once at most {spell(SIX_HOURS)}; each request is told apart")
    if len(gates["queries"] or []) > MOST_QUERIES:
        words = f"{len(gates['queries'])} queries; at most {MOST_QUERIES} are asked in each look"
        findings.add(f"{PATH}.queries", words)
    _check_bins((gates["predictions"] or {}).get("bins") or [], findings)
    _check_names([query or {} for query in gates["queries"] or []], findings)
    if gates["disagreement"] and not any("mirror" in step for step in steps):
        words = "compares answers to copies of live requests, and no step mirrors; add one, like {mirror: 20}"
        findings.add(f"{PATH}.disagreement", words)
    roles = _roles(gates, findings)
    for index, step in enumerate(steps):
        _check_needed(f"steps[{index}].weight.gates", (step.get("weight") or {}).get("gates") or [], roles, findings)
    _check_critical(steps, roles, findings)


def _source(values: Values, path: str) -> SourceKind:
    """Return the source that is chosen there; the default where reading found it wrong."""
    return source_kind(find(values, path) or "logs")


def _check_limits(limits: Values, source: SourceKind, findings: Findings) -> None:
    """Find limits that nothing could be held against, and those of which the stricter makes the other pointless."""
    path = f"{PATH}.latency.at_most"
    if limits and not source.counts_latency:
        words = "metrics tell a few percentiles, not how many answers took longer; leave it out, or read them from logs"
        findings.add(path, f"{words}, like telemetry: {{latency: logs}}")
    known = sorted((percent(key), key, span) for key, span in limits.items() if span is not None)
    for (_, lower, longer), (_, upper, shorter) in itertools.pairwise(known):
        if longer > shorter:
            words = f"{spell(longer)} is more than {upper} may take, {spell(shorter)}; limits must not fall"
            findings.add(f"{path}.{_quoted(lower)}", words)


def _quoted(key: str) -> str:
    return repr(key) if "." in key else key


def _check_bins(bins: list[float | None], findings: Findings) -> None:
    for index, (lower, upper) in enumerate(itertools.pairwise(bins), start=1):
        if lower is not None and upper is not None and upper <= lower:
            words = f"{upper:.12g} comes after {lower:.12g}; bins must rise"
            findings.add(f"{PATH}.predictions.bins[{index}]", words)
    if len(bins) >= MOST_BINS:
        words = f"{len(bins)} borders make {len(bins) + 1} bins; at most {MOST_BINS} are told apart"
        findings.add(f"{PATH}.predictions.bins", words)


def _check_names(queries: list[Values], findings: Findings) -> None:
    first: dict[str, int] = {}
    for index, query in enumerate(queries):
        name = query.get("name")
        if name is None:
            continue
        path = f"{PATH}.queries[{index}].name"
        if name in (*BUILT_IN, "queries"):
            findings.add(path, f"{name} is a gate that Teal has itself; take another name")
        elif first.setdefault(name, index) != index:
            findings.add(path, f"{name} is the name of queries[{first[name]}] already; names differ")


def _roles(gates: Values, findings: Findings) -> Roles:
    """Return the role of each gate by its name; None if reading found it wrong, or missed it."""
    meant = [key for key in BUILT_IN if gates[key] is not None or f"{PATH}.{key}" in findings.places]
    written = dict.fromkeys(("errors", *meant))
    roles: Roles = {key: (gates[key] or {}).get("role") for key in written}
    for query in gates["queries"] or []:
        roles[(query or {}).get("name") or ""] = (query or {}).get("role")
    return roles


def _check_needed(path: str, needed: list[str | None], roles: Roles, findings: Findings) -> None:
    """Find what one step waits for in vain."""
    for index, name in enumerate(needed):
        words = None if name is None else _why_not(name, needed[:index], roles)
        if words:
            findings.add(f"{path}[{index}]", words)


def _why_not(name: str, before: list[str | None], roles: Roles) -> str | None:
    if name in before:
        return f"{name} is there twice"
    if name in UNCERTIFIED:
        return f"{name} has no certificate that a step could wait for; leave it out"
    if roles.get(name) == "dry_run":
        return f"{name} is a dry run and moves nothing; make it non_blocking or critical in {PATH}, or leave it out"
    if name in roles or "" in roles:  # a query whose name is wrong may be the one that is meant
        return None
    import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

    known = [known for known in roles if known not in UNCERTIFIED]
    near = difflib.get_close_matches(name, known, n=1)
    if name in BUILT_IN and name not in near:
        example = next(field.kind.example for field in GATES.fields if field.key == name)
        return f"{name} is not judged; add it to {PATH}, like {name}: {example}, or leave it out"
    return f"{name} is no gate of this policy; " + (
        f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
    )


def _check_critical(steps: list[Values], roles: Roles, findings: Findings) -> None:
    """Find steps that wait for the critical gates where there is none: they would pass without any certificate."""
    if None in roles.values() or "critical" in roles.values():
        return
    waiting = next(_waiting(steps, findings), None)
    if waiting:
        otherwise = "end it by `for` or `requests`" if waiting.endswith("mirror") else "say there what it needs"
        words = f"no gate is critical, and {waiting} waits for one; make errors critical, or {otherwise}"
        findings.add(PATH, words)


def _waiting(steps: list[Values], findings: Findings) -> Iterator[str]:
    """Yield the steps that end when the critical gates certify the next."""
    for index, step in enumerate(steps):
        path = f"steps[{index}].weight"
        if (step.get("weight") or {}).get("to") not in {None, 100} and f"{path}.gates" not in findings.places:
            yield path
        path = f"steps[{index}].mirror"
        if (step.get("mirror") or {}).get("percent") and not {
            f"{path}.for",
            f"{path}.requests",
        } & findings.places.keys():
            yield path
