"""The demo's counts match exactly what was sent and answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.demo.samples import Count, Sample, SampleFile, Spared, by_deployment, parse, spared, within


def sample(sent: float, row: int = 0, status: int = 200, deployment: str = "blue") -> Sample:
    """Return a sample that took 10 ms."""
    return Sample(sent, 0.01, row, status, deployment)


@pytest.mark.parametrize("each", [sample(1.5), sample(2.25, 7, 424, "green"), sample(3.0, 1, 0, "")])
def test_a_sample_survives_a_round_trip(each: Sample) -> None:
    """This holds even for an unanswered request."""
    assert parse(each.line()) == each


def test_a_growing_file_is_read_by_complete_lines(tmp_path: Path) -> None:
    """An incomplete line is read the next time, and no line is read twice."""
    path = tmp_path / "samples"
    file = SampleFile(path)
    assert file.read() == []
    second = sample(2).line()
    path.write_text(sample(1).line() + second[:9], encoding="utf-8")
    assert file.read() == [sample(1)]
    path.write_text(sample(1).line() + second, encoding="utf-8")
    assert file.read() == [sample(1), sample(2)]


def test_every_status_but_200_is_a_failure_of_its_deployment() -> None:
    """Requests and failures are counted per deployment; unanswered ones are counted separately."""
    samples = [sample(1), sample(2, status=424), sample(3, deployment="green"), sample(4, status=0, deployment="")]
    assert by_deployment(samples) == {"": Count(1, 1), "blue": Count(2, 1), "green": Count(1, 0)}


def test_a_span_includes_its_start_but_not_its_end() -> None:
    """Adjacent spans count every request once."""
    samples = [sample(1), sample(2), sample(3)]
    assert [each.sent for each in within(samples, 1, 2)] == [1]
    assert [each.sent for each in within(samples, 2, 4)] == [2, 3]


def test_spared_failures_cover_every_failing_row_while_green_was_live() -> None:
    """Rows 5 and 6 fail on green: two such requests reached it, and four were sent while it was live."""
    samples = [
        sample(1, row=5),  # before green was live
        sample(2, row=1, deployment="green"),
        sample(3, row=5),
        sample(4, row=5, status=424, deployment="green"),
        sample(5, row=6),
        sample(6, row=6, status=424, deployment="green"),
        sample(7, row=6),  # after
    ]
    expected = Spared(requests=5, green_requests=3, failed=2, would_have_failed=4)
    assert spared(samples, "green", {5, 6}) == expected


def test_a_version_that_was_never_live_spared_nothing() -> None:
    """Without a request to green there is nothing to compare."""
    assert spared([sample(1)], "green", {5}) is None
