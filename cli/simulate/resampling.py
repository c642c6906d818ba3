"""Draws random minutes like a recorded one: the same rates, times and predictions, with a new number of requests.

What is missing from the recorded minute is also missing from the drawn one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from shared.core.observation import DeploymentMinute, Tally

Key = TypeVar("Key", int, str)
NO_TIME = datetime.min.replace(tzinfo=UTC)


def pooled(name: str, rows: Sequence[DeploymentMinute]) -> DeploymentMinute:
    """Return all minutes of a deployment as one row, without percentiles, which cannot be added up."""
    tallies: dict[str, Tally] = {}
    for row in rows:
        for gate, tally in row.tallies.items():
            before = tallies.get(gate, Tally(0, 0))
            tallies[gate] = Tally(before.bad + tally.bad, before.total + tally.total)
    return DeploymentMinute(
        name,
        NO_TIME,
        total=sum(row.total for row in rows),
        bad=sum(row.bad for row in rows),
        client_errors=sum(row.client_errors for row in rows),
        slowness=_summed(row.slowness for row in rows),
        predictions=_summed(row.predictions for row in rows),
        tallies=tallies,
    )


def resampled(
    like: DeploymentMinute, generator: np.random.Generator, minute: datetime, total: int
) -> DeploymentMinute | None:
    """Return a minute like this one with `total` requests, or None without any."""
    if not total:
        return None
    many = like.total or 1
    bad, refused, _ = generator.multinomial(total, _shares((like.bad, like.client_errors), many)).tolist()
    times = _scaled(like.slowness, (total - bad - refused) / max(like.total - like.bad - like.client_errors, 1))
    return DeploymentMinute(
        like.deployment,
        minute,
        total,
        bad,
        refused,
        slowness=_distributed(like.slowness, generator, times),
        percentiles=like.percentiles,
        predictions=_distributed(like.predictions, generator, _scaled(like.predictions, total / many)),
        tallies={gate: _tally(tally, generator, total / many) for gate, tally in like.tallies.items()},
    )


def _tally(like: Tally, generator: np.random.Generator, scale: float) -> Tally:
    total = round(like.total * scale)
    return Tally(int(generator.binomial(total, like.bad / like.total)) if like.total else 0, total)


def _scaled(counts: Mapping[Key, int] | None, scale: float) -> int:
    return round(sum(counts.values()) * scale) if counts else 0


def _distributed(like: Mapping[Key, int] | None, generator: np.random.Generator, total: int) -> dict[Key, int] | None:
    """Distribute `total` over the same categories at the same rates."""
    if not like:
        return None
    counts = generator.multinomial(total, _shares(tuple(like.values())[:-1], sum(like.values())))
    return {key: count for key, count in zip(like, counts.tolist(), strict=True) if count}


def _shares(counts: Sequence[int], total: int) -> list[float]:
    """Return the shares of these counts, and of the rest."""
    parts = [count / total for count in counts]
    return [*parts, max(1.0 - sum(parts), 0.0)]


def _summed(parts: Iterable[Mapping[Key, int] | None]) -> dict[Key, int] | None:
    found: dict[Key, int] = {}
    for part in parts:
        for key, count in (part or {}).items():
            found[key] = found.get(key, 0) + count
    return found or None
