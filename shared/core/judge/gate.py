"""The errors gate: evidence from a minute's counts, and what it says of harm and of the next step.

State in, minute in, state out. The state is the whole memory; the settings are frozen before green's first request.
It must never look at the clock or revise a minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from shared.core.judge import certificate, harm
from shared.core.judge.burstiness import bad_minutes_needed, burstiness, certificate_temper
from shared.core.judge.odds import Counts, Null

LEAST_BUDGET, MOST_BUDGET = 0.001, 0.01
EXTRA_FAILURES_A_MINUTE = 2.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the judge is set to for one rollout, from blue's past alone.

    phi: burstiness of blue's errors (1 is none). bad_minutes: k of the minor lane. temper: divisor of certificates.
    budget: D, the harm allowed over all traffic, as a probability. requests_per_minute: the endpoint's, on average.
    """

    phi: float = 1.0
    bad_minutes: int = 3
    temper: float = 1.0
    budget: float = MOST_BUDGET
    requests_per_minute: float = 0.0


def calibrate(bad: list[int], total: list[int], budget: float | None = None) -> Calibration:
    """Return the calibration from blue's consecutive past minutes, oldest first (empty: the defaults).

    `budget` overrides D; otherwise it is two extra failures a minute at blue's traffic, between 0.1 % and 1 %.
    """
    phi = burstiness(bad, total)
    rate = sum(total) / len(total) if total else 0.0
    by_traffic = EXTRA_FAILURES_A_MINUTE / rate if rate else MOST_BUDGET
    return Calibration(
        phi=phi,
        bad_minutes=bad_minutes_needed(phi),
        temper=certificate_temper(phi),
        budget=min(max(by_traffic, LEAST_BUDGET), MOST_BUDGET) if budget is None else budget,
        requests_per_minute=rate,
    )


@dataclass(frozen=True, slots=True)
class JudgedMinute:
    """One settled minute as the gate sees it.

    weight: green's share in per cent; of a mirror, negative. next_weight: the share after this step, or None at the
    last one. steady: the share held for the whole minute; an unsteady minute counts for harm but not for the
    certificate.
    """

    counts: Counts
    weight: int
    next_weight: int | None
    steady: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the gate remembers: the harm process, the step's certificate, its weight, and the counts added up.

    seen: all minutes. compared: those in which blue had traffic. step: the steady ones of the present step.
    """

    harm: harm.Harm = field(default_factory=harm.Harm)
    certificate: certificate.Certificate = field(default_factory=certificate.Certificate)
    weight: int | None = None
    seen: Counts = field(default_factory=Counts)
    compared: Counts = field(default_factory=Counts)
    step: Counts = field(default_factory=Counts)

    @property
    def settled_minutes(self) -> int:
        """How many steady minutes at the present weight have been judged."""
        return self.certificate.minutes


def add_minute(evidence: Evidence, minute: JudgedMinute, calibration: Calibration) -> Evidence:
    """Return the evidence after one more settled minute."""
    changed = minute.steady and evidence.weight is not None and minute.weight != evidence.weight
    alone = minute.counts.blue_total == 0
    step = certificate.Certificate() if changed or evidence.weight is None else evidence.certificate
    return Evidence(
        harm=harm.add_minute(
            evidence.harm,
            minute.counts,
            _absolute_nulls(evidence, calibration) if alone and minute.weight == 100 else harm.HarmNulls(),
            calibration.bad_minutes,
            changed=changed,
        ),
        certificate=_certify(step, minute, calibration) if minute.steady else step,
        weight=minute.weight if minute.steady else evidence.weight,
        seen=evidence.seen + minute.counts,
        compared=evidence.compared if alone else evidence.compared + minute.counts,
        step=evidence.step + minute.counts if minute.steady else evidence.step,
    )


def begin_step(evidence: Evidence) -> Evidence:
    """Return the evidence with a fresh certificate: what certified the last step says nothing of the next."""
    return replace(evidence, certificate=certificate.Certificate(), step=Counts())


def _certify(step: certificate.Certificate, minute: JudgedMinute, calibration: Calibration) -> certificate.Certificate:
    if minute.next_weight is None:
        return replace(step, minutes=step.minutes + (minute.counts.green_total > 0))
    null = certificate.null_for(minute.next_weight, calibration.budget)
    return certificate.add_minute(step, minute.counts, null, calibration.temper)


def _absolute_nulls(evidence: Evidence, calibration: Calibration) -> harm.HarmNulls:
    """At 100 per cent there is no blue to compare with: what it did while it had traffic stands in for it."""
    rate = evidence.compared.blue_rate or 0.0
    return harm.HarmNulls(
        minor=Null(rho=0.0, delta=(1.0 + certificate.RATIO) * rate + calibration.budget),
        severe=Null(rho=0.0, delta=min(1.0, harm.SEVERE.rho * rate + harm.SEVERE.delta)),
    )


def odds(log_odds: float) -> str:
    """Return odds in words: `340 : 1`, or `1 : 12` when they speak for the null."""
    if log_odds >= math.log(1e9):
        return "over 1000000000 : 1"
    ratio = math.exp(log_odds)
    if ratio >= 1:
        return f"{ratio:.3g} : 1" if ratio < 1000 else f"{ratio:.0f} : 1"
    return f"1 : {1 / ratio:.3g}" if ratio > 1e-9 else "1 : over 1000000000"
