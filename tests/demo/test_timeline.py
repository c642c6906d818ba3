"""Only changes of the shares observed in Azure are kept."""

from __future__ import annotations

from cli.demo.timeline import Period, Timeline


def test_only_changes_are_kept() -> None:
    """More frequent reads add nothing."""
    timeline = Timeline()
    for moment, weights in ((1, {"a": 100}), (2, {"a": 100}), (3, {"a": 90, "b": 10})):
        timeline.note(moment, weights)
    assert timeline.periods() == [Period(1, 3, {"a": 100}), Period(3, None, {"a": 90, "b": 10})]


def test_the_shares_of_a_deployment_begin_with_its_first_and_show_a_return_to_0() -> None:
    """The complete sequence is kept, so that a skipped or withdrawn share is noticed."""
    timeline = Timeline()
    for moment, share in enumerate([0, 10, 25, 0]):
        timeline.note(moment, {"blue": 100 - share, "green": share})
    assert timeline.shares("green") == [10, 25, 0]
    assert timeline.shares("another") == []
