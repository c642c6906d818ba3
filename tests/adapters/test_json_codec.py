"""Records as JSON: exact in both directions, compatible with other versions, strict about garbage."""

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

# The generated values are large: a rollout has some sixty fields.
LARGE = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)


@LARGE
@given(any_of(Rollout))
def test_any_rollout_survives_a_round_trip(value: Rollout) -> None:
    """A rollout read from storage equals the one that was written, exactly."""
    assert decode(encode(value), Rollout) == value


@LARGE
@given(any_of(Policy))
def test_any_policy_survives_with_its_kinds_of_steps(value: Policy) -> None:
    """Steps of different kinds, durations and absent values are preserved."""
    back = decode(encode(value), Policy)
    assert back == value
    assert [type(step) for step in back.steps] == [type(step) for step in value.steps]


@LARGE
@given(any_of(EndpointRecord))
def test_any_lock_survives_a_round_trip(value: EndpointRecord) -> None:
    """An endpoint's lock is preserved."""
    assert decode(encode(value), EndpointRecord) == value


@LARGE
@given(any_of(Entry))
def test_any_history_entry_survives_a_round_trip(value: Entry) -> None:
    """A history entry is preserved with its facts, whatever their names."""
    assert decode(encode(value), Entry) == value


def test_fields_of_a_newer_version_are_ignored() -> None:
    """During an update, older instances can read what newer ones write."""
    document = json.loads(encode(rollout())) | {"mood": "bright"}
    document["policy"]["steps"][1]["colour"] = "teal"
    assert decode(json.dumps(document), Rollout) == rollout()


def test_fields_that_an_older_version_lacked_get_their_defaults() -> None:
    """Records outlive the version that wrote them, so missing fields get defaults."""
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
def test_an_invalid_field_is_rejected_with_its_place(field: str, value: object, place: str) -> None:
    """A corrupt record is never guessed at: the error names the field."""
    document = json.loads(encode(rollout()))
    part, _, name = field.rpartition(".")
    (document[part] if part else document)[name] = value
    with pytest.raises(UnreadableError, match=place):
        decode(json.dumps(document), Rollout)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"endpoint": NaN}', "7"])
def test_text_that_is_not_a_record_is_rejected(text: str) -> None:
    """Examples are a truncated document, another type, and numbers that JSON does not have."""
    with pytest.raises(UnreadableError):
        decode(text, EndpointRecord)


def test_an_unknown_kind_of_step_is_refused() -> None:
    """A newer version's step must not be mistaken for another kind: the rollout waits for the newer version."""
    text = encode(POLICY).replace('"kind":"weight"', '"kind":"teleport"')
    with pytest.raises(UnreadableError, match="steps"):
        decode(text, Policy)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_are_not_written(number: float) -> None:
    """The write fails, not the next read."""
    invalid = replace(entry(""), reason=reason(ReasonCode.STEP_PASSED, log_odds_safe=number))
    with pytest.raises(ValueError, match="JSON"):
        encode(invalid)


def test_times_are_written_in_utc_and_never_without_a_zone() -> None:
    """Readers in different time zones read the same time."""
    berlin = datetime(2026, 11, 20, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    assert '"2026-11-20T10:00:00+00:00"' in encode(entry("", at=berlin))
    with pytest.raises(ValueError, match="zone"):
        encode(entry("", at=berlin.replace(tzinfo=None)))


def test_the_json_is_ascii() -> None:
    """A row's size is then its number of characters, whatever the language of a reason."""
    assert encode(entry("zurück, 日本")).isascii()
    assert decode(encode(entry("zurück, 日本")), Entry) == entry("zurück, 日本")


def test_integer_keys_come_back_as_integers() -> None:
    """JSON keys are text, but latency buckets and percentiles are numbers again after decoding."""
    minute = DeploymentMinute("churn-7", NOW, 5, 1, slowness={3: 4}, percentiles={50: 1.5}, predictions={"7": 4})
    assert decode(encode(minute), DeploymentMinute) == minute


@pytest.mark.parametrize("key", ["three", "3.0", "03", " 3", "٣"])
def test_a_key_that_is_not_an_integer_is_rejected(key: str) -> None:
    """A bucket's key must be written as JSON writes integers."""
    with pytest.raises(UnreadableError, match="whole number"):
        decode(json.dumps({key: 1}), dict[int, int])
