"""Operators' actions: a request is checked and recorded, and the loop carries it out."""

from __future__ import annotations

import logging
from dataclasses import replace

from functions import inputs
from functions.callers import actor
from functions.lookup import known_endpoint, workspace_of
from functions.reading import halts
from functions.requests import Call, Refused, not_found
from shared.core.endpoint_id import EndpointId
from shared.core.rollout import ModelVersion, OperatorRequest, Verb
from shared.core.rollout.requests import Address
from shared.errors import ErrorCode, Permanent
from shared.ports import Halt, HaltEnd
from shared.redaction import redacted
from shared.views import HaltView, RolloutView, rollout_view
from shared.wiring import app

log = logging.getLogger("teal.api")


def ask(call: Call) -> RolloutView:
    """Record an operator's request for the endpoint's open rollout; the route's name is the verb."""
    endpoint, verb = known_endpoint(call), Verb.named(call.route.name)
    request = OperatorRequest(verb, actor(call), call.field(inputs.COMMENT), app().clock())
    if verb is Verb.PROMOTE:
        request = replace(request, full=call.field(inputs.FULL))
    rollout = app().controller.request(endpoint, request, _address(call))
    if rollout is None:
        raise Refused(ErrorCode.NO_OPEN_ROLLOUT, f"{endpoint} has no open rollout, so {verb} is not possible")
    return rollout_view(rollout)


def _address(call: Call) -> Address:
    return Address(
        rollout=call.field(inputs.MEANT_ROLLOUT) or None,
        model=call.field(inputs.MEANT_MODEL) or None,
        version=call.field(inputs.MEANT_VERSION) or None,
        expected_step=call.field(inputs.EXPECTED_STEP),
        key=call.field(inputs.IDEMPOTENCY_KEY) or None,
    )


def start(call: Call) -> RolloutView:
    """Start a rollout."""
    endpoint = EndpointId(workspace_of(call), call.field(inputs.START_ENDPOINT))
    policy = app().policies.for_start(endpoint)
    if policy is None:
        raise not_found(f"no policy applies to endpoint {str(endpoint)!r}", "endpoint")
    model = ModelVersion(call.field(inputs.MODEL), call.field(inputs.VERSION))
    names = sorted({selector.name for selector in policy.models})
    if model.name not in names:
        raise not_found(
            f"the policy of {endpoint} has no model {model.name[:80]!r}; it has {', '.join(names)}", "model"
        )
    by, comment = actor(call), call.field(inputs.COMMENT)
    return rollout_view(app().intake.start(policy, model, by, comment))


def halt(call: Call) -> HaltView:
    """Keep every rollout at its current weight."""
    halted = Halt(actor(call), _comment(call), app().clock())
    app().store.set_halt(halted)
    log.warning("halt by=%r reason=%r", halted.by, halted.reason)
    return halts(halted)


def end_halt(call: Call) -> HaltView:
    """End the halt, even one whose row cannot be read."""
    by, comment = actor(call), _comment(call)
    halted = _newest_halt(by, comment)
    if halted is not None and halted.in_force:
        end = HaltEnd(by, comment, app().clock())
        halted = replace(halted, ended=end)
        app().store.set_halt(halted)
        log.warning("halt ended by=%r reason=%r", end.by, end.reason)
    return halts(halted)


def _newest_halt(by: str, comment: str) -> Halt | None:
    """Return the newest halt or, if its row cannot be read, one in the caller's name that replaces it."""
    try:
        return app().store.halt()
    except Permanent as error:
        log.warning("halt not read, so it is replaced: %s", error)
        own = Halt(by, comment, app().clock())
        app().store.set_halt(own)
        return own


def _comment(call: Call) -> str:
    """Return the reason for a halt or its end, redacted by every policy's patterns: it is shown for all of them."""
    policies = app().policies
    patterns = [
        each for place in policies.endpoints() for policy in policies.of_endpoint(place) for each in policy.redact
    ]
    return redacted(call.field(inputs.COMMENT), dict.fromkeys(patterns))
