"""Whether a deployment fails beyond what blue's past allows, regardless of the other one: an incident.

It uses a gate's bets against a fixed limit: the bad share is at most `RATIO` times what it may have been in blue's
past, plus the budget. An incident is declared at the odds that a rollback needs, or if too many minutes of the last
hour were above the limit, as in an incident that comes and goes. It has memory: it ends only after a number of calm
minutes that grows with its length, and only once the requests of all these minutes together show that the share is
below the limit again, at the confidence that an advance needs. A minute with few requests would show nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from shared.core.judge import harm
from shared.core.judge.harm import Harm
from shared.core.judge.interval import interval
from shared.core.judge.measure import Measure, log_shares
from shared.core.judge.odds import Counts, Null, log_es, log_sum
from shared.core.judge.tuning import Tuning
from shared.core.judge.verdict import Risk

RATIO = 3.0
# The bad share that a deployment without a past may have. Three times this share, about a tenth, is an incident.
UNKNOWN = 0.03
# Above this share it is an incident whatever the past shows: that may contain the beginning of the same incident.
MOST = 0.5
UNCAPPED = 1e3  # nats
MOST_UNKNOWN = 0.25  # the same for a past that is too short to show what is usual, or absent
# An incident of five minutes or more ends after ten calm minutes; a shorter one after twice its length plus one.
LONGEST_CALM = 10
# It also ends after this many calm minutes that have too few requests to show recovery but together are not suspicious,
# and after this many consecutive minutes without data: the earlier evidence is then out of date.
LONGEST_UNSURE = 60
# If the odds are lower than this after a calm minute, the watch restarts. If this were much higher and the cap let each
# minute win little, the watch would never grow: the first stake loses its bets on larger shares even in an incident.
ANEW = math.log(0.5)
# If more than `MOST_ABOVE` of the last `WINDOW` minutes with requests were above the limit, it is an incident, whatever
# lies between them. If the past itself had such minutes, it takes more than twice as many as in the past.
WINDOW, MOST_ABOVE = 60, 8
_LANES = (Measure(),)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What counts as an incident, from blue's past alone.

    usual: the upper bound of blue's bad share in the past. budget: what is allowed in addition. cap: the most nats that
    one minute can win, so that bursts like those in blue's past are not an incident. most_above: how many of the last
    `WINDOW` minutes can be above the limit.
    """

    usual: float
    budget: float
    cap: float
    most_above: int = MOST_ABOVE

    @property
    def limit(self) -> float:
        """The bad share above which it is an incident."""
        return min(RATIO * self.usual + self.budget, 1.0)


@dataclass(frozen=True, slots=True)
class Watch:
    """The state of one deployment. declared: an incident is on. bad, calm: minutes above the limit, and minutes since.

    since: during an incident, the requests of the calm minutes, counted as green's. above: before one, which of the
    last `WINDOW` minutes were above the limit, as bits, the last one lowest. unseen: the number of consecutive minutes,
    up to now, without data on what is watched.
    """

    harm: Harm = field(default_factory=Harm)
    declared: bool = False
    bad: int = 0
    calm: int = 0
    since: Counts = field(default_factory=Counts)
    above: int = 0
    unseen: int = 0


def alarm(bad: int, total: int, budget: float, cap: float, most: float = MOST) -> Alarm:
    """Return the alarm for a blue with this past. most: the bad share above which it is an incident in any case.

    A past with few requests, or none, would allow any rate, and no incident would ever be declared. So it allows
    `UNKNOWN`, or twice what it shows, and never more than `most`, not even in a burst.
    """
    past = interval(bad, total)
    usual = UNKNOWN if past is None else min(past.high, max(UNKNOWN, 2.0 * bad / total))
    highest = max(most - budget, 0.0) / RATIO
    return Alarm(usual, budget, cap) if usual < highest else Alarm(highest, budget, UNCAPPED)


def log_odds(watch: Watch, tuning: Tuning) -> float:
    """Return the natural logarithm of the odds against `never above the limit`."""
    return watch.harm.log_odds(log_shares(_LANES, tuning))


def add_minute(watch: Watch, counts: Counts, of: Alarm, tuning: Tuning, risk: Risk) -> Watch:
    """Return the watch after a minute; a minute without requests changes nothing.

    The cap only delays the start of an incident: once declared, every minute above the limit extends it. Evidence
    against an incident is forgotten, so one that begins after hours of calm is found as soon as one that begins with
    the watch. The risk of a false incident is therefore not bounded for the whole rollout; `bench.incidents` measures
    it.

    counts: the deployment's, as if it were green. risk: how sure the judge must be that an incident is on, and that it
    is over.
    """
    if not counts.green_total:
        return watch
    if watch.declared:
        return _continued(watch, counts, of, tuning, risk)
    bad = beyond(counts, of, tuning)
    calm = 0 if bad else watch.calm + 1
    grown = harm.add_minute(watch.harm, _gains(counts, of, tuning), tuning, changed=False)
    odds = grown.log_odds(log_shares(_LANES, tuning))
    above = _shifted(watch.above, bad=bad)
    if odds >= -math.log(risk.rollback) or above.bit_count() > of.most_above:
        return Watch(grown, declared=True, bad=watch.bad + bad)
    begun = grown if bad or odds > ANEW else Harm()
    return Watch(begun, bad=0 if calm >= LONGEST_CALM else watch.bad + bad, calm=calm, above=above)


def with_past(of: Alarm, past: Iterable[Counts], tuning: Tuning) -> Alarm:
    """Return the alarm, adjusted for the past minutes above its limit. past: minutes, counted as green's."""
    above, most = 0, 0
    for counts in past:
        if counts.green_total:
            above = _shifted(above, bad=beyond(counts, of, tuning))
            most = max(most, above.bit_count())
    return replace(of, most_above=max(MOST_ABOVE, 2 * most))


def _shifted(above: int, *, bad: bool) -> int:
    return (above << 1 | bad) & ((1 << WINDOW) - 1)


def _continued(watch: Watch, counts: Counts, of: Alarm, tuning: Tuning, risk: Risk) -> Watch:
    """Return the watch after one more minute of an incident, which may end it."""
    calm, since = watch.calm + 1, watch.since + counts
    if beyond(counts, of, tuning):
        return Watch(watch.harm, declared=True, bad=watch.bad + 1)
    if beyond(since, of, tuning):  # no single minute, but all of them together
        return Watch(watch.harm, declared=True, bad=watch.bad + calm)
    enough = calm >= min(LONGEST_CALM, 2 * watch.bad + 1) and _below(since, of, risk)
    return Watch() if enough or calm >= LONGEST_UNSURE else replace(watch, calm=calm, since=since, unseen=0)


def add_unseen(watch: Watch) -> Watch:
    """Return the watch after a minute that had requests but no data on what is watched, as when its source fails.

    After an hour of such minutes it restarts. Otherwise an incident or a suspicion without any new data would never
    end.
    """
    unseen = watch.unseen + 1
    return Watch() if unseen >= LONGEST_UNSURE else replace(watch, unseen=unseen)


def beyond(counts: Counts, of: Alarm, tuning: Tuning) -> bool:
    """Return whether these requests are suspicious by themselves, however bursty the past was. counts: as green's."""
    gains = _gains(counts, replace(of, cap=math.inf), tuning)
    shares = log_shares(_LANES, tuning)
    return log_sum([gain + share for gain, share in zip(gains, shares, strict=True)]) > tuning.log_suspicion


def _below(since: Counts, of: Alarm, risk: Risk) -> bool:
    """Return whether these requests show that the share is below the limit, at the confidence for an advance."""
    found = interval(since.green_bad, since.green_total, risk.advance)
    return found is not None and found.high < of.limit


def _gains(counts: Counts, of: Alarm, tuning: Tuning) -> list[float]:
    """Return what each bet of both lanes wins in a minute, in the order of `log_shares`."""
    severe = Null(0.0, min(MOST, tuning.severe.rho * of.usual + tuning.severe.delta))
    won = [min(of.cap, gain) for gain in log_es(counts, tuning.bets, Null(0.0, of.limit))]
    return won + log_es(counts, tuning.severe_bets, severe)
