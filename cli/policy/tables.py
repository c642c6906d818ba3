"""A summary as two tables: shares, and values with their spread."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from cli.policy.blockers import blocker_words
from cli.simulate.summary import Rate, Spread, Summary
from shared.core.policy import Policy

Row = tuple[str, ...]


def result_tables(title: str, policy: Policy, total: Summary) -> tuple[Table, Table]:
    """Return the shares and the values of one scenario."""
    shares = _table(title, "share", "95% interval", "rollouts")
    for name, rate in _rates(policy, total):
        low, high = rate.interval
        shares.add_row(
            name, _percent(rate.value), f"{_percent(low)} to {_percent(high)}", f"{rate.count:,} of {rate.of:,}"
        )
    values = _table("", "median", "half lie in", "90% lie in", "mean")
    for name, spread in _spreads(total):
        values.add_row(name, *_spread(spread))
    return shares, values


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _rates(policy: Policy, total: Summary) -> Iterator[tuple[str, Rate]]:
    for ending, rate in total.endings.items():
        yield ending.words, rate
        for blocker, part in total.blockers.items():
            if blocker.ending is ending:
                yield f"- {blocker_words(blocker, policy)}", part
    named = {
        "false rollbacks": total.false_rollbacks,
        "fault detected": total.detected,
        "fault missed (promoted)": total.missed,
        "paused for lack of evidence": total.evidence_paused,
        "held by a freeze window": total.frozen if total.frozen.count else None,
    }
    yield from ((name, rate) for name, rate in named.items() if rate is not None)


def _spreads(total: Summary) -> Iterator[tuple[str, Spread]]:
    named = {
        "minutes from fault to decision": total.detection,
        "requests affected": total.affected,
        "requests green failed": total.failed,
        "requests green answered": total.requests,
        "minutes to 100%": total.full,
        "minutes to promoted": total.promoted,
        "minutes paused": total.paused if total.paused and total.paused.high else None,
        "green's instance-hours": total.green_hours,
    }
    yield from ((name, spread) for name, spread in named.items() if spread is not None)


def _spread(values: Spread) -> Row:
    ranges = ((values.lower, values.upper), (values.low, values.high))
    spans = (f"{_number(low)} to {_number(high)}" for low, high in ranges)
    return _number(values.median), *spans, _number(values.mean)


def _number(value: float) -> str:
    """Return a number rounded for reading: small ones with one decimal."""
    return f"{value:,.0f}" if abs(value) >= 100.0 or value == round(value) else f"{value:,.1f}"


def _percent(share: float) -> str:
    """Return a share as a percentage, with more digits near 0 and 100."""
    value = 100.0 * share
    if value in {0.0, 100.0}:
        return f"{value:.0f}%"
    return f"{value:.2f}%" if min(value, 100.0 - value) < 1.0 else f"{value:.1f}%"
