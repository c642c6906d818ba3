"""When a person asks, over HTTP with a function key: start, list, show, promote, pause, resume, roll back, halt.

Bindings only. The work is in `steering`, which is loaded at the first call, since it leads to the whole record: while
functions are indexed nothing of that is needed.
"""

from __future__ import annotations

import azure.functions as func

from functions.requests import answered

api = func.Blueprint()


@api.function_name("start")
@api.route(route="rollouts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def start(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a rollout by hand: {"endpoint", "model", "version", "by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.start(req))


@api.function_name("list")
@api.route(route="rollouts", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def list_rollouts(req: func.HttpRequest) -> func.HttpResponse:
    """List rollouts, newest first in each endpoint; ?open=true only those that are not finished."""
    from functions import steering

    return answered(lambda: steering.list_rollouts(req))


@api.function_name("show")
@api.route(route="rollouts/{endpoint}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def show(req: func.HttpRequest) -> func.HttpResponse:
    """Show an endpoint: which rollout is current, which waits, and all there were."""
    from functions import steering

    return answered(lambda: steering.show(req))


@api.function_name("show_rollout")
@api.route(route="rollouts/{endpoint}/{rollout}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def show_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Show one rollout with its history and minutes; ?evidence=true also with what each gate said after each."""
    from functions import steering

    return answered(lambda: steering.show_rollout(req))


@api.function_name("promote")
@api.route(route="rollouts/{endpoint}/promote", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def promote(req: func.HttpRequest) -> func.HttpResponse:
    """Send all live traffic to green now: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.promote(req))


@api.function_name("pause")
@api.route(route="rollouts/{endpoint}/pause", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def pause(req: func.HttpRequest) -> func.HttpResponse:
    """Hold the rollout at its present weight: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.pause(req))


@api.function_name("resume")
@api.route(route="rollouts/{endpoint}/resume", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def resume(req: func.HttpRequest) -> func.HttpResponse:
    """Go on from a pause: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.resume(req))


@api.function_name("rollback")
@api.route(route="rollouts/{endpoint}/rollback", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def rollback(req: func.HttpRequest) -> func.HttpResponse:
    """Take all live traffic back to blue: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.rollback(req))


@api.function_name("show_halt")
@api.route(route="halt", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def show_halt(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 -- the host passes it
    """Say whether everything is halted, by whom and why."""
    from functions import steering

    return answered(steering.show_halt)


@api.function_name("halt")
@api.route(route="halt", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def halt(req: func.HttpRequest) -> func.HttpResponse:
    """Hold every rollout where it is; rollbacks go on: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.halt(req))


@api.function_name("end_halt")
@api.route(route="halt", methods=["DELETE"], auth_level=func.AuthLevel.FUNCTION)
def end_halt(req: func.HttpRequest) -> func.HttpResponse:
    """Let every rollout go on: {"by", "reason"}."""
    from functions import steering

    return answered(lambda: steering.end_halt(req))
