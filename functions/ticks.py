"""The timer and queue triggers: every minute, each endpoint with work is queued and reconciled. Decides nothing."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import azure.functions as func

from shared.core.endpoint_id import EndpointId
from shared.errors import Permanent
from shared.names import ENDPOINT_NAME, QUEUE, QUEUE_CONNECTION
from shared.wiring import app

if TYPE_CHECKING:
    from shared.audit.orphans import OrphanSweep
    from shared.audit.versions import MissedVersions

log = logging.getLogger("teal.ticks")
ticks = func.Blueprint()


@ticks.function_name("tick")
@ticks.timer_trigger(arg_name="timer", schedule="0 * * * * *", use_monitor=False)  # missed minutes are not repeated
def tick(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the host passes it
    """Have every endpoint with work reconciled."""
    app().controller.tick()


@ticks.function_name("reconcile")
@ticks.queue_trigger(arg_name="message", queue_name=QUEUE, connection=QUEUE_CONNECTION)
def reconcile(message: func.QueueMessage) -> None:
    """Reconcile one endpoint. Raises only if the message cannot be read, so that it ends in the poison queue.

    Whatever else goes wrong, the next tick tries again long before the queue's retries would give up. Otherwise, an
    outage of minutes would fill the poison queue with a message for each rollout and tick.
    """
    endpoint = _endpoint(message.get_body())
    try:
        controller = app().controller
    except Exception:
        log.exception("not reconciled endpoint=%s: the app cannot start; the next tick tries again", endpoint)
        return
    controller.reconcile_safely(endpoint)


@ticks.function_name("sweep")
@ticks.timer_trigger(arg_name="timer", schedule="0 30 * * * *", use_monitor=False)
def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the host passes it
    """Find endpoints that have fallen off the list of work, every hour, and note which models Teal manages."""
    try:
        app().controller.sweep()
    finally:  # neither half depends on the other
        _missed_versions().note_models()


@ticks.function_name("audit")
@ticks.timer_trigger(arg_name="timer", schedule="0 40 3 * * *", use_monitor=False)
def audit(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the host passes it
    """Look for registered versions without a rollout and for what rollouts left behind, every night."""
    try:
        _orphan_sweep().sweep()
    finally:  # as above
        _missed_versions().compare()


@ticks.function_name("retention")
@ticks.timer_trigger(arg_name="timer", schedule="0 10 3 * * *", use_monitor=False)
def retention(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the host passes it
    """Delete expired data, every night."""
    from shared.retention import Retention  # noqa: PLC0415 -- see functions/routes.py

    used = app()
    deleted = Retention(used.store, used.settings.evidence_kept, used.settings.history_kept).sweep(used.clock())
    log.info("retention evidence=%s rollouts=%s", deleted.evidence, deleted.rollouts)


@ticks.function_name("health_report")
@ticks.timer_trigger(arg_name="timer", schedule="15 */5 * * * *", use_monitor=False)
def health_report(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the host passes it
    """Log health problems, every five minutes."""
    from functions.health import report  # noqa: PLC0415 -- see functions/routes.py

    report()


def _orphan_sweep() -> OrphanSweep:
    from shared.audit.orphans import OrphanSweep  # noqa: PLC0415 -- see functions/routes.py

    used = app()
    parts = used.store, used.workspaces, used.policies, used.clock, used.controller.holder, used.controller.channels
    return OrphanSweep(*parts, used.settings.history_kept)


def _missed_versions() -> MissedVersions:
    from shared.audit.versions import MissedVersions  # noqa: PLC0415 -- see functions/routes.py

    used = app()
    return MissedVersions(
        used.store, used.workspaces, used.policies, used.intake, used.clock, used.settings.history_kept
    )


def _endpoint(body: bytes) -> EndpointId:
    """Return the endpoint that a message names; raises Permanent if it cannot be read."""
    try:
        content = json.loads(body)
        workspace, endpoint = content["workspace"], content["endpoint"]
    except (ValueError, KeyError, TypeError, RecursionError):
        workspace = endpoint = None
    if not isinstance(workspace, str) or not isinstance(endpoint, str) or not ENDPOINT_NAME.fullmatch(endpoint):
        raise Permanent(f'the message is not {{"workspace": name, "endpoint": name}}: {body[:200]!r}')
    return EndpointId(workspace, endpoint)
