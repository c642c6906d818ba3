"""The traffic log query in action: requests in, minutes out, compared with counts made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from azure.monitor.query import LogsTable

from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.adapters.status import kind
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Window
from shared.core.telemetry.latency_buckets import bucket
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential
from tests.adapters.written_log import HOUR, LOGS, START, PlainClient, WrittenLog, written_log

MINUTE = timedelta(minutes=1)
LATER = Window(START + MINUTE, START + 2 * MINUTE)


@pytest.fixture
def log() -> Iterator[WrittenLog]:
    """Return an empty log."""
    with written_log() as made:
        yield made


@pytest.fixture
def traffic(log: WrittenLog) -> RequestLog:
    """Return the adapter on the log."""
    return RequestLog(log.analytics)


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        (0, (1, 1, 0, {})),
        (200, (1, 0, 0, {52: 1})),
        (302, (1, 0, 0, {52: 1})),
        (400, (1, 0, 1, {})),
        (404, (1, 0, 1, {})),
        (413, (1, 0, 1, {})),
        (424, (1, 1, 0, {})),
        (499, (1, 0, 1, {})),
        (500, (1, 1, 0, {})),
        (503, (1, 1, 0, {})),
    ],
)
def test_how_each_answer_is_counted(
    log: WrittenLog, traffic: RequestLog, code: int, counted: tuple[int, int, int, dict[int, int]]
) -> None:
    """Total, errors, client errors, and the latency of good answers only: 10 ms is bucket 52."""
    log.write("Churn-7", 1, code, 10, model_code=None)
    assert traffic.minutes("churn", HOUR, HOUR) == (DeploymentMinute("churn-7", START, *counted),)


def test_the_query_classifies_both_codes_as_the_adapter_of_metrics_does(log: WrittenLog, traffic: RequestLog) -> None:
    """The container's status takes precedence, in KQL as in `status.kind`, for every pair of the two codes."""
    models = (None, 0, 200, 302, 401, 408, 415, 424, 429, 499, 500, 507)
    pairs = [(code, model) for code in (200, 400, 408, 424, 429, 503, 0) for model in models]
    for number, (code, model) in enumerate(pairs):
        log.write(f"churn-{number:02}", 1, code, 10, model_code=model)
    found = traffic.minutes("churn", HOUR, HOUR)
    assert len(found) == len(pairs)
    for row, (code, model) in zip(found, pairs, strict=True):
        which = kind(str(code), "" if model is None else str(model))
        expected = (which in {"bad", "overloaded"}, which == "overloaded", which == "client_error", which == "good")
        counted = (row.bad, row.overloaded, row.client_errors, sum((row.slowness or {}).values()))
        assert counted == expected, (code, model)


def test_requests_of_teal_itself_are_counted_as_addressed(log: WrittenLog, traffic: RequestLog) -> None:
    """A smoke request names its deployment: it counts like any other, but the traffic split did not choose it."""
    for number, agent in enumerate(["teal", "teal function-app", "tealight/1.0", "curl/8.5", ""]):
        log.write("churn-7", number, 200, request="one id for all of them", user_agent=agent)
    assert [(row.total, row.addressed) for row in traffic.minutes("churn", HOUR, None)] == [(5, 2)]
    assert [(row.total, row.addressed) for row in traffic.minutes("churn", HOUR, None, once=True)] == [(1, 1)]


def test_every_request_is_counted_once_whatever_its_bucket(log: WrittenLog, traffic: RequestLog) -> None:
    """Three hundred requests with various codes and durations add up, in the core's buckets."""
    total, bad, refused, slow = Counter[str](), Counter[str](), Counter[str](), Counter[int]()
    for number in range(300):
        name, code, milliseconds = f"churn-{number % 2}", (200, 404, 200, 200, 424)[number % 5], number**2 * 37 % 4000
        log.write(name, number / 6, code, milliseconds)
        total[name] += 1
        bad[name] += code == 424
        refused[name] += code == 404
        if name == "churn-1" and code == 200:
            slow[bucket(milliseconds)] += 1
    minutes = traffic.minutes("churn", HOUR, HOUR)
    assert [(row.deployment, row.total, row.bad, row.client_errors) for row in minutes] == [
        (name, total[name], bad[name], refused[name]) for name in ("churn-0", "churn-1")
    ]
    assert minutes[1].slowness == dict(slow)


def test_the_query_s_buckets_are_the_core_s(log: WrittenLog, traffic: RequestLog) -> None:
    """Every duration up to a quarter of a second falls into the core's bucket."""
    for milliseconds in range(250):
        log.write("churn-7", 2 * milliseconds, 200, milliseconds)
    found = Counter[int]()
    for row in traffic.minutes("churn", HOUR, HOUR):
        found.update(row.slowness or {})
    assert found == Counter(bucket(milliseconds) for milliseconds in range(250))


def test_latency_covers_only_its_part_of_the_window(log: WrittenLog, traffic: RequestLog) -> None:
    """Elsewhere slowness is unknown, which differs from having no good answer."""
    for minute in range(3):
        log.write("churn-7", 60 * minute, 200)
        log.write("churn-7", 60 * minute + 59.999, 200, 1000)
    log.write("churn-8", 60, 500)
    slowness = {(row.deployment, row.minute): row.slowness for row in traffic.minutes("churn", HOUR, LATER)}
    assert slowness == {
        ("churn-7", START): None,
        ("churn-7", START + MINUTE): {52: 1, 155: 1},
        ("churn-8", START + MINUTE): {},
        ("churn-7", START + 2 * MINUTE): None,
    }
    assert [row.slowness for row in traffic.minutes("churn", HOUR, None)] == [None] * 4


class Counting(LogAnalytics):
    """A Log Analytics client that counts the rows of its last answer."""

    rows = 0

    def tables(self, query: str, window: Window, source: str) -> Sequence[LogsTable]:
        """Run the query and count the rows."""
        found = super().tables(query, window, source)
        self.rows = sum(len(table.rows) for table in found)
        return found


def test_a_minute_without_latency_is_one_row(log: WrittenLog) -> None:
    """Hours of history stay small: only the latency part of the window has a row per bucket."""
    for number in range(30):
        log.write("churn-7", 2 * number, 200, 2 ** (number % 10))
        log.write("churn-7", 60 + 2 * number, 200, 2 ** (number % 10))
    with PlainClient(Credential(), endpoint=log.url, retry_total=0) as client:
        counting = Counting(client, LOGS, WORKSPACE)
        for latency, rows in ((None, 2), (LATER, 11), (HOUR, 20)):
            RequestLog(counting).minutes("churn", HOUR, latency)
            assert counting.rows == rows


def test_other_endpoints_and_other_times_are_left_out(log: WrittenLog, traffic: RequestLog) -> None:
    """The window includes its start and excludes its end; endpoint names must match completely, ignoring case."""
    for seconds in (-1, 0, 59, 60):
        log.write("churn-7", seconds, 200)
    log.write("churn-7", 1, 500, endpoint="churn-two")
    log.write("churn-7", 2, 500, endpoint="CHURN")
    assert traffic.minutes("Churn", Window(START, START + MINUTE), None) == (DeploymentMinute("churn-7", START, 3, 1),)


TRIES: list[tuple[str, list[tuple[str, int]], tuple[int, int, int, dict[int, int]]]] = [
    ("answered at the third try", [("a", 503), ("a", 503), ("a", 200)], (1, 1, 0, {})),
    ("never answered", [("a", 424)] * 5, (1, 1, 0, {})),
    ("refused twice", [("a", 400), ("a", 400)], (1, 0, 1, {})),
    ("answered twice", [("a", 200), ("a", 200)], (1, 0, 0, {52: 1})),
    ("two requests", [("a", 503), ("b", 200), ("a", 503)], (2, 1, 0, {52: 1})),
    ("no id at all", [("", 503), ("", 503), ("", 200)], (3, 2, 0, {52: 1})),
    ("one id for everything", [("x", 200)] * 15 + [("x", 503)] * 10, (25, 10, 0, {})),
]


@pytest.mark.parametrize(("tries", "counted"), [row[1:] for row in TRIES], ids=[row[0] for row in TRIES])
def test_retries_of_one_request_count_once_if_configured(
    log: WrittenLog,
    traffic: RequestLog,
    tries: list[tuple[str, int]],
    counted: tuple[int, int, int, dict[int, int]],
) -> None:
    """Attempts with the same id are one request, which failed if any attempt did; overused ids do not count as one."""
    for number, (request, code) in enumerate(tries):
        log.write("churn-7", number, code, 10, request=request, model_code=None)
    assert traffic.minutes("churn", HOUR, HOUR, once=True) == (DeploymentMinute("churn-7", START, *counted),)
    each = traffic.minutes("churn", HOUR, HOUR)
    assert (each[0].total, each[0].bad) == (len(tries), sum(code in {424, 503} for _, code in tries))
