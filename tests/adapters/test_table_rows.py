"""Minutes of telemetry as table rows, exact in both directions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.table_rows import (
    PIECE,
    endpoint_of,
    halt_of,
    halt_row,
    minute_of,
    minute_row,
    pointer_of,
    pointer_row,
    rollout_of,
)
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, Halt, Tally
from shared.core.rollout.pointers import Pointer
from shared.errors import Permanent
from tests.adapters.records import NOW

COUNTS = st.integers(0, 2**31 - 1)
TIMES = st.floats(0, allow_nan=False, allow_infinity=False)
MINUTES = st.builds(
    DeploymentMinute,
    deployment=st.from_regex(r"[a-z][-a-z0-9]{0,30}[a-z0-9]", fullmatch=True),
    minute=st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  (drawn in UTC)
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    total=COUNTS,
    bad=COUNTS,
    client_errors=COUNTS,
    slowness=st.none() | st.dictionaries(st.integers(0, 500), COUNTS),
    percentiles=st.none() | st.dictionaries(st.sampled_from([50, 90, 95, 99]), TIMES),
    predictions=st.none() | st.dictionaries(st.text(), COUNTS),
    tallies=st.dictionaries(st.text(), st.builds(Tally, COUNTS, COUNTS)),
)
ROW: dict[str, Any] = {
    "PartitionKey": "a",
    "RowKey": "2026-11-20T10:00:00Z~churn-7",
    "deployment": "churn-7",
    "total": 7,
    "bad": 1,
    "client_errors": 0,
    "overloaded": 0,
    "addressed": 0,
}


@given(MINUTES)
def test_any_minute_survives_a_round_trip(minute: DeploymentMinute) -> None:
    """Known values are preserved exactly, and unknown ones stay unknown."""
    assert minute_of(minute_row("a", minute)) == minute


def test_unknown_values_have_no_property() -> None:
    """Most rows have few values, so they stay small."""
    row = minute_row("a", DeploymentMinute("churn-7", NOW, 7, 1))
    assert set(row) == {
        "PartitionKey",
        "RowKey",
        "deployment",
        "minute",
        "total",
        "bad",
        "overloaded",
        "addressed",
        "client_errors",
    }


@pytest.mark.parametrize(
    "corrupt",
    [
        {"total": None},
        {"total": "many"},
        {"RowKey": "now"},
        {"slowness": "[[1]]"},
        {"slowness": '[["1",1]]'},
        {"slowness": "7"},
        {"percentiles": "{"},
        {"predictions": "[]"},
        {"predictions": '{"yes":"1"}'},
        {"tallies": '{"sales":[1]}'},
        {"tallies": '{"sales":[1.5,2]}'},
    ],
)
def test_a_corrupt_row_is_named(corrupt: dict[str, Any]) -> None:
    """The error says which row to repair; nothing is guessed."""
    assert minute_of(ROW).total == 7
    with pytest.raises(Permanent, match=r"row a/.* cannot be read"):
        minute_of(ROW | corrupt)


LISTED = pointer_row("newest", Pointer(EndpointId("ml", "churn"), "churn-7-abc", "churn-model", NOW))


@pytest.mark.parametrize("column", ["workspace", "endpoint"])
def test_an_incomplete_row_of_the_list_of_work_is_named(column: str) -> None:
    """Someone edited the table: the error says which row to repair, and is no defect of Teal."""
    row = {name: value for name, value in LISTED.items() if name != column}
    with pytest.raises(Permanent, match=rf"row newest/.* cannot be read: it has no column '{column}'"):
        endpoint_of(row)


@pytest.mark.parametrize("change", [{"RowKey": "noon"}, {"rollout": None}, {"model": None}], ids=str)
def test_a_corrupt_pointer_is_named(change: dict[str, str | None]) -> None:
    """Otherwise a single row would make every page of the API fail without a word about it."""
    row = {name: value for name, value in (LISTED | change).items() if value is not None}
    with pytest.raises(Permanent, match=r"row newest/.* cannot be read"):
        pointer_of(row)


@pytest.mark.parametrize("corrupt", [{"At": "noon"}, {"EndedAt": 7, "EndedBy": "bob", "EndedReason": "over"}], ids=str)
def test_a_corrupt_halt_is_named(corrupt: dict[str, Any]) -> None:
    """Otherwise it would be noticed only when someone displays the halt."""
    with pytest.raises(Permanent, match=r"row halt/halt of our tables cannot be read: .*At is not a time"):
        halt_of(halt_row("halt", Halt("ada", "works", NOW)) | corrupt)


def test_a_value_too_large_for_a_property_is_refused() -> None:
    """Properties in Table Storage have a size limit, and the message says what exceeds it."""
    many = {f"{number}": 1 for number in range(PIECE)}
    with pytest.raises(Permanent, match=r"predictions of .*churn-7 is too large"):
        minute_row("a", DeploymentMinute("churn-7", NOW, 7, 1, predictions=many))


def test_a_truncated_record_is_named_with_its_place() -> None:
    """Truncated text is not a rollout, even if it starts like one."""
    with pytest.raises(Permanent, match="churn/rollout~cut"):
        rollout_of({"PartitionKey": "churn", "RowKey": "rollout~cut", "json": '{"id":"a","calibration":{"phi":1.0'})
