"""What the HTTP functions do: a person's wish is checked and written down, and the loop carries it out.

It must never decide: what is possible is the core's to say.
"""

from __future__ import annotations

import logging

import azure.functions as func

from functions.requests import BadRequest, answer, body_of, endpoint_of, person
from shared.core.rollout import ModelVersion, OperatorRequest, Verb
from shared.ports import Halt
from shared.views import halt_view, judgements_view, minutes_view, rollout_view
from shared.wiring import app

log = logging.getLogger("teal.api")


def show_halt() -> func.HttpResponse:
    """Say whether everything is halted, by whom and why."""
    return answer(halt_view(app().store.halt()))


def promote(req: func.HttpRequest) -> func.HttpResponse:
    """Send all live traffic to green now."""
    return _ask(req, Verb.PROMOTE)


def pause(req: func.HttpRequest) -> func.HttpResponse:
    """Hold the rollout at its present weight."""
    return _ask(req, Verb.PAUSE)


def resume(req: func.HttpRequest) -> func.HttpResponse:
    """Go on from a pause."""
    return _ask(req, Verb.RESUME)


def rollback(req: func.HttpRequest) -> func.HttpResponse:
    """Take all live traffic back to blue."""
    return _ask(req, Verb.ROLLBACK)


def halt(req: func.HttpRequest) -> func.HttpResponse:
    """Hold every rollout where it is; rollbacks go on."""
    body = body_of(req).only("by", "reason")
    reason = body.text("reason", wanted="why, in 1 to 500 characters")
    halted = Halt(person(req, body, signed_in=app().settings.trust_easy_auth), reason, app().clock())
    app().store.set_halt(halted)
    log.warning("halt by=%r reason=%r", halted.by, halted.reason)
    return answer(halt_view(halted))


def end_halt(req: func.HttpRequest) -> func.HttpResponse:
    """Let every rollout go on."""
    body = body_of(req).only("by", "reason")
    by = person(req, body, signed_in=app().settings.trust_easy_auth)
    log.warning("halt ended by=%r reason=%r", by, body.text("reason", wanted="why, in 1 to 500 characters"))
    app().store.set_halt(None)
    return answer(halt_view(None))


def start(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a rollout by hand."""
    body = body_of(req).only("endpoint", "model", "version", "by", "reason")
    endpoint = body.text("endpoint", wanted="the name of an endpoint that has a policy").lower()
    policy = app().policies.for_start(endpoint)
    if policy is None:
        raise BadRequest("endpoint", f"there is no policy for an endpoint {endpoint!r}", 404)
    model = ModelVersion(body.text("model"), body.text("version", wanted="a version, such as 7"))
    if model.name not in {selector.name for selector in policy.models}:
        raise BadRequest("model", f"the policy of {endpoint} is not for a model {model.name!r}")
    by = person(req, body, signed_in=app().settings.trust_easy_auth)
    return answer(rollout_view(app().reception.start(policy, model, by, body.text("reason"))), 202)


def list_rollouts(req: func.HttpRequest) -> func.HttpResponse:
    """List rollouts, newest first in each endpoint."""
    only_open = req.params.get("open", "").lower() == "true"
    store = app().store
    names = store.open_endpoints() if only_open else store.endpoints()
    found = [rollout for name in names for rollout in store.rollouts(name)]
    return answer({"rollouts": [rollout_view(r) for r in found if not (only_open and r.finished)]})


def show(req: func.HttpRequest) -> func.HttpResponse:
    """Show an endpoint with all its rollouts."""
    endpoint = _known(endpoint_of(req))
    record = app().store.record(endpoint).value
    rollouts = [rollout_view(rollout) for rollout in app().store.rollouts(endpoint)]
    return answer({"endpoint": endpoint, "current": record.current, "waiting": record.waiting, "rollouts": rollouts})


def show_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Show one rollout with its history and minutes; `?evidence=true` also with what each gate said each minute."""
    endpoint, name = _known(endpoint_of(req)), req.route_params.get("rollout", "")
    found = app().store.rollout(endpoint, name)
    if found is None:
        raise BadRequest("rollout", f"{endpoint} has no rollout {name[:80]!r}", 404)
    view = rollout_view(found.value, app().store.history(endpoint, name))
    view |= {"minutes": minutes_view(app().store.kept_minutes(name))}
    if req.params.get("evidence", "").lower() == "true":
        view |= {"evidence": judgements_view(app().store.kept_judgements(name))}
    return answer(view)


def _ask(req: func.HttpRequest, verb: Verb) -> func.HttpResponse:
    endpoint = _known(endpoint_of(req))
    body = body_of(req).only("by", "reason")
    reason = body.text("reason", wanted="why, in 1 to 500 characters")
    wish = OperatorRequest(verb, person(req, body, signed_in=app().settings.trust_easy_auth), reason, app().clock())
    rollout = app().controller.request(endpoint, wish)
    if rollout is None:
        raise BadRequest("endpoint", f"{endpoint} has no open rollout to {verb}", 409)
    return answer(rollout_view(rollout), 202)


def _known(endpoint: str) -> str:
    if app().policies.for_endpoint(endpoint) is None and app().store.record(endpoint).etag is None:
        raise BadRequest("endpoint", f"there is no endpoint {endpoint!r} with a policy or a rollout", 404)
    return endpoint
