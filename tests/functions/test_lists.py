"""Lists over HTTP: newest first across endpoints, page by page, filtered, and each rollout exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared import listing
from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout.pointers import Pointer
from shared.ports import Changes, Stored
from tests.core.changes import changed
from tests.core.rollouts import rollout
from tests.functions.conftest import Calls, error
from tests.scenarios.world import MIDNIGHT

HOUR = timedelta(hours=1)
ENDPOINTS = ("churn", "fraud", "sales")


@pytest.fixture
def calls(calls: Calls) -> Calls:
    """Return a world with nine rollouts on three endpoints, one an hour: the last one of each endpoint is open."""
    for number in range(9):
        phase = Phase.STEPPING if number >= 6 else (Phase.PROMOTED, Phase.ROLLED_BACK)[number % 2]
        add(calls, number, ENDPOINTS[number % 3], phase)
    return calls


def add(calls: Calls, number: int, endpoint: str, phase: Phase) -> None:
    """Store a rollout that was admitted this many hours after midnight."""
    admitted = MIDNIGHT + number * HOUR
    made = changed(
        rollout(phase, finished=None if phase is Phase.STEPPING else admitted + HOUR),
        id=f"r{number}",
        endpoint=EndpointId("w", endpoint),
        created=admitted,
    )
    calls.world.store.enlist(Pointer.to(made))
    record = calls.world.store.record(made.endpoint)
    lock = Stored(replace(record.value, current=made.id), record.etag)
    calls.world.store.commit(made.endpoint, Changes((Stored(made),), lock))
    calls.world.store.mark_open(made.endpoint)


def pages(calls: Calls, **query: str) -> Iterator[list[str]]:
    """Yield the ids of each page."""
    continuation: Any = ""
    while continuation is not None:
        status, page = calls.send("list", query | ({"continuation": continuation} if continuation else {}))
        assert status == 200, page
        rollouts, continuation = page["rollouts"], page["continuation"]
        assert isinstance(rollouts, list)
        yield [each["id"] for each in rollouts]


NEWEST_FIRST = [f"r{number}" for number in reversed(range(9))]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 100])
def test_pages_show_every_rollout_once_newest_first(calls: Calls, limit: int) -> None:
    """Whatever the page size; no page is larger, and the last one is not empty."""
    found = list(pages(calls, limit=str(limit)))
    assert [each for page in found for each in page] == NEWEST_FIRST
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1]


FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({"endpoint": "fraud"}, ["r7", "r4", "r1"]),
    ({"endpoint": "FRAUD"}, ["r7", "r4", "r1"]),
    ({"endpoint": "nobody"}, []),
    ({"model": "churn"}, NEWEST_FIRST),
    ({"model": "fraud"}, []),
    ({"phase": "rolled-back"}, ["r5", "r3", "r1"]),
    ({"phase": "queued"}, []),
    ({"since": "2026-11-20T07:00:00Z"}, ["r8", "r7"]),
    ({"since": "2026-11-20T08:30:00+01:00"}, ["r8"]),
    ({"since": "2026-11-20T07:00:00.000001Z"}, ["r8"]),
    ({"open": "true"}, ["r8", "r7", "r6"]),
    ({"open": "TRUE", "endpoint": "churn"}, ["r6"]),
    ({"open": "true", "phase": "promoted"}, []),
    ({"open": "false"}, NEWEST_FIRST[3:]),
    ({"open": "false", "endpoint": "sales", "phase": "promoted"}, ["r2"]),
    ({"workspace": "W"}, NEWEST_FIRST),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[str(row[0]) for row in FILTERS])
def test_filters_are_combined_and_pages_continue_within_them(
    calls: Calls, query: dict[str, str], expected: list[str]
) -> None:
    """The same rollouts in the same order, on one page or on many."""
    assert [each for page in pages(calls, **query) for each in page] == expected
    assert [each for page in pages(calls, limit="1", **query) for each in page] == expected


def test_a_rollout_that_is_admitted_between_two_pages_moves_nothing(calls: Calls) -> None:
    """It would be on the first page; the second page stays the same."""
    found = pages(calls, limit="4")
    first = next(found)
    add(calls, 10, "churn", Phase.STEPPING)
    assert [*first, *(each for page in found for each in page)] == NEWEST_FIRST


def test_pointers_that_lead_nowhere_are_passed_over(calls: Calls) -> None:
    """A process that died before writing its rollout leaves such a pointer, and so does a lost race."""
    stored = calls.world.store.rollout(EndpointId("w", "sales"), "r5")
    assert stored is not None
    lost = Pointer.to(stored.value)
    calls.world.store.enlist(replace(lost, admitted=lost.admitted + HOUR / 2))
    calls.world.store.enlist(replace(lost, rollout="never-written"))
    assert [each for page in pages(calls, limit="2") for each in page] == NEWEST_FIRST


def test_a_page_reads_only_so_many_records(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filtered by phase, a page can be short or even empty and still have a continuation; nothing is left out."""
    monkeypatch.setattr(listing, "MOST_READ", 2)
    found = list(pages(calls, limit="2", phase="promoted"))
    assert [each for page in found for each in page] == ["r4", "r2", "r0"]
    assert [] in found


BAD_QUERIES = [
    ({"limit": "0"}, "invalid_parameter", "limit"),
    ({"limit": "101"}, "invalid_parameter", "limit"),
    ({"limit": "ten"}, "invalid_parameter", "limit"),
    ({"open": "maybe"}, "invalid_parameter", "open"),
    ({"phase": "running"}, "invalid_parameter", "phase"),
    ({"since": "yesterday"}, "invalid_parameter", "since"),
    ({"since": "2026-11-20T10:00:00"}, "invalid_parameter", "since"),
    ({"since": "0001-01-01T00:00:00+14:00"}, "invalid_parameter", "since"),
    ({"continuation": "r7' or RowKey gt '"}, "invalid_parameter", "continuation"),
    ({"endpoint": "a b"}, "invalid_parameter", "endpoint"),
    ({"endpont": "churn"}, "unknown_parameter", "endpont"),
    ({"endpont": ""}, "unknown_parameter", "endpont"),
    ({"open": ""}, "invalid_parameter", "open"),
]


@pytest.mark.parametrize(("query", "code", "field"), BAD_QUERIES, ids=[str(row[0]) for row in BAD_QUERIES])
def test_a_query_that_is_wrong_is_refused_and_named(calls: Calls, query: dict[str, str], code: str, field: str) -> None:
    """400 with the parameter, rather than a list of something else."""
    status, content = calls.send("list", query)
    assert (status, error(content)["code"], error(content)["field"]) == (400, code, field)


def test_the_function_key_may_be_in_the_address(calls: Calls) -> None:
    """The host reads it there, with its name, and passes both on."""
    assert calls.send("list", {"code": "abc", "clientId": "default", "limit": "1"})[0] == 200


def test_another_workspace_is_not_served(calls: Calls) -> None:
    """404 for a list, an endpoint and a request alike."""
    asked = {"by": "ada", "reason": "because"}
    for status, content in (
        calls.http("list", workspace="other"),
        calls.http("show", workspace="other", endpoint="churn"),
        calls.http("pause", asked, workspace="other", endpoint="churn"),
    ):
        assert (status, error(content)["code"], error(content)["field"]) == (404, "not_found", "workspace")
