"""How soon an incident is noticed, and how often a false one is.

Run: `python -m bench.incidents [RUNS]` (half a minute). It drives the shipped watch over simulated minutes of blue,
calibrated from six simulated hours. Calm worlds last three hours. An incident begins after an hour of calm, with a
failure rate that is a multiple of the alarm's limit. Delays are medians, with the 90th percentile in parentheses.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from bench.judge.bursts import Pods
from bench.judge.worlds import FailureHistory, FailureWorld
from shared.core.gates.alarms import alarms_of
from shared.core.gates.past import past_of
from shared.core.judge.incident import Alarm, Watch, add_minute, log_odds
from shared.core.judge.odds import Counts
from shared.core.judge.panel import default_budget
from shared.core.judge.tuning import TUNED
from shared.core.judge.verdict import Risk

CALM, BEFORE, LONGEST = 180, 60, 240  # minutes
RATES, BASES = (10, 100, 1_000, 10_000), (0.001, 0.01)
KINDS = {
    "independent": FailureWorld(0, 0),
    "twice the usual rate": FailureWorld(0, 0),
    "in clusters of five": FailureWorld(0, 0, cluster_size=5.0),
    "bursts of single pods": FailureWorld(0, 0, bursts=Pods()),
}


def alarm_of(history: FailureHistory, rate: float) -> Alarm:
    """Return the alarm for failures that follows from the six hours before."""
    return alarms_of(past_of(history.rows(), "blue"), default_budget(rate), TUNED, {}).failed


def watched(history: FailureHistory, alarm: Alarm, minutes: int) -> Iterator[Watch]:
    """Yield the watch over blue after each of its minutes."""
    watch = Watch()
    for number in range(minutes):
        minute = history.minute(number, 0)
        watch = add_minute(watch, Counts(minute.blue_bad, minute.blue_total), alarm, TUNED, Risk())
        yield watch


def calm(kind: str, rate: float, base: float, runs: int) -> tuple[int, float]:
    """Return how many calm runs were held, and the share of their minutes that were doubtful."""
    held, doubtful = 0, 0
    for seed in range(runs):
        world = replace(KINDS[kind], rate=rate, base=base, minutes=CALM)
        history = world.draw(seed)
        alarm = alarm_of(history, rate)
        if kind == "twice the usual rate":
            history.blue = history.blue * 2.0
        states = list(watched(history, alarm, CALM))
        held += any(watch.declared for watch in states)
        doubtful += sum(log_odds(watch, TUNED) > TUNED.log_suspicion for watch in states)
    return held, doubtful / (runs * CALM)


def delays(rate: float, times: float, runs: int) -> tuple[float, list[int]]:
    """Return the limit, and after how many minutes each incident was declared (`LONGEST`: not at all)."""
    found, limit = [], 0.0
    for seed in range(runs):
        history = FailureWorld(rate, BASES[0], minutes=BEFORE + LONGEST).draw(seed)
        alarm = alarm_of(history, rate)
        limit = alarm.limit
        history.blue[-LONGEST:] = min(limit * times, 1.0)
        states = enumerate(watched(history, alarm, BEFORE + LONGEST))
        declared = next((number for number, watch in states if watch.declared), BEFORE + LONGEST)
        found.append(declared - BEFORE)
    return limit, found


def main(runs: int) -> None:
    """Print both tables, as in docs/judge.md."""
    print(f"| calm world | held, of {runs * len(RATES) * len(BASES)} runs | doubtful minutes at worst |\n|---|---|---|")
    for kind in KINDS:
        rows = [calm(kind, rate, base, runs) for rate, base in product(RATES, BASES)]
        print(f"| {kind} | {sum(held for held, _ in rows)} | {max(share for _, share in rows):.2%} |", flush=True)
    times = (1.5, 2.0, 3.0)
    print(f"\n| requests a minute | limit | {' | '.join(f'{each:g} times it' for each in times)} |")
    print(f"|---|---|{'---|' * len(times)}")
    for rate in (20, 60, 150, 600, 3_000):
        cells, limit = [], 0.0
        for each in times:
            limit, found = delays(rate, each, runs)
            never = sum(delay >= LONGEST for delay in found)
            deciles = statistics.quantiles(found, n=10)
            cells.append(f"{statistics.median(found):g} ({deciles[-1]:.0f})" + (f", {never} never" if never else ""))
        print(f"| {rate:,} | {limit:.2%} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
