"""Records as JSON: exact in both directions, open to other versions, closed to garbage."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings

from shared.core.admission import EndpointRecord
from shared.core.observation import DeploymentMinute
from shared.core.policy import Policy
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode, reason
from shared.json_codec import UnreadableError, decode, encode
from tests.adapters.records import NOW, POLICY, any_of, entry, rollout

# What is drawn here is large by nature: a rollout has some sixty fields.
LARGE = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)


@LARGE
@given(any_of(Rollout))
def test_any_rollout_comes_back_as_it_was(value: Rollout) -> None:
    """A rollout read from storage equals the one that was written, to the last bit."""
    assert decode(encode(value), Rollout) == value


@LARGE
@given(any_of(Policy))
def test_any_policy_comes_back_with_its_kinds_of_steps(value: Policy) -> None:
    """Steps of different kinds, lengths of time and absent values survive."""
    back = decode(encode(value), Policy)
    assert back == value
    assert [type(step) for step in back.steps] == [type(step) for step in value.steps]


@LARGE
@given(any_of(EndpointRecord))
def test_any_lock_comes_back_as_it_was(value: EndpointRecord) -> None:
    """An endpoint's lock survives storage."""
    assert decode(encode(value), EndpointRecord) == value


@LARGE
@given(any_of(Entry))
def test_any_history_entry_comes_back_as_it_was(value: Entry) -> None:
    """A history entry survives with its numbers, whatever they are called."""
    assert decode(encode(value), Entry) == value


def test_fields_of_a_newer_version_are_ignored() -> None:
    """During an update the older instances go on reading what the newer ones write."""
    document = json.loads(encode(rollout())) | {"mood": "bright"}
    document["policy"]["steps"][1]["colour"] = "teal"
    assert decode(json.dumps(document), Rollout) == rollout()


def test_fields_that_an_older_version_lacked_get_their_defaults() -> None:
    """Records outlive the version that wrote them."""
    document = json.loads(encode(rollout()))
    for added_later in ("progress", "lease", "observed", "judging", "entry_count"):
        del document[added_later]
    del document["traffic"]["mirror"]
    del document["policy"]["judge"], document["policy"]["steps"][0]["status"]
    assert decode(json.dumps(document), Rollout) == rollout()


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("status.phase", "dancing", "phase"),
        ("traffic.weight", "10", "weight"),
        ("traffic.weight", True, "weight"),
        ("progress.step", None, "step"),
        ("trigger", 5, "trigger"),
        ("placement", {"kind": "between"}, "placement"),
        ("created", "2026-11-20T10:00:00", "created"),
        ("created", 1, "created"),
        ("traffic.expected", [["churn-7", 1]], "expected"),
        ("model", "churn-model:7", "model"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(field: str, value: object, place: str) -> None:
    """A spoilt record is never guessed at: the error names the field."""
    document = json.loads(encode(rollout()))
    part, _, name = field.rpartition(".")
    (document[part] if part else document)[name] = value
    with pytest.raises(UnreadableError, match=place):
        decode(json.dumps(document), Rollout)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"endpoint": NaN}', "7"])
def test_what_is_no_record_at_all_is_refused(text: str) -> None:
    """Half a document, another type, or a number that JSON does not have."""
    with pytest.raises(UnreadableError):
        decode(text, EndpointRecord)


def test_an_unknown_kind_of_step_is_refused() -> None:
    """A step of a newer version must not be taken for another: the rollout waits for the newer version."""
    text = encode(POLICY).replace('"kind":"weight"', '"kind":"teleport"')
    with pytest.raises(UnreadableError, match="steps"):
        decode(text, Policy)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_number_is_written_that_json_does_not_have(number: float) -> None:
    """The write fails, rather than the next read."""
    spoilt = replace(entry(""), reason=reason(ReasonCode.STEP_PASSED, log_odds_safe=number))
    with pytest.raises(ValueError, match="JSON"):
        encode(spoilt)


def test_times_are_written_in_utc_and_never_without_a_zone() -> None:
    """Two readers in two places read the same moment."""
    berlin = datetime(2026, 11, 20, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    assert '"2026-11-20T10:00:00+00:00"' in encode(entry("", at=berlin))
    with pytest.raises(ValueError, match="zone"):
        encode(entry("", at=berlin.replace(tzinfo=None)))


def test_the_json_is_made_of_ascii_signs() -> None:
    """A row's size is its number of characters, whatever language a reason is written in."""
    assert encode(entry("zurück, 日本")).isascii()
    assert decode(encode(entry("zurück, 日本")), Entry) == entry("zurück, 日本")


def test_whole_numbers_that_name_something_come_back_as_numbers() -> None:
    """JSON knows text alone as keys: buckets of latency and percentiles are numbers again."""
    minute = DeploymentMinute("churn-7", NOW, 5, 1, slowness={3: 4}, percentiles={50: 1.5}, predictions={"7": 4})
    assert decode(encode(minute), DeploymentMinute) == minute


@pytest.mark.parametrize("key", ["three", "3.0", "03", " 3", "٣"])
def test_a_name_that_is_no_whole_number_is_refused(key: str) -> None:
    """What is not written as JSON writes whole numbers is no bucket."""
    with pytest.raises(UnreadableError, match="whole number"):
        decode(json.dumps({key: 1}), dict[int, int])
