"""Checks whether an endpoint's telemetry reaches Teal, so that this is known before the next version waits for it.

Nothing waits for requests here: an endpoint without traffic has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.core.endpoint_id import EndpointId
from shared.core.observation import EndpointSeen, PathState
from shared.core.reconcile.proving import wrong_setting
from shared.core.telemetry import Requests, TelemetryQuery, Window, source_kind
from shared.errors import TealError
from shared.findings import Finding, Severity
from shared.ports import Telemetry
from shared.words import sentence

LOOKING_BACK = timedelta(minutes=15)
UNSEEN = "no version gets traffic before this is corrected: "
SETTING = UNSEEN + "correct the diagnostic setting as the message says (docs/deploying.md)"
ACCESS = UNSEEN + "check Teal's role on the Log Analytics workspace (docs/permissions.md), and Azure's status"


def telemetry_findings(
    endpoint: EndpointId, seen: EndpointSeen, source: str, telemetry: Telemetry, now: datetime
) -> Iterator[Finding]:
    """Yield whether requests to this endpoint get into this source of the policy, and whether Teal can read it."""
    about, problems = str(endpoint), list(_problems(endpoint, seen, source, telemetry, now))
    for problem, remedy in problems:
        yield Finding("telemetry", Severity.WARNING, problem, about, remedy)
    if not problems:
        yield Finding("telemetry", Severity.OK, f"Teal can read its requests from {source_kind(source).title}", about)


def _problems(
    endpoint: EndpointId, seen: EndpointSeen, source: str, telemetry: Telemetry, now: datetime
) -> Iterator[tuple[str, str]]:
    try:
        path = telemetry.path(endpoint.name, source)
        wrong = wrong_setting(path)
        if wrong is not None:
            yield sentence(wrong), SETTING
        elif path.state is PathState.UNKNOWN and path.detail:
            yield path.detail, ACCESS
    except TealError as error:
        yield f"Teal cannot read the endpoint's diagnostic settings: {error}", ACCESS
    window = Window(now - LOOKING_BACK, now)
    try:
        telemetry.minutes(endpoint.name, TelemetryQuery(window, Requests(source), deployments=tuple(seen.deployments)))
    except TealError as error:
        yield f"telemetry gives no answer: {error}", ACCESS
