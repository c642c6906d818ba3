"""Table Storage holds records, history and telemetry, and two writers never both win. Over the wire, to Azurite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from azure.data.tables import TableEntity, TableServiceClient, UpdateMode

from shared.adapters.table import Table
from shared.adapters.table_keys import partition_key
from shared.adapters.tables import TableStore
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, Tally
from shared.core.phases import Phase
from shared.core.policy import ModelSelector
from shared.core.rollout.pointers import Pointer, Wanted
from shared.core.rollout.reasons import ReasonCode, reason
from shared.errors import Conflict, Permanent, Temporary
from shared.names import MINUTES_TABLE, OPEN_TABLE, ROLLOUTS_TABLE
from shared.ports import Changes, Halt, HaltEnd, Numbered, Store, Stored
from tests.adapters.records import NOW, POLICY, REGISTERED, entry, rollout
from tests.core.changes import changed
from tests.fakes import FakeStore

STALE = "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""
NEW, GONE = EndpointId("ml", "churn-new"), EndpointId("ml", "churn-gone")
_numbers = itertools.count(1)


@pytest.fixture
def endpoint() -> EndpointId:
    """Return an endpoint that no other test uses."""
    return EndpointId("ml", f"churn-{next(_numbers)}")


@pytest.fixture
def tables(table_service: TableServiceClient) -> TableStore:
    """Return the store on Azurite."""
    return TableStore(table_service)


@pytest.fixture(params=["tables", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    """Return the store, and the in-memory fake that other tests use: both must behave the same."""
    if request.param == "memory":
        return FakeStore()
    found: TableStore = request.getfixturevalue("tables")
    return found


def test_an_endpoint_without_rollouts_has_a_fresh_lock_and_nothing_else(store: Store, endpoint: EndpointId) -> None:
    """An empty store is not an error."""
    assert store.record(endpoint) == Stored(EndpointRecord(endpoint), None)
    assert store.rollout(endpoint, "none") is None
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name), "", 10) == ()
    assert store.history(endpoint, "none") == ()


def test_record_rollout_and_history_are_written_together(store: Store, endpoint: EndpointId) -> None:
    """One commit writes the lock, the rollout and its history, and they are read back unchanged."""
    made, lock = rollout("a", endpoint), EndpointRecord(endpoint, current="a", newest={"churn-model": "7"})
    entries = tuple(Numbered("a", number, entry(f"line {number}")) for number in range(3))
    store.commit(endpoint, Changes((Stored(made),), Stored(lock), entries))
    found = store.rollout(endpoint, "a")
    assert found is not None
    assert found.value == made
    assert store.record(endpoint).value == lock
    assert [line.reason.facts["comment"] for line in store.history(endpoint, "a")] == ["line 0", "line 1", "line 2"]


def test_the_etag_that_a_commit_returns_is_valid_for_the_next(store: Store, endpoint: EndpointId) -> None:
    """A writer may write again without reading in between."""
    made = rollout("a", endpoint)
    first = store.commit(endpoint, Changes((Stored(made),)))["a"]
    second = store.commit(endpoint, Changes((Stored(made.with_progress(step=1), first),)))["a"]
    found = store.rollout(endpoint, "a")
    assert found is not None
    assert (found.value.progress.step, found.etag) == (1, second)
    assert first != second


def test_two_rollouts_change_in_one_transaction(store: Store, endpoint: EndpointId) -> None:
    """One ends and the next begins, or neither happens."""
    ended, begun = rollout("a", endpoint), rollout("b", endpoint)
    etags = store.commit(endpoint, Changes((Stored(ended), Stored(begun))))
    assert set(etags) == {"a", "b"}
    again = Changes((Stored(ended.finish(NOW), etags["a"]), Stored(begun, STALE)))
    with pytest.raises(Conflict):
        store.commit(endpoint, again)
    unfinished = store.rollout(endpoint, "a")
    assert unfinished is not None
    assert unfinished.value.finished is None


@pytest.mark.parametrize("loser", ["stale rollout", "rollout exists", "stale lock", "lock exists", "entry exists"])
def test_of_two_writers_one_loses_and_writes_nothing(store: Store, endpoint: EndpointId, loser: str) -> None:
    """A decision based on stale data gets Conflict, and no part of it is stored."""
    made, lock = rollout("a", endpoint), EndpointRecord(endpoint, current="a")
    changes = Changes((Stored(made),), Stored(lock), (Numbered("a", 0, entry("first")),))
    etag, lock_etag = store.commit(endpoint, changes)["a"], store.record(endpoint).etag
    later, later_lock = made.with_progress(step=1), replace(lock, waiting="b")
    etag = store.commit(endpoint, Changes((Stored(later, etag),), Stored(later_lock, lock_etag)))["a"]
    lock_etag = store.record(endpoint).etag
    wrong, fresh = made.with_progress(step=99), (Numbered("a", 1, entry("lost")),)
    attempts = {
        "stale rollout": Changes((Stored(wrong, STALE),), entries=fresh),
        "rollout exists": Changes((Stored(wrong),), entries=fresh),
        "stale lock": Changes((Stored(wrong, etag),), Stored(lock, STALE), fresh),
        "lock exists": Changes((Stored(wrong, etag),), Stored(lock), fresh),
        "entry exists": Changes((Stored(wrong, etag),), entries=(*fresh, Numbered("a", 0, entry("lost")))),
    }
    with pytest.raises(Conflict):
        store.commit(endpoint, attempts[loser])
    assert store.rollout(endpoint, "a") == Stored(later, etag)
    assert store.record(endpoint) == Stored(later_lock, lock_etag)
    assert [line.reason.facts["comment"] for line in store.history(endpoint, "a")] == ["first"]


def test_a_deleted_rollout_is_not_recreated(tables: TableStore, table_service: TableServiceClient) -> None:
    """Replacing a deleted row is a conflict and creates no new row."""
    etag = tables.commit(GONE, Changes((Stored(rollout("a", GONE)),)))["a"]
    table_service.get_table_client(ROLLOUTS_TABLE).delete_entity(partition_key(GONE), "rollout~a")
    with pytest.raises(Conflict):
        tables.commit(GONE, Changes((Stored(rollout("a", GONE), etag),)))


def test_rollouts_are_listed_newest_first(store: Store, endpoint: EndpointId) -> None:
    """They are ordered by admission time to the microsecond, whatever their ids; adding one twice has no effect."""
    ages = {"b": 3, "a": 1, "c": 2}
    for name, age in [*ages.items(), *ages.items()]:
        store.enlist(Pointer(endpoint, name, "churn-model", NOW - age * timedelta(microseconds=1)))
    found = store.pointers(Wanted(endpoint.workspace, endpoint.name), "", 10)
    assert [pointer.rollout for pointer in found] == ["a", "c", "b"]
    assert found[0] == Pointer(endpoint, "a", "churn-model", NOW - timedelta(microseconds=1))


def test_the_list_is_paged_and_filtered(store: Store, endpoint: EndpointId) -> None:
    """Pages start at a position and have a limit; filters are endpoint, model and time, alone and combined."""
    hour = timedelta(hours=1)
    other = EndpointId("ml-eu", endpoint.name)
    made = [
        Pointer(name, f"r-{age}", model, NOW - age * hour)
        for age in range(4)
        for name, model in ((endpoint, "churn-model"), (other, "it's / odd"))
    ]
    for pointer in made:
        store.enlist(pointer)
    of_both = [pointer for pointer in store.pointers(Wanted(), "", 10_000) if pointer in made]
    assert of_both == sorted(made, key=lambda pointer: pointer.position)
    own = made[::2]
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name), "", 3) == tuple(own[:3])
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name), own[1].position, 3) == tuple(own[2:])
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name, since=NOW - hour), "", 9) == tuple(own[:2])
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name, since=NOW - hour), own[0].position, 9) == tuple(
        own[1:2]
    )
    assert store.pointers(Wanted(other.workspace, other.name, "it's / odd", NOW), "", 9) == (made[1],)
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name, "it's / odd"), "", 9) == ()
    assert store.pointers(Wanted(endpoint.workspace, endpoint.name), own[-1].position, 9) == ()


def test_a_list_longer_than_a_page_of_storage_is_read_in_order(tables: TableStore, endpoint: EndpointId) -> None:
    """Storage scans 1,000 rows at a time; one endpoint's rows among many are still found."""
    for number in range(1100):
        name = endpoint if number % 100 == 0 else EndpointId("ml-other", endpoint.name)
        tables.enlist(Pointer(name, f"r{number}", "m", NOW - number * timedelta(minutes=1)))
    found = tables.pointers(Wanted(endpoint.workspace, endpoint.name), "", 20)
    assert [pointer.rollout for pointer in found] == [f"r{number}" for number in range(0, 1100, 100)]


def test_a_long_history_is_read_in_order(tables: TableStore, endpoint: EndpointId) -> None:
    """Entry 10 comes after entry 9, and the second page after the first (a page has 1,000 rows)."""
    for start in range(0, 1050, 75):
        lines = tuple(Numbered("a", number, entry(str(number))) for number in range(start, start + 75))
        tables.commit(endpoint, Changes(entries=lines))
    assert [line.reason.facts["comment"] for line in tables.history(endpoint, "a")] == [
        str(number) for number in range(1050)
    ]


def test_the_newest_entries_of_a_history_are_read_alone(store: Store, endpoint: EndpointId) -> None:
    """Reading starts at an entry number."""
    store.commit(endpoint, Changes(entries=tuple(Numbered("a", number, entry(str(number))) for number in range(12))))
    assert store.history(endpoint, "a", 9) == store.history(endpoint, "a")[9:]
    assert len(store.history(endpoint, "a", 9)) == 3
    assert store.history(endpoint, "a", 12) == ()


def test_histories_of_rollouts_with_similar_names_do_not_mix(store: Store, endpoint: EndpointId) -> None:
    """`a`, `a-1` and `a1` are three different rollouts."""
    for name in ("a", "a-1", "a1"):
        store.commit(endpoint, Changes((Stored(rollout(name, endpoint)),), entries=(Numbered(name, 0, entry(name)),)))
    for name in ("a", "a-1", "a1"):
        assert [line.reason.facts["comment"] for line in store.history(endpoint, name)] == [name]


def test_an_endpoint_is_found_in_any_case(tables: TableStore) -> None:
    """Azure ignores case in the names of workspaces and endpoints."""
    tables.commit(EndpointId("ML", "Churn-Case"), Changes((Stored(rollout("a", EndpointId("ml", "churn-case"))),)))
    assert tables.rollout(EndpointId("Ml", "churn-case"), "a") is not None


def test_endpoints_of_the_same_name_in_two_workspaces_are_separate(store: Store) -> None:
    """Neither can find, list or lock the other's rollouts."""
    east, west = EndpointId("ml-east", "twin"), EndpointId("ml-west", "twin")
    for endpoint in (east, west):
        store.commit(
            endpoint, Changes((Stored(rollout("a", endpoint)),), entries=(Numbered("a", 0, entry(str(endpoint))),))
        )
        store.enlist(Pointer(endpoint, "a", "churn-model", NOW))
    store.commit(east, Changes(record=Stored(EndpointRecord(east, current="a"))))
    store.mark_open(west)
    assert store.record(west).etag is None
    assert {endpoint for endpoint in store.open_endpoints() if endpoint.name == "twin"} == {west}
    assert [line.reason.facts["comment"] for line in store.history(west, "a")] == ["ml-west/twin"]
    assert store.pointers(Wanted("ml-west", "twin"), "", 9) == (Pointer(west, "a", "churn-model", NOW),)
    assert len(store.pointers(Wanted(endpoint="twin"), "", 9)) == 2


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a#b?c", "a'b", "a' or 'x' eq 'x", "a%2fb", "ä b\n", ""])
def test_an_invalid_endpoint_name_matches_nothing(tables: TableStore, name: str) -> None:
    """A name from a caller never reaches a key or a query unescaped."""
    for endpoint in (EndpointId("ml", name), EndpointId(name, "churn")):
        assert tables.record(endpoint).etag is None
        assert tables.rollout(endpoint, name) is None
        assert tables.history(endpoint, name) == ()


def test_a_policy_larger_than_a_property_is_stored(tables: TableStore, endpoint: EndpointId) -> None:
    """A property holds 32768 characters; a record ten times that size is read back completely."""
    models = tuple(ModelSelector(f"model-{number}", {"stage": "x" * 1000}) for number in range(300))
    made = replace(rollout("a", endpoint), policy=replace(POLICY, models=models))
    tables.commit(endpoint, Changes((Stored(made),)))
    found = tables.rollout(endpoint, "a")
    assert found is not None
    assert found.value == made


def test_a_record_that_shrinks_leaves_nothing_behind(tables: TableStore, endpoint: EndpointId) -> None:
    """Rows are replaced, not merged: the tail of a longer record must not end up in a shorter one."""
    long = changed(rollout("a", endpoint), reason=reason(ReasonCode.ACTION_REFUSED, message="x" * 40_000))
    etag = tables.commit(endpoint, Changes((Stored(long),)))["a"]
    short = changed(long, reason=REGISTERED)
    tables.commit(endpoint, Changes((Stored(short, etag),)))
    found = tables.rollout(endpoint, "a")
    assert found is not None
    assert found.value == short


def test_a_record_too_large_for_a_row_is_refused_in_words(tables: TableStore, endpoint: EndpointId) -> None:
    """A record that can never be stored is a clear error; `shared/saving.py` then leaves out the diagnostics."""
    large = changed(rollout("a", endpoint), green="x" * 500_000)
    with pytest.raises(Permanent, match="too large"):
        tables.commit(endpoint, Changes((Stored(large),)))


def test_more_changes_than_a_transaction_holds_are_refused(tables: TableStore, endpoint: EndpointId) -> None:
    """A transaction holds up to 100 rows; beyond that nothing is written."""
    lines = tuple(Numbered("a", number, entry("")) for number in range(101))
    with pytest.raises(Permanent, match="100"):
        tables.commit(endpoint, Changes(entries=lines))
    assert tables.history(endpoint, "a") == ()


def test_a_rollout_of_another_endpoint_is_refused(tables: TableStore, endpoint: EndpointId) -> None:
    """A transaction covers one endpoint; mixing two is a bug, so nothing is written."""
    with pytest.raises(Permanent, match="belongs to"):
        tables.commit(endpoint, Changes((Stored(rollout("a", EndpointId(endpoint.workspace, "fraud"))),)))


def test_a_corrupt_row_is_named(tables: TableStore, table_service: TableServiceClient, endpoint: EndpointId) -> None:
    """The error says which row to repair and what is wrong with it."""
    tables.commit(endpoint, Changes((Stored(rollout("a", endpoint)),)))
    row = {"PartitionKey": partition_key(endpoint), "RowKey": "rollout~a", "json": '{"id": 7}'}
    table_service.get_table_client(ROLLOUTS_TABLE).upsert_entity(row, mode=UpdateMode.REPLACE)
    with pytest.raises(Permanent, match=rf"{partition_key(endpoint)}/rollout~a.*\$\.id"):
        tables.rollout(endpoint, "a")


def test_rows_have_readable_columns(
    tables: TableStore, table_service: TableServiceClient, endpoint: EndpointId
) -> None:
    """Next to the JSON are the columns that people look for when they open the table."""
    made = changed(rollout("a", endpoint), phase=Phase.STEPPING, weight=25, reason=reason(ReasonCode.STEP_PASSED))
    tables.commit(endpoint, Changes((Stored(made),)))
    row: dict[str, Any] = dict(
        table_service.get_table_client(ROLLOUTS_TABLE).get_entity(partition_key(endpoint), "rollout~a")
    )
    seen = {name: row[name] for name in ("model", "phase", "weight", "green", "reason", "since")}
    assert seen == {
        "model": "churn-model:7",
        "phase": "stepping",
        "weight": 25,
        "green": "churn-7",
        "reason": "step_passed",
        "since": NOW,
    }


def test_endpoints_with_work_are_listed_until_closed(store: Store, endpoint: EndpointId) -> None:
    """Marking an endpoint open or closed is idempotent."""
    store.mark_open(endpoint)
    store.mark_open(endpoint)
    store.commit(endpoint, Changes((Stored(rollout("a", endpoint)),)))
    assert store.open_endpoints().count(endpoint) == 1
    mark = store.open_mark(endpoint)
    assert mark is not None
    store.mark_closed(endpoint, mark)
    store.mark_closed(endpoint, mark)
    assert endpoint not in store.open_endpoints()
    assert store.open_mark(endpoint) is None


def test_an_endpoint_that_was_marked_again_is_not_closed(store: Store, endpoint: EndpointId) -> None:
    """If the closer saw an older mark, there is new work, so the mark stays."""
    store.mark_open(endpoint)
    seen = store.open_mark(endpoint)
    assert seen is not None
    store.mark_open(endpoint)
    store.mark_closed(endpoint, seen)
    assert endpoint in store.open_endpoints()


def test_every_endpoint_that_had_a_rollout_is_known(store: Store, endpoint: EndpointId) -> None:
    """Endpoints are listed once, open or not, however many rollouts they had."""
    for name in ("a", "b"):
        store.enlist(Pointer.to(rollout(name, endpoint)))
    assert store.known_endpoints().count(endpoint) == 1


def test_many_endpoints_with_work_are_all_listed(tables: TableStore) -> None:
    """They are spread over partitions, all of which are read."""
    names = {EndpointId("ml", f"spread-{number}") for number in range(40)}
    for name in names:
        tables.mark_open(name)
    assert names <= set(tables.open_endpoints())


def test_minutes_are_kept_once_and_in_order(store: Store, endpoint: EndpointId) -> None:
    """Storing the same minutes again, in any order, changes nothing."""
    minutes = [
        DeploymentMinute(name, NOW + timedelta(minutes=number), total=60 + number, bad=number % 3)
        for number in range(120)
        for name in ("churn-6", "churn-7")
    ]
    store.keep_minutes(endpoint.name, minutes)
    store.keep_minutes(endpoint.name, minutes[100:140])
    assert store.kept_minutes(endpoint.name) == tuple(minutes)
    hour = timedelta(hours=1)
    assert store.kept_minutes(endpoint.name, NOW + hour) == tuple(minutes[120:])
    assert store.kept_minutes(endpoint.name, NOW + hour, NOW + hour + timedelta(minutes=1)) == tuple(minutes[120:122])
    assert store.kept_minutes(endpoint.name, until=NOW) == ()
    assert store.kept_minutes("another") == ()


def test_everything_known_about_a_minute_is_kept(store: Store, endpoint: EndpointId) -> None:
    """Latency, predictions and tallies are preserved; unknown values stay unknown."""
    minutes = (
        DeploymentMinute("churn-6", NOW, 5, 0),
        DeploymentMinute(
            "churn-7",
            NOW,
            total=9,
            bad=2,
            client_errors=3,
            overloaded=1,
            addressed=4,
            slowness={0: 3, 155: 4},
            percentiles={50: 12.5, 99: 80.0},
            predictions={'ja "ß"': 4},
            tallies={"sales": Tally(1, 4)},
        ),
        DeploymentMinute("churn-8", NOW, 9, 9, slowness={}, percentiles={}, predictions={}),
    )
    unknown = DeploymentMinute("churn-6", NOW, 0, 0)
    usual = [each.name for each in fields(unknown) if getattr(minutes[1], each.name) == getattr(unknown, each.name)]
    assert usual == ["minute"]  # every other field differs from its default, so that none can be forgotten
    store.keep_minutes(endpoint.name, minutes)
    assert store.kept_minutes(endpoint.name) == minutes


def test_a_minute_that_is_read_again_loses_nothing(store: Store, endpoint: EndpointId) -> None:
    """Late rows raise its counts; its latency, which is only read for the last minutes, stays as it was judged."""
    whole = DeploymentMinute(
        "churn-7", NOW, 10, 0, slowness={40: 10}, predictions={"yes": 10}, tallies={"sales": Tally(1, 4)}
    )
    store.keep_minutes(endpoint.name, [whole])
    store.keep_minutes(endpoint.name, [DeploymentMinute("churn-7", NOW, 12, 2)])
    assert store.kept_minutes(endpoint.name) == (replace(whole, total=12, bad=2),)


def test_missing_tables_are_empty_and_created_by_the_first_write(table_service: TableServiceClient) -> None:
    """The app starts even if infrastructure created no tables, as in a fresh local cloud."""
    for name in (ROLLOUTS_TABLE, MINUTES_TABLE, OPEN_TABLE):
        table_service.delete_table(name)
    fresh = TableStore(table_service)
    assert fresh.open_endpoints() == ()
    assert fresh.record(NEW).etag is None
    assert fresh.kept_minutes("a") == ()
    fresh.mark_closed(NEW, "W/\"datetime'2026-11-20T00%3A00%3A00.0000000Z'\"")
    fresh.mark_open(NEW)
    fresh.commit(NEW, Changes((Stored(rollout("a", NEW)),)))
    fresh.keep_minutes("a", [DeploymentMinute("churn-7", NOW, 1, 0)])
    assert fresh.open_endpoints() == (NEW,)
    assert fresh.rollout(NEW, "a") is not None
    assert len(fresh.kept_minutes("a")) == 1


def test_a_halt_holds_until_it_is_ended(store: Store) -> None:
    """Actor, reason and time are preserved; a later halt replaces it; ending it is idempotent."""
    assert store.halt() is None
    listed = store.open_endpoints(), store.pointers(Wanted(), "", 9)
    for halt in (Halt("ada@example.com", "a 'fire' in the café", NOW), Halt("bob", "", NOW + timedelta(hours=1))):
        store.set_halt(halt)
        assert store.halt() == halt
    assert (store.open_endpoints(), store.pointers(Wanted(), "", 9)) == listed  # the halt itself is not listed
    ended = replace(halt, ended=HaltEnd("ada@example.com", "over", NOW + timedelta(hours=2)))
    store.set_halt(ended)
    assert store.halt() == ended
    with pytest.raises(Conflict):
        store.set_halt(ended)


def test_halts_have_a_history(store: Store) -> None:
    """Every halt and every end, newest first, up to a limit; nothing is ever removed."""
    day = NOW + timedelta(days=400)  # the newest, whatever else was halted in these tables
    wild = Halt("ada@example.com", "a 'fire' in the café", day)
    store.set_halt(wild)
    store.set_halt(replace(wild, ended=HaltEnd("bob", "out", day + timedelta(minutes=7))))
    store.set_halt(Halt("bob", "again", day + timedelta(minutes=9)))
    entries = store.halt_history(3)
    assert [(each.by, each.reason, each.halted) for each in entries] == [
        ("bob", "again", True),
        ("bob", "out", False),
        ("ada@example.com", "a 'fire' in the café", True),
    ]
    assert [each.at - day for each in entries] == [timedelta(minutes=9), timedelta(minutes=7), timedelta(0)]
    assert store.halt_history(2) == entries[:2]


def test_a_halt_that_was_replaced_is_not_ended_by_mistake(store: Store) -> None:
    """Bob replaces Ada's halt with his own for another reason before Ada ends the one she saw: Bob's stays in force."""
    day = NOW + timedelta(days=200)
    seen, later = Halt("ada", "works", day), Halt("bob", "an incident", day + timedelta(minutes=1))
    store.set_halt(seen)
    store.set_halt(later)
    with pytest.raises(Conflict):
        store.set_halt(replace(seen, ended=HaltEnd("ada", "done", day + timedelta(minutes=2))))
    assert store.halt() == later


def test_a_halt_that_comes_in_between_is_not_ended(tables: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob halts between the last read and the write that ends Ada's halt: his stays in force."""
    day = NOW + timedelta(days=300)
    seen, later = Halt("ada", "works", day), Halt("bob", "an incident", day + timedelta(minutes=1))
    tables.set_halt(seen)
    read = Table.get

    def read_before_another_halt(table: Table, partition: str, row_key: str) -> TableEntity | None:
        row = read(table, partition, row_key)
        tables.set_halt(later)
        return row

    monkeypatch.setattr(Table, "get", read_before_another_halt)
    with pytest.raises(Conflict):
        tables.set_halt(replace(seen, ended=HaltEnd("ada", "done", day + timedelta(minutes=2))))
    monkeypatch.undo()
    assert tables.halt() == later


@contextmanager
def nothing_deleted() -> Iterator[None]:
    """Let storage be too busy to delete the rows of a partition."""

    def fail(*_: object) -> int:
        raise Temporary("503 ServerBusy")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "clear", fail)
        yield


def test_a_rollout_that_could_not_be_forgotten_is_found_again(tables: TableStore, endpoint: EndpointId) -> None:
    """The pointer is deleted last, so the next sweep finds and deletes what is left after an error."""
    one = rollout(f"{endpoint.name}-a", endpoint)
    tables.enlist(Pointer.to(one))
    tables.commit(endpoint, Changes((Stored(one),)))
    with nothing_deleted(), pytest.raises(Temporary):
        tables.forget(Pointer.to(one))
    assert tables.pointers(Wanted(endpoint=endpoint.name), "", 9) == (Pointer.to(one),)


def test_minutes_that_could_not_be_forgotten_are_found_again(tables: TableStore, endpoint: EndpointId) -> None:
    """Their pointer is deleted last too, or an error would leave them in storage for ever."""
    pointer = Pointer.to(rollout(f"{endpoint.name}-a", endpoint, NOW + timedelta(days=999)))  # the newest of all
    tables.enlist(pointer)
    tables.keep_minutes(pointer.rollout, [DeploymentMinute("churn-7", NOW, 1, 0)])
    with nothing_deleted(), pytest.raises(Temporary):
        tables.forget_minutes(pointer)
    assert tables.with_minutes("", 1) == (pointer,)
    assert tables.forget_minutes(pointer)
    assert pointer not in tables.with_minutes("", 1)


def test_a_forgotten_rollout_leaves_nothing_behind(tables: TableStore, endpoint: EndpointId) -> None:
    """Its record, history, telemetry and pointer are deleted; another rollout of the endpoint stays."""
    gone, kept = (rollout(f"{endpoint.name}-{name}", endpoint) for name in ("gone", "kept"))
    for one in (gone, kept):
        tables.enlist(Pointer.to(one))
        tables.commit(endpoint, Changes((Stored(one),), entries=(Numbered(one.id, 0, entry(one.id)),)))
        tables.keep_minutes(one.id, [DeploymentMinute("churn-7", NOW + timedelta(minutes=n), 1, 0) for n in range(130)])
    tables.forget(Pointer.to(gone))
    tables.forget(Pointer.to(gone))
    assert tables.rollout(endpoint, gone.id) is None
    assert tables.history(endpoint, gone.id) == ()
    assert tables.kept_minutes(gone.id) == ()
    assert len(tables.kept_minutes(kept.id)) == 130
    assert len(tables.history(endpoint, kept.id)) == 1
    assert [pointer.rollout for pointer in tables.pointers(Wanted(endpoint=endpoint.name), "", 9)] == [kept.id]
