"""The result as two tables for people: shares, and values with their spread. Never a figure that the JSON has not."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from cli.simulate.summary import Rate, Spread, Summary

Row = tuple[str, ...]


def result_tables(title: str, total: Summary) -> tuple[Table, Table]:
    """Return the shares and the values of one scene."""
    shares = _table(title, "share", "95 % interval", "rollouts")
    for name, rate in _rates(total):
        low, high = rate.interval
        count = f"{rate.count:,} of {rate.of:,}"
        shares.add_row(name, _per_cent(rate.value), f"{_per_cent(low)} to {_per_cent(high)}", count)
    values = _table("", "median", "half lie in", "nine in ten in", "mean")
    for name, spread in _spreads(total):
        values.add_row(name, *_spread(spread))
    return shares, values


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _rates(total: Summary) -> Iterator[tuple[str, Rate]]:
    yield from ((end.value, rate) for end, rate in total.ends.items())
    yield from ((f"- rolled back: {cause.value}", rate) for cause, rate in total.causes.items())
    named = {
        "false rollbacks": total.false_rollbacks,
        "fault detected": total.detected,
        "fault missed (promoted)": total.missed,
        "paused for want of evidence": total.held,
        "held by a freeze": total.frozen if total.frozen.count else None,
    }
    yield from ((name, rate) for name, rate in named.items() if rate is not None)


def _spreads(total: Summary) -> Iterator[tuple[str, Spread]]:
    named = {
        "minutes from fault to decision": total.detection,
        "requests hurt beyond blue's": total.hurt,
        "requests green failed": total.failed,
        "requests green answered": total.requests,
        "minutes to 100 %": total.full,
        "minutes to promoted": total.promoted,
        "minutes paused": total.paused if total.paused and total.paused.high else None,
    }
    yield from ((name, spread) for name, spread in named.items() if spread is not None)


def _spread(values: Spread) -> Row:
    ranges = ((values.lower, values.upper), (values.low, values.high))
    spans = (f"{_number(low)} to {_number(high)}" for low, high in ranges)
    return _number(values.median), *spans, _number(values.mean)


def _number(value: float) -> str:
    """Return a number as people read it: small ones with a decimal."""
    return f"{value:,.0f}" if abs(value) >= 100.0 or value == round(value) else f"{value:,.1f}"


def _per_cent(share: float) -> str:
    """Return a share in per cent; the few that are near 0 or 100 with more digits."""
    value = 100.0 * share
    if value in {0.0, 100.0}:
        return f"{value:.0f} %"
    return f"{value:.2f} %" if min(value, 100.0 - value) < 1.0 else f"{value:.1f} %"
