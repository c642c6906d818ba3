"""Which rollout may begin, its id, and its deployment's name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.admission import (
    EndpointRecord,
    Start,
    admit,
    deployment_name,
    is_late,
    overtaken_by,
    rollout_id,
    succeed,
)
from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.policy import ModelSelector, Policy
from shared.core.rollout import Kept, ModelVersion, Rollout, Verb
from shared.core.rollout.observed import Runs
from shared.core.steps import WeightStep
from shared.names import ENDPOINT_NAME
from tests.core.rollouts import REGISTERED, request, rollout

CHURN = EndpointId("", "churn")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
POLICY = Policy("churn", (ModelSelector("churn"),), (WeightStep(10),))
LOCK = EndpointRecord(CHURN)

NAMES = [
    (("churn", "7", 1), "churn-7"),
    (("churn", "7", 2), "churn-7-r2"),
    (("churn-model", "1763622000", 1), "churn-model-1763622000"),
]


@pytest.mark.parametrize(("asked", "name"), NAMES)
def test_a_deployment_is_named_after_its_model_version(asked: tuple[str, str, int], name: str) -> None:
    """If Azure's rules allow it, the name is what a person would have chosen."""
    model, version, attempt = asked
    assert deployment_name(ModelVersion(model, version), attempt) == name


@pytest.mark.parametrize(
    ("model", "beginning"),
    [
        (ModelVersion("Churn", "7"), "churn-7-"),
        (ModelVersion("churn_model.v2", "7"), "churn-model-v2-7-"),
        (ModelVersion("7up", "1"), "m-7up-1-"),
        (ModelVersion("模型", "1"), "m-1-"),
        (ModelVersion("模型", "版"), "m-"),
        (ModelVersion("a" * 100, "1"), "a" * 20),
        (ModelVersion("churn", "2026.11.20"), "churn-2026-11-20-"),
    ],
    ids=str,
)
def test_a_changed_name_still_shows_its_origin(model: ModelVersion, beginning: str) -> None:
    """Upper case, other scripts and long names keep the allowed characters, followed by a digest."""
    name = deployment_name(model)
    assert name.startswith(beginning)
    assert re.search(r"-[0-9a-f]{6}$", name)
    assert "--" not in name


TEXT = st.text(min_size=1, max_size=60)
SIMPLE = st.text("ab-1r2", min_size=1, max_size=8)
MODELS = st.builds(ModelVersion, TEXT | SIMPLE, TEXT | SIMPLE | st.integers(0, 99).map(str))


@given(MODELS, st.integers(1, 30))
@example(ModelVersion("-", "-"), 1)
@example(ModelVersion("\N{KELVIN SIGN}", "1"), 1)
def test_every_model_gets_a_name_that_azure_allows(model: ModelVersion, attempt: int) -> None:
    """For any name and version: 3 to 32 lower-case letters, digits and single dashes, starting with a letter."""
    name = deployment_name(model, attempt)
    assert ENDPOINT_NAME.fullmatch(name)
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert 3 <= len(name) <= 32
    assert "--" not in name
    assert deployment_name(model, attempt) == name


@given(MODELS, st.integers(1, 9), MODELS, st.integers(1, 9))
@example(ModelVersion("a", "b-1"), 1, ModelVersion("a-b", "1"), 1)
@example(ModelVersion("churn", "7-r2"), 1, ModelVersion("churn", "7"), 2)
@example(ModelVersion("churn-7", "r2"), 1, ModelVersion("churn", "7"), 2)
@example(ModelVersion("Churn", "7"), 1, ModelVersion("churn", "7"), 1)
@example(ModelVersion("churn", "07"), 1, ModelVersion("churn", "7"), 1)
def test_different_models_never_share_a_name(
    one: ModelVersion, attempt: int, other: ModelVersion, other_attempt: int
) -> None:
    """A deployment's name identifies one model version and attempt, and a rollout's id does so on its endpoint."""
    same = (one, attempt) == (other, other_attempt)
    assert (deployment_name(one, attempt) == deployment_name(other, other_attempt)) is same
    ids = [rollout_id(Start(m, POLICY, REGISTERED, attempt=a)) for m, a in ((one, attempt), (other, other_attempt))]
    assert (ids[0] == ids[1]) is same


def test_the_same_version_on_two_endpoints_has_two_ids() -> None:
    """One event can start a rollout on each of several endpoints."""
    start = Start(ModelVersion("churn", "7"), POLICY, REGISTERED)
    assert rollout_id(start) != rollout_id(replace(start, policy=replace(POLICY, endpoint="churn-eu")))


@pytest.mark.parametrize(
    ("newest", "version", "late"),
    [("7", "5", True), ("7", "7", False), ("7", "8", False), ("9", "10", False), ("10", "9", True), ("", "1", False),
     ("b", "a", False), ("7", "5b", False), ("2026.1", "1", False), ("7", "²", False), ("²", "1", False)],
)  # fmt: skip
def test_without_times_a_smaller_number_is_late(newest: str, version: str, late: bool) -> None:  # noqa: FBT001 -- a column
    """Whole numbers are compared as numbers; anything else has no order and is never late."""
    record = replace(LOCK, newest={"churn": newest} if newest else {})
    assert is_late(record, ModelVersion("churn", version)) is late


@pytest.mark.parametrize(
    ("newest", "version", "late_version_made_first"),
    [("2.10.0", "2.9.1", True), ("2026-02-03", "2026-01-30", True), ("v3", "v2", True), ("4", "11", True),
     ("2.9.1", "2.10.0", False), ("11", "4", False), ("same", "same", False)],
)  # fmt: skip
def test_a_version_created_earlier_is_late(newest: str, version: str, late_version_made_first: bool) -> None:  # noqa: FBT001 -- a column
    """Whatever the versions are called, even against the order of their numbers; the newest itself is never late."""
    record = replace(LOCK, newest={"churn": newest}, made={"churn": NOW})
    made = NOW - timedelta(hours=1) if late_version_made_first else NOW + timedelta(hours=1)
    assert is_late(record, ModelVersion("churn", version), made) is late_version_made_first
    assert is_late(record, ModelVersion("other", version), made) is late_version_made_first


def test_a_late_version_that_an_operator_starts_leaves_the_newest_as_it_is() -> None:
    """A version created in between is late compared with the newest one, not with the last one started."""
    newer = Start(ModelVersion("churn", "b"), POLICY, REGISTERED, made=NOW - timedelta(hours=1))
    older = Start(ModelVersion("churn", "a"), POLICY, REGISTERED, made=NOW - timedelta(hours=3))
    first = admit(newer, LOCK, None, None, NOW)
    second = admit(older, first.record, first.newcomer.rollout, None, NOW)
    assert (second.record.newest, second.record.made) == ({"churn": "b"}, {"churn": NOW - timedelta(hours=1)})
    assert is_late(second.record, ModelVersion("churn", "between"), NOW - timedelta(hours=2))


def test_versions_of_different_models_are_ordered_by_time_alone() -> None:
    """Numbers of different models cannot be compared; an unknown time proves nothing; an equal one is not earlier."""
    record = replace(LOCK, newest={"churn": "3", "fraud": "x"}, made={"churn": NOW}, before={"fraud": NOW})
    late, never = ModelVersion("churn-b", "9"), ModelVersion("churn-b", "1")
    assert overtaken_by(record, late, NOW - timedelta(seconds=1)) in {"churn:3", "fraud:x"}
    assert not is_late(record, never, NOW)
    assert not is_late(record, never)
    assert overtaken_by(replace(record, made={}), late, NOW - timedelta(hours=1)) == "fraud:x"


def test_a_model_keeps_its_own_order_when_an_operator_starts_an_old_version_of_it() -> None:
    """That version is older than another model's, and still the newest of its own model."""
    record = replace(LOCK, newest={"churn": "3"}, made={"churn": NOW})
    start = Start(ModelVersion("churn-b", "9"), POLICY, REGISTERED, made=NOW - timedelta(hours=30))
    after = admit(start, record, None, None, NOW).record
    assert after.newest == {"churn": "3", "churn-b": "9"}
    assert is_late(after, ModelVersion("churn-b", "8"))


def test_versions_created_at_the_same_time_are_ordered_by_their_numbers() -> None:
    """A pipeline registers two in the same second, and the first one's event arrives last."""
    record = replace(LOCK, newest={"churn": "7"}, made={"churn": NOW})
    assert is_late(record, ModelVersion("churn", "6"), NOW)
    assert not is_late(record, ModelVersion("churn", "8"), NOW)


UNDATED = [("20", 2, True), ("19", -1, True), ("21", 2, False), ("x", -1, True), ("x", 2, False)]


@pytest.mark.parametrize(("version", "hours", "late"), UNDATED)
def test_next_to_a_version_of_unknown_age_times_and_numbers_both_count(version: str, hours: int, *, late: bool) -> None:
    """A version is late if it was created before the last dated version, or has a smaller number than the newest."""
    dated = Start(ModelVersion("churn", "18"), POLICY, REGISTERED, made=NOW)
    first = admit(dated, LOCK, None, None, NOW)
    undated = Start(ModelVersion("churn", "20" if version != "20" else "22"), POLICY, REGISTERED)
    second = admit(undated, first.record, first.newcomer.rollout, None, NOW)
    assert is_late(second.record, ModelVersion("churn", version), NOW + timedelta(hours=hours)) is late


def test_a_first_rollout_begins_immediately() -> None:
    """If the endpoint is free, the rollout provisions, the lock names it, and its first entry says why it started."""
    admission = admit(Start(ModelVersion("churn", "7"), POLICY, REGISTERED), LOCK, None, None, NOW)
    rollout = admission.newcomer.rollout
    assert (rollout.phase, rollout.blue, rollout.traffic.weight) == (Phase.PROVISIONING, None, 0)
    assert admission.record == EndpointRecord(CHURN, current=rollout.id, newest={"churn": "7"}, managed={"churn": NOW})
    assert [(e.before, e.after, e.actor, e.reason) for e in admission.newcomer.entries] == [
        (None, Phase.PROVISIONING, "teal", REGISTERED)
    ]


def test_the_policy_is_kept_as_it_was_at_the_start() -> None:
    """Editing the policy later does not change an open rollout."""
    admission = admit(Start(ModelVersion("churn", "7"), POLICY, REGISTERED), LOCK, None, None, NOW)
    assert admission.newcomer.rollout.policy == POLICY


def test_a_second_rollout_waits_and_a_third_takes_its_place() -> None:
    """The lock names one that acts and one that waits; a displaced one ends as superseded, for good."""
    first, second, third = (Start(ModelVersion("churn", v), POLICY, REGISTERED) for v in ("7", "8", "9"))
    one = admit(first, LOCK, None, None, NOW)
    two = admit(second, one.record, one.newcomer.rollout, None, NOW)
    assert (two.newcomer.rollout.phase, two.displaced) == (Phase.QUEUED, ())
    assert two.record.waiting == two.newcomer.rollout.id
    three = admit(third, two.record, one.newcomer.rollout, two.newcomer.rollout, NOW)
    assert three.record.waiting == three.newcomer.rollout.id
    (displaced,) = three.displaced
    assert (displaced.rollout.phase, displaced.rollout.finished) == (Phase.SUPERSEDED, NOW)
    assert [entry.after for entry in displaced.entries] == [Phase.SUPERSEDED]


def open_rollout() -> Rollout:
    """Return a rollout that has begun."""
    return admit(Start(ModelVersion("churn", "7"), POLICY, REGISTERED), LOCK, None, None, NOW).newcomer.rollout


def waiting() -> Rollout:
    """Return a waiting rollout."""
    start = Start(ModelVersion("churn", "8"), POLICY, REGISTERED)
    busy = admit(Start(ModelVersion("churn", "7"), POLICY, REGISTERED), LOCK, None, None, NOW)
    return admit(start, busy.record, busy.newcomer.rollout, None, NOW).newcomer.rollout


def test_the_one_that_waits_begins_when_the_endpoint_is_free() -> None:
    """It provisions, its deadlines count from now, and the lock names it."""
    later = NOW + timedelta(days=3)
    ended = replace(open_rollout(), kept=(Kept("churn-5", later),))
    record, begun = succeed(replace(LOCK, current="x", waiting=waiting().id), ended, waiting(), later)
    assert record == replace(LOCK, current=waiting().id, waiting=None)
    assert begun is not None
    assert begun.rollout.phase is Phase.PROVISIONING
    assert (begun.rollout.status.started, begun.rollout.status.since) == (later, later)
    assert begun.rollout.created == waiting().created
    assert begun.rollout.kept == ended.kept


def test_the_next_one_knows_what_was_ordered_to_be_deleted_and_depends_on_nothing_else_yet() -> None:
    """A deployment that someone replaced during one rollout may be the next one's blue."""
    runs = (Runs("churn-6", "churn:6", "a", NOW, replaced=True),)
    ended = open_rollout().with_orders(deleted=("churn-5",)).with_observed(runs=runs)
    _, begun = succeed(replace(LOCK, current="x", waiting=waiting().id), ended, waiting(), NOW)
    assert begun is not None
    assert begun.rollout.orders.deleted == ("churn-5",)
    assert [(each.deployment, each.replaced) for each in begun.rollout.observed.runs] == [("churn-6", False)]


@pytest.mark.parametrize(
    ("current", "replaces"),
    [
        (rollout(Phase.STEPPING), True),
        (rollout(Phase.PROMOTING), False),
        (rollout(Phase.STEPPING, request=request(Verb.ROLLBACK)), False),
    ],
    ids=["stepping", "with all traffic", "asked back"],
)
def test_a_newer_version_replaces_only_what_would_go_on(current: Rollout, *, replaces: bool) -> None:
    """A rollout that is nearly done, or is rolling back anyway, ends first and does not count as replaced."""
    start = Start(ModelVersion("churn", "8"), replace(POLICY, newer_version="replace"), REGISTERED)
    admission = admit(start, replace(LOCK, current=current.id), current, None, NOW)
    assert (len(admission.displaced), admission.record.replaced) == (int(replaces), int(replaces))


def test_with_none_waiting_the_endpoint_is_free() -> None:
    """The lock names no rollout, but remembers the newest version."""
    record, begun = succeed(replace(LOCK, current="x", newest={"churn": "7"}), open_rollout(), None, NOW)
    assert (record, begun) == (replace(LOCK, newest={"churn": "7"}), None)
