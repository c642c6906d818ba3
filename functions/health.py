"""Teal's health: on request, and every five minutes in the log."""

from __future__ import annotations

import logging

from functions.requests import Call
from shared.findings import Severity
from shared.health import Health, HealthCheck
from shared.views.health import HealthView, health_view
from shared.wiring import app

log = logging.getLogger("teal.health")


def health(call: Call) -> HealthView:
    """Show what Teal needs and whether it is available."""
    del call
    return health_view(checked())


def report() -> None:
    """Log a line for every problem, for alerts on the log."""
    found = checked()
    for each in found.findings:
        if each.severity is not Severity.OK:
            level = logging.ERROR if each.severity is Severity.FAILING else logging.WARNING
            log.log(level, "health check=%s about=%r: %s; %s", each.check, each.about, each.message, each.remedy)
    log.info("health severity=%s findings=%s", found.severity, len(found.findings))


def checked() -> Health:
    """Return the current findings."""
    used = app()
    return HealthCheck(used.store, used.workspaces, used.policies, used.backlog).check(used.clock())
