"""What the keys of one policy mean together: models, sources, and times that contradict each other.

Its functions take values that may be None where reading found them wrong, and must never report those again. The order
of steps is `step_validation`'s, gates are `gate_validation`'s, freeze windows are `freeze_validation`'s.
"""

from __future__ import annotations

from datetime import timedelta

from shared.policies.gate_validation import check_gates
from shared.policies.problems import Findings
from shared.policies.reading import Values
from shared.policies.step_validation import check_steps, find
from shared.policies.times import spell


def validate(values: Values, findings: Findings) -> None:
    """Find what contradicts itself in one policy's values."""
    _models(values["models"] or [], findings)
    _source(values["deployment"] or {}, values["endpoint"] or {}, findings)
    check_steps(values, findings)
    check_gates(values, findings)
    _deadlines(values, findings)
    if values["freeze"]:
        from shared.policies.freeze_validation import check_freeze  # noqa: PLC0415 -- it loads time zones, which few need

        check_freeze([window or {} for window in values["freeze"]], findings)


def _models(models: list[Values | None], findings: Findings) -> None:
    for index, model in enumerate(models):
        if model is not None and model in models[:index]:
            findings.add(f"models[{index}]", f"the same as models[{models.index(model)}]")


def _source(deployment: Values, endpoint: Values, findings: Findings) -> None:
    templated = "deployment.template" in findings.places
    if templated and deployment.get("from"):
        words = "green comes from the live deployment or from a template; leave one of the two out"
        findings.add("deployment.template", words)
    if endpoint.get("create") and not templated:
        example = "deployment: {template: deployments/churn.yml}"
        findings.add("endpoint.create", f"a new endpoint has no deployment to copy; give a template, like {example}")


def _deadlines(values: Values, findings: Findings) -> None:
    whole = find(values, "deadlines.rollout")
    if whole is None:
        return
    for part in ("provisioning", "step"):
        span = find(values, f"deadlines.{part}")
        if f"deadlines.{part}" in findings.places and span is not None and span > whole:
            words = f"{spell(span)} is longer than the whole rollout may take, {spell(whole)}"
            findings.add(f"deadlines.{part}", words)
    pauses = sum((_pause(step) for step in values["steps"] or []), timedelta())
    if pauses >= whole:
        words = f"{spell(whole)} is over before the pauses are, which take {spell(pauses)} together"
        findings.add(findings.written("deadlines.rollout", "steps"), words)


def _pause(step: Values | None) -> timedelta:
    pause = (step or {}).get("pause") or {}
    return pause.get("for") or timedelta()
