"""Teal's health, as the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.findings import Severity
from shared.health import Health


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that was checked."""

    check: Annotated[str, "What was checked, such as `storage`, `tick`, `queue`, `policy`, `endpoint` or `telemetry`."]
    severity: Annotated[Severity, "How bad it is."]
    about: Annotated[str | None, "The endpoint, rollout or file that it is about; null for the whole app."]
    message: Annotated[str, "What was found."]
    remedy: Annotated[str | None, "What to do; null if nothing needs to be done."]


@dataclass(frozen=True, slots=True)
class HealthView:
    """Whether Teal can do its job."""

    severity: Annotated[Severity, "The worst of all findings."]
    at: Annotated[datetime, "When it was checked."]
    findings: Annotated[tuple[FindingView, ...], "Everything that was checked."]


def health_view(health: Health) -> HealthView:
    """Return what was found."""
    findings = tuple(
        FindingView(each.check, each.severity, each.about or None, each.message, each.remedy or None)
        for each in health.findings
    )
    return HealthView(health.severity, health.at, findings)
