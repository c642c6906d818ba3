"""The result as a table for people. It must never hold a figure that the JSON has not."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from cli.simulate.summary import Rate, Spread, Summary


def result_table(title: str, total: Summary) -> Table:
    """Return the figures of one scene."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for name, side in (("", "left"), ("", "right"), ("95 % interval, or spread", "left")):
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    for row in _rows(total):
        table.add_row(*row)
    return table


def _rows(total: Summary) -> Iterator[tuple[str, str, str]]:
    for end, rate in total.ends.items():
        yield _rate(end.value, rate)
    for cause, rate in total.causes.items():
        yield _rate(f"  rolled back: {cause.value}", rate)
    yield _rate("false rollbacks", total.false_rollbacks)
    if total.detected is not None and total.missed is not None:
        yield _rate("fault detected", total.detected)
        yield _rate("fault missed (promoted)", total.missed)
        yield _spread("  minutes from fault to decision", total.detection)
    yield _spread("requests hurt, beyond blue's rate", total.hurt)
    yield _spread("requests that green failed", total.failed)
    yield _spread("requests that green got", total.requests)
    yield _spread("minutes to 100 %", total.full)
    yield _spread("minutes to promoted", total.promoted)
    yield _rate("paused for want of evidence", total.held)
    if total.frozen.count:
        yield _rate("held by a freeze", total.frozen)
    if total.paused is not None and total.paused.high:
        yield _spread("minutes paused", total.paused)


def _rate(name: str, rate: Rate) -> tuple[str, str, str]:
    low, high = rate.interval
    return name, _per_cent(rate.value), f"{_per_cent(low)} to {_per_cent(high)}   ({rate.count:,} of {rate.of:,})"


def _spread(name: str, values: Spread | None) -> tuple[str, str, str]:
    if values is None:
        return name, "-", ""
    most, half = f"{values.low:,.0f} to {values.high:,.0f}", f"{values.lower:,.0f} to {values.upper:,.0f}"
    return name, f"{values.median:,.0f}", f"half {half}, nine in ten {most}; mean {values.mean:,.1f}"


def _per_cent(share: float) -> str:
    """Return a share in per cent; the few that are near 0 or 100 with more digits."""
    value = 100.0 * share
    if value in {0.0, 100.0}:
        return f"{value:.0f} %"
    return f"{value:.2f} %" if min(value, 100.0 - value) < 1.0 else f"{value:.1f} %"
