"""Absolute limits of a gate: shares that green must not exceed, whatever blue does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.core.judge.measure import Measure
from shared.core.judge.odds import Null


def with_limits(relative: tuple[Measure, ...], limits: Sequence[float]) -> tuple[Measure, ...]:
    """Return the measures plus one for each limit (a share from 0 to 1).

    The limits together get half of the gate's harm budget; the comparison with blue gets the other half.
    """
    if not limits:
        return relative
    absolute = [Measure(share=0.5 / len(limits), null=Null(0.0, limit), severe=False) for limit in limits]
    return (*[replace(measure, share=measure.share / 2.0) for measure in relative], *absolute)
