"""The HTTP API from a caller's point of view: the response to each request, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import pytest

from shared.core.phases import Phase
from shared.core.rollout import ModelVersion
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Conflict, Misconfigured, Permanent, TealError, Temporary
from shared.wiring import use
from tests.functions.conftest import Calls, Found, app_over, error, iso
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World

ASKED = {"by": "ada@example.com", "reason": "because"}
START = {"endpoint": ENDPOINT, "model": "churn", "version": "7", **ASKED}
MEANT = ASKED | {"version": "7"}
VERBS = ("promote", "pause", "resume", "rollback", "override")


def begun(calls: Calls) -> Calls:
    """Have version 7 rolled out to 10 percent of the traffic."""
    calls.world.register()
    calls.world.until_weight(10)
    return calls


def test_a_rollout_is_started_manually(calls: Calls) -> None:
    """202 with the rollout; the version may be a number, and the endpoint's case does not matter."""
    calls.world.models.registered[ModelVersion("churn", "7")] = {}
    status, rollout = calls.http("start", START | {"version": 7, "endpoint": "Churn"})
    assert (status, rollout["phase"], rollout["model"], rollout["version"]) == (202, "provisioning", "churn", "7")
    assert rollout["trigger"] == {
        "code": "rollout_requested",
        "facts": {"actor": "ada@example.com", "comment": "because"},
        "because": None,
        "summary": "started by ada@example.com: because",
    }
    assert calls.world.until(Phase.PROMOTED).observed.serving == GREEN


STARTS: list[tuple[str, dict[str, object], int, str, str | None]] = [
    ("no endpoint", {"endpoint": None}, 400, "invalid_field", "endpoint"),
    ("an endpoint without policy", {"endpoint": "fraud"}, 404, "not_found", "endpoint"),
    ("no model", {"model": ""}, 400, "invalid_field", "model"),
    ("a model that the policy does not name", {"model": "fraud"}, 404, "not_found", "model"),
    ("no version", {"version": " "}, 400, "invalid_field", "version"),
    ("a version of a wrong type", {"version": ["7"]}, 400, "invalid_field", "version"),
    ("a truth value as version", {"version": True}, 400, "invalid_field", "version"),
    ("a version that is not registered", {"version": "99"}, 404, "model_not_registered", "version"),
    ("nobody", {"by": ""}, 400, "invalid_field", "by"),
    ("no reason", {"reason": None}, 400, "invalid_field", "reason"),
    ("a reason without end", {"reason": "x" * 501}, 400, "invalid_field", "reason"),
    ("a reason of two lines", {"reason": "fine\nERROR forged"}, 400, "invalid_field", "reason"),
    ("a reason that ends in a line break", {"reason": "fine\n"}, 400, "invalid_field", "reason"),
    ("a reason that turns the writing direction", {"reason": "\u202eenif"}, 400, "invalid_field", "reason"),
    ("half a character", {"reason": "fine \ud83d"}, 400, "invalid_field", "reason"),
    ("a field that means nothing", {"wieght": 100}, 400, "unknown_field", "wieght"),
]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"), [row[1:] for row in STARTS], ids=[row[0] for row in STARTS]
)
def test_a_start_that_is_wrong_names_the_field(
    calls: Calls, change: dict[str, object], status: int, code: str, field: str | None
) -> None:
    """The code and the field say what is wrong, and nothing is started."""
    calls.world.models.registered[ModelVersion("churn", "7")] = {}
    found, content = calls.http("start", START | change)
    assert (found, error(content)["code"], error(content)["field"]) == (status, code, field)
    assert error(content)["message"]
    assert calls.world.store.rollouts(ENDPOINT) == ()


BODIES = [b"{", b"[]", b'"text"', b"7", b"\xff\xfe\xfa", b"null", b"[" * 100_000, b'{"by": "a"']


@pytest.mark.parametrize("raw", BODIES, ids=[repr(body[:12]) for body in BODIES])
@pytest.mark.parametrize("name", ["start", *VERBS])
def test_a_body_that_is_no_json_object_is_refused(calls: Calls, name: str, raw: bytes) -> None:
    """400 with the field `body`, however broken the bytes are."""
    begun(calls)
    status, content = calls.send(name, on_endpoint(name), raw=raw)
    assert (status, error(content)["code"], error(content)["field"]) == (400, "invalid_body", "body")


@pytest.mark.parametrize("name", ["start", *VERBS])
def test_a_field_that_is_given_twice_is_refused(calls: Calls, name: str) -> None:
    """400 that names the field, even if both values agree: proxies and audit logs may read the other one."""
    begun(calls)
    for field in ("by", "reason", "version"):
        twice = f'{{"{field}": "6", {json.dumps(START if name == "start" else MEANT)[1:]}'
        status, content = calls.send(name, on_endpoint(name), raw=twice.encode())
        assert (status, error(content)["code"], error(content)["field"]) == (400, "invalid_body", field)
        assert f"'{field}' twice" in error(content)["message"]
    assert calls.world.rollout().requests == ()


@pytest.mark.parametrize("name", ["start", *VERBS])
def test_a_body_over_a_megabyte_is_refused_unread(calls: Calls, name: str) -> None:
    """413, whether it would be JSON or not."""
    for raw in (b"{" * 1_000_001, b'{"by": "' + b"a" * 1_000_000 + b'"}'):
        status, content = calls.send(name, on_endpoint(name), raw=raw)
        assert (status, error(content)["code"]) == (413, "body_too_large")


def on_endpoint(name: str) -> dict[str, str]:
    """Return the parts of the path that an operation has."""
    return {} if name == "start" else {"endpoint": ENDPOINT}


def test_what_is_under_way_is_not_started_again(calls: Calls) -> None:
    """409 with the phase."""
    begun(calls)
    status, content = calls.http("start", START)
    assert (status, error(content)["code"]) == (409, "rollout_already_open")
    assert error(content)["message"] == "churn:7 already has a rollout on w/churn: it is stepping"


@pytest.mark.parametrize(
    ("verb", "phase"),
    [("promote", Phase.PROMOTED), ("pause", Phase.PAUSED), ("rollback", Phase.ROLLED_BACK)],
)
def test_a_request_is_accepted_and_carried_out(calls: Calls, verb: str, phase: Phase) -> None:
    """202 with the request on the rollout; the loop does the rest and reports who asked."""
    begun(calls)
    status, rollout = calls.http(verb, MEANT, endpoint="CHURN")
    assert status == 202
    assert rollout["pending_requests"] == [
        {"verb": verb, **ASKED, "at": iso(calls.world.clock()), "full": False, "skips": []}
    ]
    calls.world.until(phase)
    asked = [entry for entry in calls.world.history() if entry.actor == "ada@example.com"]
    assert [entry.reason.facts["comment"] for entry in asked] == [ASKED["reason"]] * 2  # accepted, carried out


def test_a_paused_rollout_is_resumed(calls: Calls) -> None:
    """Pause, then resume, over HTTP alone."""
    begun(calls)
    calls.http("pause", MEANT, endpoint=ENDPOINT)
    calls.world.until(Phase.PAUSED)
    assert calls.http("resume", MEANT, endpoint=ENDPOINT)[0] == 202
    calls.world.until(Phase.PROMOTED)


@pytest.mark.parametrize("verb", VERBS)
def test_a_request_for_an_endpoint_without_rollout(calls: Calls, verb: str) -> None:
    """404 for an unknown or invalid endpoint; 409 for a known one without an open rollout."""
    assert calls.http(verb, MEANT, endpoint="fraud")[0] == 404
    assert calls.http(verb, MEANT, endpoint="../churn?x='")[0] == 404
    status, content = calls.http(verb, MEANT, endpoint=ENDPOINT)
    assert (status, error(content)["code"]) == (409, "no_open_rollout")
    assert error(content)["message"] == f"w/churn has no open rollout, so {verb} is not possible"


def test_a_request_at_the_wrong_time_says_when_it_would_be_right(calls: Calls) -> None:
    """409, with the current phase and the phases in which it is possible."""
    begun(calls)
    status, content = calls.http("resume", MEANT, endpoint=ENDPOINT)
    assert (status, error(content)["code"]) == (409, "not_possible_in_phase")
    assert error(content)["message"] == (
        "the rollout of churn:7 is stepping; resume is possible while a rollout is paused"
    )


@pytest.mark.parametrize("field", ["by", "reason"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_request_needs_an_actor_and_a_reason(calls: Calls, verb: str, field: str) -> None:
    """400 with the missing field, and nothing on the record."""
    begun(calls)
    status, content = calls.http(verb, {key: value for key, value in MEANT.items() if key != field}, endpoint=ENDPOINT)
    assert (status, error(content)["field"]) == (400, field)
    assert calls.world.rollout().requests == ()


@pytest.mark.parametrize("name", ["teal", "Teal", " TEAL ", "\u00a0tEaL"])
def test_a_caller_cannot_use_teals_name(calls: Calls, name: str) -> None:
    """Histories would show a person's request as Teal's own decision."""
    calls.world.register()
    calls.world.until_weight(10)
    body = {"by": name, "reason": "because", "version": "7"}
    status, content = calls.http("pause", body, endpoint=ENDPOINT)
    assert (status, error(content)["code"], error(content)["field"]) == (400, "invalid_field", "by")
    assert "who you are" in error(content)["message"]
    assert "`teal`" in error(content)["message"]
    assert not calls.world.rollout().requests


@pytest.mark.parametrize("name", ["teal@example.com", "steal", "teal-pipeline"])
def test_names_that_only_contain_it_are_accepted(calls: Calls, name: str) -> None:
    """Such names belong to real people and pipelines."""
    calls.world.register()
    calls.world.until_weight(10)
    assert calls.http("pause", {"by": name, "reason": "because", "version": "7"}, endpoint=ENDPOINT)[0] == 202


def test_an_endpoint_is_shown(calls: Calls) -> None:
    """The answer has the current rollout and the waiting one."""
    begun(calls)
    calls.world.register("8", "e2")
    status, content = calls.http("show", endpoint=ENDPOINT)
    current, waiting = content["current"], content["waiting"]
    assert isinstance(current, dict)
    assert isinstance(waiting, dict)
    assert (status, content["endpoint"], content["workspace"]) == (200, ENDPOINT, "w")
    assert [(each["version"], each["phase"]) for each in (current, waiting)] == [("7", "stepping"), ("8", "queued")]


def test_an_endpoint_with_a_policy_and_no_rollout_is_shown_empty(calls: Calls) -> None:
    """An endpoint with a policy is known even without a rollout."""
    assert calls.http("show", endpoint=ENDPOINT) == (
        200, {"workspace": "w", "endpoint": ENDPOINT, "current": None, "waiting": None}
    )  # fmt: skip
    assert calls.http("show", endpoint="fraud")[0] == 404


def test_a_rollout_is_shown_with_its_reasons(calls: Calls) -> None:
    """History with who, why and numbers; the verdict with odds in words; the minutes that it was judged by."""
    begun(calls)
    calls.world.minutes(3)
    status, shown = calls.http("show_rollout", endpoint=ENDPOINT, rollout=calls.world.rollout().id)
    assert status == 200
    assert (shown["blue"], shown["green"], shown["weight"], shown["serving"]) == (BLUE, GREEN, 10, BLUE)
    assert shown["steps"] == [
        {"kind": "smoke", "summary": "smoke smoke.jsonl", "weight": None},
        {"kind": "weight", "summary": "weight 10%", "weight": 10},
        {"kind": "weight", "summary": "weight 50%", "weight": 50},
    ]
    assert shown["allowed_actions"] == ["promote", "pause", "rollback", "override"]
    assert shown["summary"] == "smoke test passed: 3 requests answered as expected"
    assert shown["blocked_reason"] is None
    history, verdict, minutes = shown["history"], shown["verdict"], shown["minutes"]
    assert isinstance(history, list)
    assert isinstance(verdict, dict)
    assert isinstance(minutes, list)
    assert [set(entry) for entry in history] == [
        {
            "at",
            "from",
            "to",
            "actor",
            "summary",
            "reason",
            "step",
            "weight",
            "mirror",
            "verdict",
            "gates",
            "judge_overruled",
        }
    ] * len(history)
    assert (history[0]["from"], history[0]["to"], history[0]["actor"]) == (None, "provisioning", "teal")
    assert isinstance(shown["reason"], dict)
    assert shown["reason"]["code"] == "smoke_passed"
    assert (history[0]["reason"]["code"], history[0]["summary"]) == ("rollout_started", "churn:7 was registered")
    assert verdict["odds_worse_threshold"] == "100 : 1"
    assert verdict["outcome"] in {"inconclusive", "pass"}
    assert {minute["deployment"] for minute in minutes} == {BLUE, GREEN}


def test_what_blocks_a_rollout_is_shown_while_it_is_open(calls: Calls) -> None:
    """Nothing blocks one that has ended, although Azure still gives no answer."""
    begun(calls)
    calls.world.endpoints.faults.always = "ARM is down"
    calls.world.minutes(2)
    name = calls.world.rollout().id
    _, shown = calls.http("show_rollout", endpoint=ENDPOINT, rollout=name)
    assert cast("dict[str, object]", shown["blocked_reason"])["code"] == "endpoint_unreadable"
    calls.world.endpoints.faults.always = ""
    calls.http("rollback", MEANT, endpoint=ENDPOINT)
    calls.world.until(Phase.ROLLED_BACK)
    calls.world.endpoints.faults.always = "ARM is down"
    calls.world.minutes(2)
    _, shown = calls.http("show_rollout", endpoint=ENDPOINT, rollout=name)
    assert (shown["phase"], shown["blocked_reason"]) == ("rolled-back", None)


def test_a_rollout_stays_listed_whatever_its_clock_does(calls: Calls) -> None:
    """Waiting, a later start and a halt move deadlines; the list still has each rollout once, in its place."""
    begun(calls)
    calls.world.register("8", "e2")
    calls.world.minutes(3)
    calls.http("halt", ASKED)
    calls.world.minutes(5)
    calls.http("end_halt", ASKED)
    calls.http("rollback", MEANT, endpoint=ENDPOINT)
    calls.world.until_weight(10, "8")
    _, page = calls.http("list")
    assert isinstance(page["rollouts"], list)
    assert [(each["version"], each["phase"]) for each in page["rollouts"]] == [("8", "stepping"), ("7", "rolled-back")]


def test_a_rollout_that_does_not_exist(calls: Calls) -> None:
    """404 with the field, even on a known endpoint."""
    status, content = calls.http("show_rollout", endpoint=ENDPOINT, rollout="x' or 1 eq 1")
    assert (status, error(content)["field"]) == (404, "rollout")


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
    """Temporary errors give 503, a lost race 409, a wrong setting 500, a refusal 502; always with a message."""
    begun(calls)
    calls.world.store.faults.planned += [fault] * 50
    found, content = calls.http("pause", MEANT, endpoint=ENDPOINT)
    assert (found, bool(error(content)["message"])) == (status, True)


@pytest.mark.parametrize("verb", ["promote", "resume", "override"])
def test_what_moves_forward_names_the_rollout_that_is_meant(calls: Calls, verb: str) -> None:
    """Without it 400; with another version 409, and no request is queued."""
    begun(calls)
    status, content = calls.http(verb, ASKED, endpoint=ENDPOINT)
    assert (status, error(content)["field"]) == (400, "rollout")
    for meant in ({"version": "6"}, {"rollout": "churn-6-abcdef"}, {"version": 7, "model": "fraud"}):
        status, content = calls.http(verb, ASKED | meant, endpoint=ENDPOINT)
        assert (status, error(content)["code"]) == (409, "not_current_rollout")
    assert calls.world.rollout().requests == ()


def test_a_request_from_a_stale_page_is_refused(calls: Calls) -> None:
    """409 if the rollout has moved on to another step than the page showed."""
    begun(calls)
    status, content = calls.http("promote", MEANT | {"expected_step": 2}, endpoint=ENDPOINT)
    assert (status, error(content)["code"]) == (409, "step_changed")
    assert calls.http("promote", MEANT | {"expected_step": 1}, endpoint=ENDPOINT)[0] == 202


@pytest.mark.parametrize(
    ("field", "value"),
    [("full", "false"), ("full", "true"), ("full", 0), ("full", 1), ("full", [True]), ("expected_step", True)],
)
def test_a_promotion_guesses_at_no_value(calls: Calls, field: str, value: object) -> None:
    """It gives a 400 that names the field: `"false"` does not promote all the way, and `true` is not step 1."""
    begun(calls)
    status, content = calls.http("promote", MEANT | {field: value}, endpoint=ENDPOINT)
    assert (status, error(content)["code"], error(content)["field"]) == (400, "invalid_field", field)
    assert calls.world.rollout().requests == ()


def test_a_retry_of_a_request_is_answered_like_the_first_time(calls: Calls) -> None:
    """Even if its rollout has ended and another one is open: the request is carried out once."""
    begun(calls)
    body = ASKED | {"rollout": calls.world.rollout().id, "idempotency_key": "ticket 12"}
    assert [calls.http("rollback", body, endpoint=ENDPOINT)[0] for _ in range(3)] == [202] * 3
    calls.world.until_finished()
    calls.world.register("8", "e2")
    calls.world.until_weight(10, "8")
    status, rollout = calls.http("rollback", body, endpoint=ENDPOINT)
    assert (status, rollout["version"], rollout["phase"]) == (202, "7", "rolled-back")
    assert calls.world.rollout("8").requests == ()
    assert len(calls.world.entries(ReasonCode.REQUEST_ACCEPTED)) == 1


def test_a_full_promotion_lists_what_it_skips(calls: Calls) -> None:
    """The response lists them before it happens."""
    begun(calls)
    _, rollout = calls.http("promote", MEANT | {"full": True}, endpoint=ENDPOINT)
    (pending,) = cast("list[dict[str, object]]", rollout["pending_requests"])
    assert (pending["full"], pending["skips"]) == (True, ["weight 10%", "weight 50%"])


def test_who_overruled_the_judge_is_shown_everywhere(calls: Calls) -> None:
    """On the rollout itself, in lists and in the history."""
    begun(calls)
    calls.http("override", MEANT, endpoint=ENDPOINT)
    calls.world.minutes()
    shown = calls.http("show", endpoint=ENDPOINT)[1]["current"]
    listed = calls.http("list")[1]["rollouts"]
    detailed = calls.http("show_rollout", endpoint=ENDPOINT, rollout=calls.world.rollout().id)[1]
    for rollout in (shown, cast("list[object]", listed)[0], detailed):
        override = cast("dict[str, dict[str, str]]", rollout)["judge_override"]
        assert (override["by"], override["reason"]) == (ASKED["by"], ASKED["reason"])
    calls.world.until(Phase.PROMOTED)
    detailed = calls.http("show_rollout", endpoint=ENDPOINT, rollout=calls.world.rollout().id)[1]
    history = cast("list[dict[str, object]]", detailed["history"])
    codes = [cast("dict[str, str]", entry["reason"])["code"] for entry in history]
    since = codes.index("operator_override")
    assert [entry["judge_overruled"] for entry in history] == [number >= since for number in range(len(history))]


def test_halts_are_shown_with_their_history(calls: Calls) -> None:
    """Who, why, set and ended, newest first; ending a halt again changes nothing."""
    calls.http("halt", ASKED)
    for _ in range(2):
        status, shown = calls.http("end_halt", ASKED | {"by": "bob@example.com", "reason": "over"})
        assert (status, shown["halted"], shown["by"]) == (200, False, None)
    _, shown = calls.http("show_halt")
    at = iso(calls.world.clock())
    assert shown["history"] == [
        {"halted": False, "by": "bob@example.com", "reason": "over", "at": at},
        {"halted": True, **ASKED, "at": at},
    ]


def test_a_halts_reason_is_kept_without_what_any_policy_redacts(found: Found, caplog: pytest.LogCaptureFixture) -> None:
    """A halt and its end do not belong to one endpoint, so all policies' patterns apply."""
    calls, reason = Calls(found, World(replace(POLICY, redact=("ACME-[0-9]{6}",)))), "customer ACME-123456 complains"
    with use(app_over(calls.world)):
        calls.http("halt", ASKED | {"reason": reason})
        calls.http("end_halt", ASKED | {"reason": f"{reason} no more"})
        _, shown = calls.http("show_halt")
    entries = cast("list[dict[str, object]]", shown["history"])
    assert [entry["reason"] for entry in entries] == ["customer *** complains no more", "customer *** complains"]
    assert "ACME" not in caplog.text
