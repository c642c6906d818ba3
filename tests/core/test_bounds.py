"""Whatever the input, a rollout's record stays small enough to be stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.core.bounds import LONGEST_ITEM, LONGEST_TEXT, MOST_ITEMS, bounded, cut
from shared.core.observation import SmokeResult
from shared.core.phases import Phase
from shared.core.reconcile.judging import judge_minutes
from shared.core.rollout import OperatorRequest, Refusal, Rollout, Verb
from shared.core.rollout.diagnostics import brief_entry, brief_rollout
from shared.core.rollout.history import moved, noted
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.refusal import ActionKind
from shared.core.rollout.requests import MOST_WAITING
from shared.core.steps import SmokeStep
from shared.json_codec import decode, encode
from shared.words import sentence
from tests.core.rollouts import ALL_BLUE as ALL
from tests.core.rollouts import NOW, rollout, seen

LARGE = "ü" * 700_000
STORABLE = 100_000  # characters of JSON; a row takes 480,000
STEPPING = rollout(Phase.STEPPING)


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("x" * 40, 1, "…")],
)
def test_a_truncated_text_is_marked(text: str, most: int, kept: str) -> None:
    """Text that fits is unchanged."""
    assert cut(text, most) == kept


def test_lists_and_objects_are_cut_at_every_depth() -> None:
    """Numbers and short texts stay as they are."""
    many: list[Any] = [LARGE, 7, {"deep": [LARGE] * 200}] * 100
    found: dict[str, list[Any]] = bounded({"many": many, "few": [1.5, True, None]})
    assert found["few"] == [1.5, True, None]
    assert len(found["many"]) == MOST_ITEMS
    assert len(found["many"][0]) == LONGEST_ITEM
    deep = found["many"][2]
    assert isinstance(deep, dict)
    assert len(deep["deep"]) == MOST_ITEMS


def test_a_smoke_test_keeps_a_few_problems_and_the_number_of_all() -> None:
    """Of nine thousand failures, the first five say as much as all of them."""
    result = SmokeResult(9000, tuple(f"request {n}: {LARGE}" for n in range(1, 20)) + ("x",) * 8900)
    assert (result.failed, len(result.problems), result.passed) == (8919, 5, False)
    assert result.problems[0].startswith("request 1: ü")
    assert len(encode(result)) < STORABLE
    assert decode(encode(result), SmokeResult) == result


@pytest.mark.parametrize(("failed", "passed"), [(0, True), (1, False)])
def test_a_failure_without_a_description_counts(failed: int, *, passed: bool) -> None:
    """A result without its examples means the same as with them."""
    assert SmokeResult(4, failed=failed).passed is passed


MOST_ON_RECORD = MOST_WAITING + len(Verb) - 1 + 1  # each of the last is safer than all before it; plus Teal's own

MESSAGES: dict[str, Callable[[Rollout], Rollout]] = {
    "the endpoint cannot be read": lambda r: r.with_observed(endpoint_problem=LARGE),
    "telemetry does not answer": lambda r: r.with_observed(telemetry_problem=LARGE),
    "a gate has no evidence": lambda r: r.with_observed(missing_gates={f"gate-{n}": LARGE for n in range(500)}),
    "an action is refused": lambda r: replace(r, refusal=Refusal(ActionKind.SET_TRAFFIC, "", LARGE, NOW)),
    "an operator writes a lot": lambda r: replace(
        r, requests=(OperatorRequest(Verb.PAUSE, LARGE, LARGE, NOW),) * MOST_ON_RECORD
    ),
    "the smoke test fails at length": lambda r: r.with_progress(smoke=SmokeResult(6, (LARGE,) * 6)),
}


@pytest.mark.parametrize("changed", MESSAGES.values(), ids=MESSAGES)
def test_a_record_stays_small_whatever_other_services_say(changed: Callable[[Rollout], Rollout]) -> None:
    """Each part truncates the texts from outside that it holds."""
    assert len(encode(changed(STEPPING))) < STORABLE


def test_a_reason_stays_small_whatever_its_facts_are() -> None:
    """Records and history entries contain reasons."""
    why = reason(
        ReasonCode.SMOKE_FAILED, examples=[LARGE] * 500, log_lines=[LARGE] * 500, deployment=LARGE, requests=10**9
    )
    assert len(encode(why)) < 2 * MOST_ITEMS * 6 * LONGEST_TEXT + STORABLE
    assert why.facts["requests"] == 10**9


def test_a_failing_smoke_test_makes_entries_that_fit() -> None:
    """The step writes the reason, along with the deployment's log."""
    result = SmokeResult(6000, (LARGE,) * 6000)
    failed = rollout(Phase.STEPPING, step=0).with_progress(smoke=result)
    observed = replace(seen(ALL), smoke=result, logs="\n".join([LARGE] * 40))
    decision = SmokeStep("smoke.jsonl").advance(failed, observed, observed.endpoint, NOW)  # type: ignore[arg-type]  # there is an endpoint
    assert decision.entries[0].reason.facts["failed"] == 6000
    assert len(encode(decision.entries[0])) + len(encode(decision.rollout)) < STORABLE


def test_without_diagnostics_a_record_decides_the_same() -> None:
    """Phase, step, traffic, request and evidence stay; only texts and examples are dropped."""
    full = MESSAGES["the smoke test fails at length"](MESSAGES["an operator writes a lot"](STEPPING))
    brief = brief_rollout(full)
    for part in ("id", "policy", "placement", "traffic", "orders", "judging", "ending", "entry_count"):
        assert getattr(brief, part) == getattr(full, part)
    assert brief.phase is full.phase
    assert brief.progress.smoke is not None
    assert brief.progress.smoke.passed is False
    assert [request.verb for request in brief.requests] == [Verb.PAUSE] * MOST_ON_RECORD
    assert len(encode(brief)) < len(encode(full))
    assert judge_minutes(brief, seen(ALL)).rollout == brief


def test_a_rollback_needs_no_evidence() -> None:
    """Once nothing is judged any more, even the evidence can be dropped."""
    assert brief_rollout(rollout(Phase.ROLLING_BACK)).judging.calibration is None
    assert brief_rollout(rollout(Phase.PAUSED)).judging.calibration is not None


def test_a_brief_entry_still_says_who_did_what() -> None:
    """Its reason still has a sentence, whatever facts remain."""
    why = reason(
        ReasonCode.SMOKE_FAILED, because=reason(ReasonCode.NOTHING_JUDGED), deployment="churn-7", examples=["x"]
    )
    entry = noted(STEPPING, why, NOW, "ada" * 200).entries[0]
    brief = brief_entry(entry)
    assert (brief.at, brief.before, brief.after, brief.weight) == (entry.at, entry.before, entry.after, entry.weight)
    assert brief.actor.startswith("adaada")
    assert brief.reason == Reason(ReasonCode.SMOKE_FAILED, {"deployment": "churn-7"}, Reason(ReasonCode.NOTHING_JUDGED))
    assert sentence(brief.reason).startswith("smoke test failed")


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_has_a_sentence_without_its_facts(code: ReasonCode) -> None:
    """A record that lost its diagnostics can still be shown."""
    assert sentence(moved(STEPPING, Phase.PAUSED, Reason(code), NOW).entries[0].reason)
