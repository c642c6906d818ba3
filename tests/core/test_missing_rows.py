"""A deployment's rows are missing only if chance does not explain that all requests went to the other one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from shared.core.reconcile.missing_rows import missing, missing_beside_mirror

Side = Literal["green", "blue"] | None


@pytest.mark.parametrize(
    ("green", "blue", "weight", "side"),
    [
        (0, 60, 10, "green"),
        (0, 30, 10, None),
        (0, 8, 50, "green"),
        (3, 0, 10, "blue"),
        (2, 0, 10, None),
        (1, 0, 1, None),
        (8, 0, 50, "blue"),
        (6, 0, 50, None),
        (60, 0, 90, "blue"),
        (30, 0, 90, None),
        (1, 1, 50, None),
        (0, 0, 50, None),
    ],
)
def test_live_rows_are_missing_if_chance_does_not_explain_it(green: int, blue: int, weight: int, side: Side) -> None:
    """The smaller a deployment's share, the fewer of its requests show that the other one should have had some."""
    assert missing(green, blue, weight) == side


@pytest.mark.parametrize("weight", [1, 5, 10, 25, 50, 75, 90])
@pytest.mark.parametrize("rpm", [1, 2, 3, 8, 20, 60])
def test_complete_rows_are_hardly_ever_called_missing(rpm: int, weight: int) -> None:
    """Tested on ten thousand minutes of independent requests, which is a week."""
    dice = np.random.default_rng(rpm * weight)
    totals = dice.poisson(rpm, 10_000)
    greens = dice.binomial(totals, weight / 100)
    called = [missing(int(green), int(total - green), weight) for green, total in zip(greens, totals, strict=True)]
    assert sum(side is not None for side in called) < 100


@pytest.mark.parametrize(
    ("green", "blue", "mirror", "side"),
    [(0, 60, 10, "green"), (0, 30, 10, None), (1, 0, 10, "blue"), (4, 0, 90, None), (5, 0, 90, "blue")],
)
def test_every_copy_has_an_original(green: int, blue: int, mirror: int, side: Side) -> None:
    """A few copies may be logged in the minute after their originals."""
    assert missing_beside_mirror(green, blue, mirror) == side
