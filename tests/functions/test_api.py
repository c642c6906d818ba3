"""The HTTP API as a caller sees it: what each request is answered, and what the JSON has in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import ModelVersion
from shared.errors import Conflict, Misconfigured, Permanent, TealError, Temporary
from shared.wiring import use
from tests.functions.conftest import SETTINGS, Calls, app_over
from tests.scenarios.world import BLUE, ENDPOINT, GREEN

WISH = {"by": "ada@example.com", "reason": "because"}
START = {"endpoint": ENDPOINT, "model": "churn", "version": "7", **WISH}
VERBS = ("promote", "pause", "resume", "rollback")


def error(content: dict[str, object]) -> dict[str, str]:
    """Return the error of an answer."""
    found = content["error"]
    assert isinstance(found, dict)
    return found


def begun(calls: Calls) -> Calls:
    """Have version 7 under way with 10 per cent of the traffic."""
    calls.world.register()
    calls.world.until_weight(10)
    return calls


def test_a_rollout_is_started_by_hand(calls: Calls) -> None:
    """202 with the rollout; a number as version is as good as text, and the endpoint's case does not matter."""
    calls.world.models.registered[ModelVersion("churn", "7")] = {}
    status, rollout = calls.http("start", START | {"version": 7, "endpoint": "Churn"})
    assert (status, rollout["phase"], rollout["model"], rollout["version"]) == (202, "provisioning", "churn", "7")
    assert rollout["cause"] == "started by ada@example.com: because"
    assert calls.world.until(Phase.PROMOTED).serving == GREEN


STARTS: list[tuple[str, dict[str, object], int, str | None]] = [
    ("no endpoint", {"endpoint": None}, 400, "endpoint"),
    ("an endpoint without policy", {"endpoint": "fraud"}, 404, "endpoint"),
    ("no model", {"model": ""}, 400, "model"),
    ("a model that the policy does not name", {"model": "fraud"}, 400, "model"),
    ("no version", {"version": " "}, 400, "version"),
    ("a version of a wrong type", {"version": ["7"]}, 400, "version"),
    ("a truth value as version", {"version": True}, 400, "version"),
    ("a version that is not registered", {"version": "99"}, 404, "version"),
    ("nobody", {"by": ""}, 400, "by"),
    ("no reason", {"reason": None}, 400, "reason"),
    ("an endless reason", {"reason": "x" * 501}, 400, "reason"),
    ("a reason of two lines", {"reason": "fine\nERROR forged"}, 400, "reason"),
    ("a field that means nothing", {"wieght": 100}, 400, "wieght"),
]


@pytest.mark.parametrize(("change", "status", "field"), [row[1:] for row in STARTS], ids=[row[0] for row in STARTS])
def test_a_start_that_is_wrong_names_the_field(
    calls: Calls, change: dict[str, object], status: int, field: str | None
) -> None:
    """What is wrong is said, and nothing is begun."""
    calls.world.models.registered[ModelVersion("churn", "7")] = {}
    found, content = calls.http("start", START | change)
    assert (found, error(content).get("field")) == (status, field)
    assert error(content)["message"]
    assert calls.world.store.rollouts(ENDPOINT) == ()


BODIES = [b"{", b"[]", b'"text"', b"7", b"\xff\xfe\xfa", b"null", b"[" * 100_000, b'{"by": "a"']


@pytest.mark.parametrize("raw", BODIES, ids=[repr(body[:12]) for body in BODIES])
@pytest.mark.parametrize("name", ["start", *VERBS])
def test_a_body_that_is_no_json_object_is_refused(calls: Calls, name: str, raw: bytes) -> None:
    """400 with the field `body`, however broken the bytes are."""
    begun(calls)
    status, content = calls.http(name, raw=raw, endpoint=ENDPOINT)
    assert (status, error(content)["field"]) == (400, "body")


def test_what_is_under_way_is_not_started_again(calls: Calls) -> None:
    """409 with the phase."""
    begun(calls)
    status, content = calls.http("start", START)
    assert (status, "is stepping on churn already" in error(content)["message"]) == (409, True)


@pytest.mark.parametrize(
    ("verb", "phase"),
    [("promote", Phase.PROMOTED), ("pause", Phase.PAUSED), ("rollback", Phase.ROLLED_BACK)],
)
def test_a_wish_is_accepted_and_carried_out(calls: Calls, verb: str, phase: Phase) -> None:
    """202 with the wish on the rollout; the loop does the rest and tells who asked."""
    begun(calls)
    status, rollout = calls.http(verb, WISH, endpoint="CHURN")
    assert status == 202
    assert rollout["wish"] == {"verb": verb, **WISH, "at": calls.world.clock().isoformat()}
    calls.world.until(phase)
    asked = [entry for entry in calls.world.history() if entry.actor == "ada@example.com"]
    assert [entry.reason.facts["comment"] for entry in asked] == [WISH["reason"]]


def test_a_paused_rollout_is_resumed(calls: Calls) -> None:
    """Pause, then resume, over HTTP alone."""
    begun(calls)
    calls.http("pause", WISH, endpoint=ENDPOINT)
    calls.world.until(Phase.PAUSED)
    assert calls.http("resume", WISH, endpoint=ENDPOINT)[0] == 202
    calls.world.until(Phase.PROMOTED)


@pytest.mark.parametrize("verb", VERBS)
def test_a_wish_for_an_endpoint_without_rollout(calls: Calls, verb: str) -> None:
    """404 for an endpoint nobody knows, or that cannot be one; 409 for a known one without an open rollout."""
    assert calls.http(verb, WISH, endpoint="fraud")[0] == 404
    assert calls.http(verb, WISH, endpoint="../churn?x='")[0] == 404
    assert calls.http(verb, WISH, endpoint=ENDPOINT)[0] == 409


def test_a_wish_at_the_wrong_time_says_when_it_would_be_right(calls: Calls) -> None:
    """409, with the phase and the phases that would do."""
    begun(calls)
    status, content = calls.http("resume", WISH, endpoint=ENDPOINT)
    assert (status, error(content)["message"]) == (
        409,
        "the rollout of churn:7 is stepping; resume needs one that is paused",
    )


@pytest.mark.parametrize("field", ["by", "reason"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_wish_needs_a_person_and_a_reason(calls: Calls, verb: str, field: str) -> None:
    """400 with the missing field, and nothing on the record."""
    begun(calls)
    status, content = calls.http(verb, {key: value for key, value in WISH.items() if key != field}, endpoint=ENDPOINT)
    assert (status, error(content)["field"]) == (400, field)
    assert calls.world.rollout().wish is None


def test_with_sign_in_the_platform_says_who_asks(calls: Calls) -> None:
    """Behind the platform's sign-in its header is taken, not the caller's word; without it, 401."""
    begun(calls)
    with use(app_over(calls.world, replace(SETTINGS, trust_easy_auth=True))):
        assert calls.http("pause", WISH, endpoint=ENDPOINT)[0] == 401
        signed = {"x-ms-client-principal-name": "grace@example.com"}
        assert calls.http("pause", WISH, endpoint=ENDPOINT, headers=signed)[0] == 202
    wish = calls.world.rollout().wish
    assert wish is not None
    assert wish.by == "grace@example.com"


def test_without_sign_in_a_forged_header_means_nothing(calls: Calls) -> None:
    """The caller's own word is what is written down."""
    begun(calls)
    calls.http("pause", WISH, endpoint=ENDPOINT, headers={"x-ms-client-principal-name": "root"})
    wish = calls.world.rollout().wish
    assert wish is not None
    assert wish.by == "ada@example.com"


def test_an_endpoint_is_shown(calls: Calls) -> None:
    """Which rollout is current, which waits, and all there were, newest first."""
    begun(calls)
    calls.world.register("8", "e2")
    status, content = calls.http("show", endpoint=ENDPOINT)
    rollouts = content["rollouts"]
    assert isinstance(rollouts, list)
    assert status == 200
    assert [(rollout["version"], rollout["phase"]) for rollout in rollouts] == [("8", "queued"), ("7", "stepping")]
    assert (content["current"], content["waiting"]) == (rollouts[1]["id"], rollouts[0]["id"])


def test_an_endpoint_with_a_policy_and_no_rollout_is_shown_empty(calls: Calls) -> None:
    """Known is not the same as busy."""
    assert calls.http("show", endpoint=ENDPOINT) == (
        200, {"endpoint": ENDPOINT, "current": None, "waiting": None, "rollouts": []}
    )  # fmt: skip
    assert calls.http("show", endpoint="fraud")[0] == 404


def test_a_rollout_is_shown_with_its_reasons(calls: Calls) -> None:
    """History with who, why and numbers; the verdict with odds in words; the minutes it was judged by."""
    begun(calls)
    calls.world.minutes(3)
    status, shown = calls.http("show_rollout", endpoint=ENDPOINT, rollout=calls.world.rollout().id)
    assert status == 200
    assert (shown["blue"], shown["green"], shown["weight"], shown["serving"]) == (BLUE, GREEN, 10, BLUE)
    assert shown["steps"] == ["smoke smoke.jsonl", "weight 10 %", "weight 50 %"]
    assert shown["possible"] == ["promote", "pause", "rollback"]
    history, verdict, minutes = shown["history"], shown["verdict"], shown["minutes"]
    assert isinstance(history, list)
    assert isinstance(verdict, dict)
    assert isinstance(minutes, list)
    assert [set(entry) for entry in history] == [
        {"at", "from", "to", "by", "code", "text", "step", "weight", "mirror", "verdict"}
    ] * len(history)
    assert (history[0]["from"], history[0]["to"], history[0]["by"]) == (None, "provisioning", "teal")
    assert verdict["odds_worse_threshold"] == "100 : 1"
    assert verdict["outcome"] in {"inconclusive", "pass"}
    assert {minute["deployment"] for minute in minutes} == {BLUE, GREEN}


def test_a_rollout_that_does_not_exist(calls: Calls) -> None:
    """404 with the field, on a known endpoint too."""
    status, content = calls.http("show_rollout", endpoint=ENDPOINT, rollout="x' or 1 eq 1")
    assert (status, error(content)["field"]) == (404, "rollout")


def test_rollouts_are_listed(calls: Calls) -> None:
    """All, or with ?open=true those that are not finished."""
    begun(calls)
    assert [r["phase"] for r in listed(calls)] == ["stepping"]
    assert [r["phase"] for r in listed(calls, "TRUE")] == ["stepping"]
    calls.http("rollback", WISH, endpoint=ENDPOINT)
    calls.world.until_finished()
    assert [r["phase"] for r in listed(calls)] == ["rolled-back"]
    assert listed(calls, "true") == []


def listed(calls: Calls, only_open: str = "") -> list[dict[str, object]]:
    """Return the list that the API gives."""
    status, content = calls.http("list", open=only_open)
    assert status == 200
    rollouts = content["rollouts"]
    assert isinstance(rollouts, list)
    return rollouts


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Temporary("table busy"), 503),
        (Conflict("etag"), 409),
        (Misconfigured("no setting"), 500),
        (Permanent("no"), 502),
    ],
    ids=["temporary", "conflict", "misconfigured", "permanent"],
)
def test_trouble_behind_the_api_has_its_status(calls: Calls, fault: TealError, status: int) -> None:
    """Try again is 503, a race that was lost 409, our own settings 500; always with a message."""
    begun(calls)
    calls.world.store.faults.planned += [fault] * 9
    found, content = calls.http("pause", WISH, endpoint=ENDPOINT)
    assert (found, bool(error(content)["message"])) == (status, True)
