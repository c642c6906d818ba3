"""What the evidence means: PASS, INCONCLUSIVE or FAIL, with the numbers. It must never decide a move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shared.core.judge.gate import Evidence, odds

SUSPICION = math.log(3.0)
SHARE_SIGNS = 3


class Outcome(StrEnum):
    """The three answers of a judge; `I do not know` is one of them."""

    PASS = "pass"  # noqa: S105 -- an answer, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Risk:
    """How sure the judge must be.

    rollback: alpha, the chance of ever rolling back a green that is no worse. advance: beta, the chance per step of
    certifying a green over the budget. settled_minutes: the least dwell at a weight.
    """

    rollback: float = 0.01
    advance: float = 0.05
    settled_minutes: int = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, why in words, and what it rests on. Logarithms are natural; lines are where the odds decide."""

    outcome: Outcome
    reason: str
    log_harm: float
    harm_line: float
    log_certificate: float
    certificate_line: float
    settled_minutes: int
    green_bad: int
    green_total: int
    blue_bad: int
    blue_total: int

    @property
    def suspicious(self) -> bool:
        """Say whether harm is likely enough (3 : 1) that nothing may advance, not even uncertified."""
        return self.log_harm >= SUSPICION


def judge(evidence: Evidence, risk: Risk, next_weight: int | None) -> Verdict:
    """Return what the errors gate says now; `next_weight` is None where no certificate is needed."""
    weighed = _Weighed(evidence.harm.log_odds, -math.log(risk.rollback), evidence.certificate.log_odds, risk)
    outcome, reason = _outcome(evidence, weighed, next_weight)
    return Verdict(
        outcome=outcome,
        reason=f"{_counts(evidence)}; {reason}",
        log_harm=weighed.harm,
        harm_line=weighed.harm_line,
        log_certificate=weighed.certificate,
        certificate_line=weighed.certificate_line,
        settled_minutes=evidence.settled_minutes,
        green_bad=evidence.seen.green_bad,
        green_total=evidence.seen.green_total,
        blue_bad=evidence.seen.blue_bad,
        blue_total=evidence.seen.blue_total,
    )


class _Weighed(NamedTuple):
    """The odds, each worked out once, and the lines that they are held against. All are natural logarithms."""

    harm: float
    harm_line: float
    certificate: float
    risk: Risk

    @property
    def certificate_line(self) -> float:
        return -math.log(self.risk.advance)


def _outcome(evidence: Evidence, weighed: _Weighed, next_weight: int | None) -> tuple[Outcome, str]:
    harm, least = weighed.harm, weighed.risk.settled_minutes
    if harm >= weighed.harm_line:
        return Outcome.FAIL, f"odds {odds(harm)} that green is worse; rolling back at {odds(weighed.harm_line)}"
    if not evidence.seen.green_total:
        return Outcome.INCONCLUSIVE, "no request on green yet, so nothing is known of it"
    if evidence.settled_minutes < least:
        wanted = f"{evidence.settled_minutes} of {least} settled minutes at this weight"
        return Outcome.INCONCLUSIVE, f"{wanted}; odds {odds(harm)} that green is worse"
    if harm >= SUSPICION:
        return Outcome.INCONCLUSIVE, f"odds {odds(harm)} that green is worse: too suspicious to advance (3 : 1)"
    if next_weight is None:
        return Outcome.PASS, f"watched for {evidence.settled_minutes} minutes; odds {odds(harm)} that green is worse"
    certified, line = weighed.certificate, weighed.certificate_line
    words = f"odds {odds(certified)} that {next_weight} % is within the harm budget; advancing at {odds(line)}"
    return (Outcome.PASS if certified >= line else Outcome.INCONCLUSIVE), words


def _counts(evidence: Evidence) -> str:
    seen = evidence.seen
    return (
        f"green fails {_per_cent(seen.green_rate)} of {seen.green_total:,} requests, "
        f"blue {_per_cent(seen.blue_rate)} of {seen.blue_total:,}"
    )


def _per_cent(rate: float | None) -> str:
    return "none" if rate is None else f"{100 * rate:.{SHARE_SIGNS}g} %"
