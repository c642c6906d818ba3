"""What can be checked without changing anything: the deployment to copy, models, autoscale settings, and the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.verify.azure import Azure
from cli.verify.report import Report, UnexpectedError, UnseenError
from shared.adapters.arm import path
from shared.adapters.models import NEWEST_FIRST
from shared.core.telemetry import Requests, TelemetryQuery, Window
from shared.errors import NotYet
from shared.ports import Fetch

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def models(azure: Azure, report: Report) -> None:
    """Read the version that green will serve, and the list of its versions."""
    model = azure.wanted.model
    with report.check("M1", needed=True) as note:
        tags, created = azure.models.tags(model), azure.models.created(model)
        if tags is None or created is None:
            raise UnexpectedError(f"{model} has tags {tags} and was created at {created}")
        note.text = f"{model}, {len(tags)} tags, created {created:%Y-%m-%d %H:%M}"
    with report.check("M2") as note:
        place = path("models", model.name, "versions")
        listed = azure.manager.items_until(place, NEWEST_FIRST, lambda _: False) or []
        times = [str((body.get("systemData") or {}).get("createdAt")) for body in listed]
        if times != sorted(times, reverse=True) or not listed:
            raise UnexpectedError(f"{len(listed)} versions, created at {', '.join(times[:5])}")
        note.text = f"{len(listed)} versions"


def autoscale(azure: Azure, report: Report) -> None:
    """List the autoscale settings of the endpoint to copy from."""
    with report.check("A1") as note:
        note.text = f"{len(azure.endpoints.autoscaled(azure.wanted.like[0]))} deployments have settings"


def request_log(azure: Azure, report: Report) -> None:
    """Query the request log of the endpoint to copy from, which has had a diagnostic setting for long enough."""
    endpoint, now = azure.wanted.like[0], azure.now().replace(second=0, microsecond=0)
    window = Window(now - HOUR, now)
    with report.check("L1", needed=True) as note:
        try:
            rows = azure.log.read(Fetch(endpoint, TelemetryQuery(window)), (Requests(),))
        except NotYet as error:
            raise UnseenError(str(error)) from error
        note.text = f"{sum(row.total for row in rows)} requests in the last hour"
    with report.check("L3") as note:
        if not rows:
            raise UnseenError(f"{endpoint} logged no request in the last hour")
        note.text = f"the newest row is of {max(row.minute for row in rows):%H:%M}, read at {azure.now():%H:%M}"
