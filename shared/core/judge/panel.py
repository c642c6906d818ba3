"""All gates together: one minute in, one state out. The panel does not know what a gate counts.

The public interface of the judge: create a `Panel` before green's first request, start with `Evidence()`, pass every
settled minute to `add_minute` once, call `begin_step` when the weight is raised, and call `verdict.judge` at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.core.judge import gate
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import Counts
from shared.core.judge.traffic_share import LiveMinute, TrafficShare, watch
from shared.core.judge.tuning import TUNED, Tuning

LEAST_BUDGET, MOST_BUDGET = 0.001, 0.01
EXTRA_FAILURES_A_MINUTE = 2.0
# A past with fewer minutes of traffic does not show that there are no bursts.
LEAST_PAST = 50
LEAST_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """The gates of one rollout and how the judge bets: frozen before green's first request.

    requests_per_minute: the endpoint's average over blue's past.
    """

    gates: tuple[GateSetting, ...] = (GateSetting(),)
    tuning: Tuning = TUNED
    requests_per_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class JudgedMinute:
    """One settled minute: what each gate of the panel sees of it (None: nothing), and the traffic share.

    green, blue: their numbers of requests, whatever the gates count. answered, blue_answered: those of green and of
    blue that did not fail. weight, next_weight, steady: as in `gate_minute.Share`. live: their live requests, to
    compare with the weight; None if the minute says nothing about that.
    """

    gates: tuple[GateMinute | None, ...]
    weight: int
    next_weight: int | None
    steady: bool = True
    green: int = 0
    blue: int = 0
    answered: int = 0
    blue_answered: int = 0
    live: LiveMinute | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The state: one entry per gate of the panel (none before the first minute).

    weight: green's weight in the last steady minute. age: the number of steady minutes at it. starved: the requests
    that green should have received, by its weight or mirror, since it last received any. step_requests: green's
    requests in steady minutes of the current step. traffic: whether green's share of the live requests matches
    its weight; no verdict depends on it.
    """

    gates: tuple[GateEvidence, ...] = ()
    weight: int | None = None
    age: int = 0
    starved: float = 0.0
    step_requests: int = 0
    traffic: TrafficShare = field(default_factory=TrafficShare)

    def of(self, panel: Panel) -> tuple[GateEvidence, ...]:
        """Return one entry for each gate of the panel; fresh ones if the stored entries belong to another panel."""
        return self.gates if len(self.gates) == len(panel.gates) else (GateEvidence(),) * len(panel.gates)


def errors_panel(
    bad: Sequence[int], total: Sequence[int], budget: float | None = None, tuning: Tuning = TUNED
) -> Panel:
    """Return a panel with only the errors gate, calibrated from blue's consecutive past minutes, oldest first."""
    rate = requests_per_minute(total)
    setting = GateSetting(
        phi=burstiness(bad, total),
        lasting=lasting(bad, total, tuning),
        known=long_enough(total),
        rate=past_rate(bad, total),
        rates=(usual_rate(sum(bad), sum(total)),),
        budget=default_budget(rate) if budget is None else budget,
    )
    return Panel((setting,), tuning, rate)


def errors_minute(counts: Counts, weight: int, next_weight: int | None, *, steady: bool = True) -> JudgedMinute:
    """Return a minute for a panel with only the errors gate."""
    seen = GateMinute((counts,), counts)
    return JudgedMinute((seen,), weight, next_weight, steady, counts.green_total, counts.blue_total)


def add_minute(evidence: Evidence, minute: JudgedMinute, panel: Panel) -> Evidence:
    """Return the evidence after one more settled minute. Raises ValueError if the minute is not for this panel."""
    changed = minute.steady and evidence.weight is not None and minute.weight != evidence.weight
    age = 0 if changed or evidence.weight is None else evidence.age
    share = Share(minute.weight, minute.next_weight, minute.steady, changed, age, minute.answered, minute.blue_answered)
    known = evidence.of(panel)
    started = [gate.begin_step(one) for one in known] if changed else known
    return Evidence(
        gates=tuple(
            [
                gate.skip_minute(one, setting, share)
                if seen is None
                else gate.add_minute(one, setting, seen, share, panel.tuning)
                for one, setting, seen in zip(started, panel.gates, minute.gates, strict=True)
            ]
        ),
        weight=minute.weight if minute.steady else evidence.weight,
        age=age + minute.steady,
        starved=_starved(evidence.starved, minute),
        step_requests=(0 if changed else evidence.step_requests) + (minute.green if minute.steady else 0),
        traffic=evidence.traffic if minute.live is None else watch(evidence.traffic, minute.live, panel.tuning),
    )


def begin_step(evidence: Evidence) -> Evidence:
    """Return the evidence with fresh certificates: those of the last step do not apply to the next."""
    return replace(restart_certificates(evidence), step_requests=0)


def restart_certificates(evidence: Evidence) -> Evidence:
    """Return the evidence with fresh certificates within a step, because the evidence behind the old ones is void."""
    return replace(evidence, gates=tuple([gate.begin_step(one) for one in evidence.gates]))


def requests_per_minute(total: Sequence[int]) -> float:
    """Return the mean of a past, 0 if it is empty."""
    return sum(total) / len(total) if total else 0.0


def past_rate(bad: Sequence[int], total: Sequence[int]) -> float:
    """Return blue's bad share in the past, for choosing bets; half a bad request in 500 is added, so it is never 0."""
    return (sum(bad) + 0.5) / (sum(total) + 500.0)


def usual_rate(bad: int, total: int) -> float:
    """Return the bad share in a past, to compare green with when blue has no traffic; 0 if the past is too short."""
    return bad / total if total >= LEAST_REQUESTS else 0.0


def long_enough(total: Sequence[int]) -> bool:
    """Return whether a past has enough minutes with traffic to show that there are no bursts."""
    return sum(count > 0 for count in total) >= LEAST_PAST


def default_budget(rate: float) -> float:
    """Return D for a rate of requests per minute: two extra failures per minute, between 0.1 % and 1 %."""
    return min(max(EXTRA_FAILURES_A_MINUTE / rate, LEAST_BUDGET), MOST_BUDGET) if rate else MOST_BUDGET


def _starved(before: float, minute: JudgedMinute) -> float:
    if minute.green:
        return 0.0
    if not minute.steady:
        return before
    if minute.weight >= 100:
        return before + minute.blue
    apart = 100.0 - minute.weight if minute.weight > 0 else 100.0  # with a mirror, blue answers everything
    return before + minute.blue * abs(minute.weight) / apart
