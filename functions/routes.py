"""Every HTTP operation, one row each. Bindings, OpenAPI and docs/api.md are generated from these rows.

Handlers and types are named, not imported: this module is loaded when functions are indexed, and what a call needs is
loaded on the first call. tests/functions/test_routes.py finds names that do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from functions import inputs
from functions.inputs import Input
from functions.roles import AppRole
from shared.core.phases import Phase
from shared.core.verbs import Verb
from shared.errors import ErrorCode

ASKED = (inputs.ACTOR, inputs.COMMENT)
MEANT = (
    inputs.MEANT_ROLLOUT,
    inputs.MEANT_MODEL,
    inputs.MEANT_VERSION,
    inputs.EXPECTED_STEP,
    inputs.IDEMPOTENCY_KEY,
)


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP operation.

    name: of the function, and OpenAPI's operationId. path: below `/api/`. handler: the function that handles it, as
    `module:function`; it gets a `functions.requests.Call` and returns the view. summary: what it does, as an
    imperative. role: what a caller needs where the platform signs callers in; None: nothing. details: more, for the
    reference. view: the type of the response, as `module:type`; empty for any JSON. status: of a success. parts, query,
    body: its inputs. one_of: fields of the body of which one must be sent. errors: its own errors, in addition to those
    of any operation with such inputs.
    """

    name: str
    method: str
    path: str
    handler: str
    summary: str
    view: str
    role: AppRole | None = AppRole.READER
    details: str = ""
    status: int = 200
    parts: tuple[Input[Any], ...] = ()
    query: tuple[Input[Any], ...] = ()
    body: tuple[Input[Any], ...] = ()
    one_of: tuple[Input[Any], ...] = ()
    errors: tuple[ErrorCode, ...] = ()

    @property
    def codes(self) -> tuple[ErrorCode, ...]:
        """Every error that this operation can return."""
        found = {ErrorCode.UNKNOWN_PARAMETER, ErrorCode.MISCONFIGURED, ErrorCode.UNAVAILABLE, ErrorCode.BODY_TOO_LARGE}
        if self.role is not None:
            found |= {ErrorCode.NOT_SIGNED_IN, ErrorCode.MISSING_ROLE}
        if self.parts:
            found.add(ErrorCode.NOT_FOUND)
        if self.query:
            found |= {ErrorCode.INVALID_PARAMETER, ErrorCode.NOT_FOUND}
        if self.body:
            found |= {ErrorCode.INVALID_BODY, ErrorCode.INVALID_FIELD, ErrorCode.UNKNOWN_FIELD}
        return tuple(code for code in ErrorCode if code in found | set(self.errors))


_DETAILS = {
    Verb.PROMOTE: " Ends the current step and starts the next one, whatever the judge is still waiting for. With "
    "`full`, all live traffic goes to green at once; the response and the history list the steps that this skips.",
    Verb.OVERRIDE: " The judge keeps counting and reporting, but neither rolls this rollout back nor stops it from "
    "advancing. It is shown as `judge_override`, for this rollout only.",
}


def _verb_route(verb: Verb) -> Route:
    return Route(
        name=verb.value,
        method="POST",
        path=f"rollouts/{{endpoint}}/{verb}",
        handler="functions.steering:ask",
        role=AppRole.OPERATOR if verb.row.forward else AppRole.RESPONDER,
        summary=verb.row.summary,
        details=f"Possible while the rollout is {' or '.join(phase for phase in Phase if phase in verb.row.phases)}"
        + (", once green has passed its smoke test." if verb.row.tested else ".")
        + _DETAILS.get(verb, "")
        + (" The body names the rollout that is meant, by `rollout` or `version`." if verb.row.forward else ""),
        view="shared.views:RolloutView",
        status=202,
        parts=(inputs.ENDPOINT,),
        query=(inputs.WORKSPACE,),
        body=(*ASKED, *MEANT, *((inputs.FULL,) if verb is Verb.PROMOTE else ())),
        one_of=(inputs.MEANT_ROLLOUT, inputs.MEANT_VERSION) if verb.row.forward else (),
        errors=(
            ErrorCode.NO_OPEN_ROLLOUT,
            ErrorCode.NOT_POSSIBLE_IN_PHASE,
            ErrorCode.ROLLBACK_REQUESTED,
            ErrorCode.NOT_CURRENT_ROLLOUT,
            ErrorCode.STEP_CHANGED,
            ErrorCode.KEY_REUSED,
            ErrorCode.TOO_MANY_REQUESTS,
            ErrorCode.WRITE_CONFLICT,
            *((ErrorCode.SMOKE_TEST_NOT_PASSED,) if verb.row.tested else ()),
        ),
    )


ROUTES: tuple[Route, ...] = (
    Route(
        name="list",
        method="GET",
        path="rollouts",
        handler="functions.reading:list_rollouts",
        summary="List rollouts, newest first, across all workspaces and endpoints",
        details="A page may have fewer rollouts than `limit`, even none, and still a `continuation`: with `phase` or "
        "`open=false` each page examines a limited number of rollouts. `continuation` is null on the last page.",
        view="shared.views:PageView",
        query=(
            inputs.WORKSPACE_FILTER,
            inputs.ENDPOINT_FILTER,
            inputs.MODEL_FILTER,
            inputs.PHASE_FILTER,
            inputs.SINCE,
            inputs.OPEN,
            inputs.LIMIT,
            inputs.CONTINUATION,
        ),
    ),
    Route(
        name="start",
        method="POST",
        path="rollouts",
        handler="functions.steering:start",
        role=AppRole.OPERATOR,
        summary="Start a rollout",
        details="For a version whose registration started none, or whose rollout has ended. A version that already "
        "serves ends no open rollout; to return to it, roll that rollout back.",
        view="shared.views:RolloutView",
        status=202,
        query=(inputs.WORKSPACE,),
        body=(inputs.START_ENDPOINT, inputs.MODEL, inputs.VERSION, *ASKED),
        errors=(
            ErrorCode.MODEL_NOT_REGISTERED,
            ErrorCode.ROLLOUT_ALREADY_OPEN,
            ErrorCode.ALREADY_SERVING,
            ErrorCode.WRITE_CONFLICT,
            ErrorCode.AZURE_REFUSED,
        ),
    ),
    Route(
        name="show",
        method="GET",
        path="rollouts/{endpoint}",
        handler="functions.reading:show",
        summary="Show an endpoint: its current rollout and the one waiting",
        view="shared.views:EndpointView",
        parts=(inputs.ENDPOINT,),
        query=(inputs.WORKSPACE,),
    ),
    Route(
        name="show_rollout",
        method="GET",
        path="rollouts/{endpoint}/{rollout}",
        handler="functions.reading:show_rollout",
        summary="Show one rollout with its history and the telemetry it was judged by",
        details="The history has the newest 500 entries. For earlier minutes, repeat with `before` set to the first "
        "minute of the response.",
        view="shared.views:RolloutDetailView",
        parts=(inputs.ENDPOINT, inputs.ROLLOUT),
        query=(inputs.WORKSPACE, inputs.MINUTES, inputs.BEFORE, inputs.EVIDENCE),
    ),
    *(_verb_route(verb) for verb in Verb),
    Route(
        name="show_halt",
        method="GET",
        path="halt",
        handler="functions.reading:show_halt",
        summary="Show whether all rollouts are halted, by whom and why, and the history of halts",
        view="shared.views:HaltView",
    ),
    Route(
        name="halt",
        method="POST",
        path="halt",
        handler="functions.steering:halt",
        role=AppRole.RESPONDER,
        summary="Keep every rollout at its current weight",
        details="New deployments are still created, without traffic. Rollbacks are not held.",
        view="shared.views:HaltView",
        body=ASKED,
    ),
    Route(
        name="end_halt",
        method="DELETE",
        path="halt",
        handler="functions.steering:end_halt",
        role=AppRole.OPERATOR,
        summary="End the halt",
        view="shared.views:HaltView",
        body=ASKED,
        errors=(ErrorCode.WRITE_CONFLICT,),
    ),
    Route(
        name="health",
        method="GET",
        path="health",
        handler="functions.health:health",
        summary="Show whether Teal is healthy, and what to do if it is not",
        details="Checks storage, the timer, queues, policy files, endpoints, telemetry, and the progress of rollouts.",
        view="shared.views.health:HealthView",
    ),
    Route(
        name="openapi",
        method="GET",
        path="openapi.json",
        handler="functions.openapi:openapi",
        role=None,
        summary="Return this API's OpenAPI 3.1 document",
        view="",
    ),
)
