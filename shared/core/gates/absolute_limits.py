"""Absolute limits of a gate: shares that green must keep to, whatever blue does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.core.judge.measure import Measure
from shared.core.judge.odds import Null


def with_limits(relative: tuple[Measure, ...], limits: Sequence[float]) -> tuple[Measure, ...]:
    """Return the measures with one more for each limit (a share from 0 to 1).

    The limits have half of the gate's harm together, and what is held against blue has the other half.
    """
    if not limits:
        return relative
    absolute = [Measure(share=0.5 / len(limits), null=Null(0.0, limit), severe=False) for limit in limits]
    return (*[replace(measure, share=measure.share / 2.0) for measure in relative], *absolute)
