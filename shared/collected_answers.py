"""What collected answers tell the judge: how predictions are spread, and how often two deployments disagree. Pure.

A bounded number of answers is read in one look, chosen by their place and never by what they say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from shared.core.gates import DISAGREEMENT, DisagreementGate, PredictionReading
from shared.core.gates.predictions import UnreadablePrediction, agree, labels
from shared.core.observation import DeploymentMinute, Tally
from shared.core.observation.spans import floor_minute
from shared.errors import Permanent
from shared.ports import AnswerSeen

# Of one deployment, or of pairs, in one look: half a second or so.
MOST_READ = 10_000
MOST_CHARACTERS = 8_000_000
# Of one deployment in one look. More are no classes but numbers, names or texts, which nobody wants on a record.
MOST_LABELS = 100
T = TypeVar("T")
Pair = tuple[AnswerSeen, AnswerSeen]


def predicted(answers: Sequence[AnswerSeen], reading: PredictionReading) -> list[DeploymentMinute]:
    """Return how many predictions were of which label, by the minute, of one deployment's answers.

    An answer that holds no prediction is not counted; raises Permanent if more than half of them hold none, and if
    there are so many labels that they cannot be classes.
    """
    counts: dict[datetime, Counter[str]] = {}
    unreadable: list[str] = []
    chosen = _chosen(answers, sum(len(answer.body) for answer in answers))
    for answer in chosen:
        try:
            found = labels(answer.body, reading)
        except UnreadablePrediction as error:
            unreadable.append(str(error))
        else:
            counts.setdefault(floor_minute(answer.at), Counter()).update(found)
    if chosen:
        _check(unreadable, len(chosen), f"answers of {chosen[0].deployment}")
    different = len({label for found in counts.values() for label in found})
    if different > MOST_LABELS:
        words = f"{different} different predictions of {chosen[0].deployment} at {reading.at!r} are no classes"
        raise Permanent(f"{words}; write bins for numbers, or point at something else")
    return [
        DeploymentMinute(chosen[0].deployment.lower(), minute, 0, 0, predictions=dict(found))
        for minute, found in counts.items()
    ]


def disagreements(
    blue: Iterable[AnswerSeen], green: Iterable[AnswerSeen], gate: DisagreementGate
) -> list[DeploymentMinute]:
    """Return how many requests green answered otherwise than blue, of those that both answered, by green's minute.

    A pair that nothing can be read from is not counted; raises Permanent if those are more than half. A pair of which
    the window holds only one answer is none: it is as likely to agree as any other.
    """
    counts: dict[datetime, Tally] = {}
    unreadable: list[str] = []
    pairs = _pairs(blue, green)
    chosen = _chosen(pairs, sum(len(answer.body) for pair in pairs for answer in pair))
    for of_blue, of_green in chosen:
        try:
            bad = not agree(of_blue.body, of_green.body, gate.reading, gate.tolerance)
        except UnreadablePrediction as error:
            unreadable.append(str(error))
            continue
        before = counts.setdefault(floor_minute(of_green.at), Tally(0, 0))
        counts[floor_minute(of_green.at)] = Tally(before.bad + bad, before.total + 1)
    if chosen:
        of_blue, of_green = chosen[0]
        _check(unreadable, len(chosen), f"pairs of answers of {of_blue.deployment} and {of_green.deployment}")
    return [
        DeploymentMinute(chosen[0][1].deployment.lower(), minute, 0, 0, tallies={DISAGREEMENT: tally})
        for minute, tally in counts.items()
    ]


def _pairs(blue: Iterable[AnswerSeen], green: Iterable[AnswerSeen]) -> list[Pair]:
    """Return the answers to the same request. An id that a deployment saw twice (a client's own) names no request."""
    ours, theirs = _by_request(blue), _by_request(green)
    return [(ours[request], answer) for request, answer in theirs.items() if request in ours]


def _by_request(answers: Iterable[AnswerSeen]) -> Mapping[str, AnswerSeen]:
    known = [answer for answer in answers if answer.request]
    times = Counter(answer.request for answer in known)
    return {answer.request: answer for answer in known if times[answer.request] == 1}


def _chosen(items: Sequence[T], characters: int) -> Sequence[T]:
    """Return the items, or so many of them as may be read, evenly spread. characters: of all of them together."""
    return items[:: max(math.ceil(len(items) / MOST_READ), math.ceil(characters / MOST_CHARACTERS), 1)]


def _check(unreadable: Sequence[str], read: int, what: str) -> None:
    if 2 * len(unreadable) > read:
        raise Permanent(f"{len(unreadable)} of {read} {what} cannot be read: {unreadable[0]}")
