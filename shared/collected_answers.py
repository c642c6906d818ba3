"""The telemetry source of collected answers: how predictions are distributed, and how often two deployments disagree.

A bounded number of answers is read at a time, chosen by position, never by content.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from shared.core.gates import DISAGREEMENT
from shared.core.gates.predictions import LEAST_PREDICTIONS
from shared.core.observation import DeploymentMinute, Tally
from shared.core.observation.spans import floor_minute
from shared.core.telemetry import Disagreements, Need, PredictionReading, Predictions, SourceKind, Window
from shared.core.telemetry.predictions import OTHER, UNREADABLE, UnreadablePrediction, agrees, labels
from shared.core.telemetry.sources import ANSWERS
from shared.errors import Permanent, TealError, Temporary
from shared.ports import Answers, AnswerSeen, Fetch

# How much is read at a time: enough of a busy endpoint's past to show the classes, and not too much for one read.
SPAN = timedelta(minutes=15)
ENOUGH = 2 * LEAST_PREDICTIONS  # at least half of a past's answers have a prediction, or the policy reads them wrongly
LEAST_ANSWERS = 20  # if this many on both sides have no pair, that is not chance
# Per deployment, or of pairs, in one read: about half a second.
MOST_READ = 10_000
MOST_CHARACTERS = 8_000_000
# Per deployment in one read. More are not classes but numbers, names or texts, which do not belong on a record.
MOST_LABELS = 100
_LOG = logging.getLogger("teal.telemetry")
T = TypeVar("T")
Pair = tuple[AnswerSeen, AnswerSeen]


@dataclass(frozen=True, slots=True)
class AnswersSource:
    """The telemetry source of collected answers."""

    answers: Answers
    kind: SourceKind = ANSWERS

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        """Return labels and disagreements by minute; each deployment's answers are read once per fetch."""
        return [row for need in needs for row in self._rows(fetch, need)]

    def _rows(self, fetch: Fetch, need: Need) -> Sequence[DeploymentMinute]:
        names = fetch.query.deployments
        match need:
            case Predictions(reading=reading):
                return self._predicted(fetch, names, reading)
            case Disagreements() if len(names) > 1:
                blue, green = self._collected(fetch, names[0]), self._collected(fetch, names[-1])
                return _disagreements(fetch, need, blue, green)
            case Disagreements():
                return ()  # a single deployment has nothing to disagree with
            case _:
                raise Permanent(f"{self.kind.title} does not provide {need.subject}")

    def _predicted(self, fetch: Fetch, names: Sequence[str], reading: PredictionReading) -> Sequence[DeploymentMinute]:
        """Return the labels of each deployment.

        Blue alone shows whether the policy reads its answers correctly, so its unreadable answers raise. Green's
        answers, next to blue's, are counted whatever they are, and left out if they cannot be fetched, so that the
        judge sees blue without green.
        """
        if len(names) < 2:
            return [row for name in names for row in readable(self._past(fetch, name), reading)]
        blue = predicted(self._collected(fetch, names[0]), reading)
        try:
            green = self._collected(fetch, names[-1])
        except TealError as error:
            _LOG.warning("predictions endpoint=%s deployment=%s problem=%r", fetch.endpoint, names[-1], str(error))
            return blue
        return [*blue, *predicted(green, reading, {label for row in blue for label in row.predictions or ()})]

    def _past(self, fetch: Fetch, deployment: str) -> Sequence[AnswerSeen]:
        """Return a deployment's last answers, or all of the window's if those may be too few to calibrate a gate."""
        last = self._collected(fetch, deployment)
        return last if len(last) >= ENOUGH else self._in(fetch, deployment, fetch.query.fine)

    def _collected(self, fetch: Fetch, deployment: str) -> Sequence[AnswerSeen]:
        """Return a deployment's collected answers in the last part of the window that needs them."""
        fine = fetch.query.fine
        return self._in(fetch, deployment, Window(max(fine.since, fine.until - SPAN), fine.until))

    def _in(self, fetch: Fetch, deployment: str, window: Window) -> Sequence[AnswerSeen]:
        key = (self.kind.name, deployment, window)
        return fetch.once(key, lambda: self.answers.collected(fetch.endpoint, deployment, window))


def _disagreements(
    fetch: Fetch, need: Disagreements, blue: Sequence[AnswerSeen], green: Sequence[AnswerSeen]
) -> Sequence[DeploymentMinute]:
    """Return the disagreements. Raises Temporary if there should be pairs of answers and there are none."""
    found = disagreements(blue, green, need)
    if fetch.query.mirrored and not found and min(len(blue), len(green)) >= LEAST_ANSWERS:
        words = f"none of the {len(green)} answers that green collected has the request id (xrequestid) of one of"
        raise Temporary(f"{words} blue's {len(blue)}; see docs/judge.md")
    return found


def readable(answers: Sequence[AnswerSeen], reading: PredictionReading) -> list[DeploymentMinute]:
    """Return `predicted`. Raises Permanent if more than half of the answers have no prediction."""
    unreadable = [why for answer in _chosen_answers(answers) if (why := _why_unreadable(answer, reading))]
    if answers:
        _check(unreadable, len(_chosen_answers(answers)), f"answers of {answers[0].deployment}")
    return predicted(answers, reading)


def predicted(
    answers: Sequence[AnswerSeen], reading: PredictionReading, known: Collection[str] | None = None
) -> list[DeploymentMinute]:
    """Count one deployment's predictions by label and minute.

    An answer without a prediction is an outcome too: `UNREADABLE`. If there are too many labels to be classes (they may
    be names), those that are not `known` count as `OTHER`; if `known` is None, this raises Permanent.
    """
    counts: dict[datetime, Counter[str]] = {}
    for answer in _chosen_answers(answers):
        counts.setdefault(floor_minute(answer.at), Counter()).update(_outcomes(answer, reading))
    different = len({label for found in counts.values() for label in found})
    if different > MOST_LABELS:
        if known is None:
            words = (
                f"{different} different predictions of {answers[0].deployment} at {reading.at!r} are too many classes"
            )
            raise Permanent(f"{words}; write bins for numbers, or point at something else")
        counts = {minute: _folded(found, known) for minute, found in counts.items()}
    return [
        DeploymentMinute(answers[0].deployment.lower(), minute, 0, 0, predictions=dict(found))
        for minute, found in counts.items()
    ]


def _outcomes(answer: AnswerSeen, reading: PredictionReading) -> Sequence[str]:
    try:
        return labels(answer.body, reading)
    except UnreadablePrediction:
        return (UNREADABLE,)


def _why_unreadable(answer: AnswerSeen, reading: PredictionReading) -> str:
    """Return why an answer has no prediction; empty if it has one."""
    try:
        labels(answer.body, reading)
    except UnreadablePrediction as error:
        return str(error)
    return ""


def _folded(found: Counter[str], known: Collection[str]) -> Counter[str]:
    """Return the counts with every unknown label counted as `OTHER`."""
    folded: Counter[str] = Counter()
    for label, count in found.items():
        folded[label if label in known or label == UNREADABLE else OTHER] += count
    return folded


def _chosen_answers(answers: Sequence[AnswerSeen]) -> Sequence[AnswerSeen]:
    return _chosen(answers, sum(len(answer.body) for answer in answers))


def disagreements(
    blue: Iterable[AnswerSeen], green: Iterable[AnswerSeen], need: Disagreements
) -> list[DeploymentMinute]:
    """Count the requests that green answered differently from blue, of those that both answered, by green's minute.

    A pair in which blue's answer has no prediction is not counted, since green's could be right; if those are more than
    half, this raises Permanent. A pair with only one answer in the window is left out: it is as likely to agree as any
    other.
    """
    counts: dict[datetime, Tally] = {}
    unreadable: list[str] = []
    pairs = _pairs(blue, green)
    chosen = _chosen(pairs, sum(len(answer.body) for pair in pairs for answer in pair))
    for of_blue, of_green in chosen:
        try:
            bad = not agrees(of_green.body, of_blue.body, need.reading, need.tolerance)
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
    """Return the pairs of answers to one request. An id that a deployment saw twice (a client's own) is not used."""
    ours, theirs = _by_request(blue), _by_request(green)
    return [(ours[request], answer) for request, answer in theirs.items() if request in ours]


def _by_request(answers: Iterable[AnswerSeen]) -> Mapping[str, AnswerSeen]:
    known = [answer for answer in answers if answer.request]
    times = Counter(answer.request for answer in known)
    return {answer.request: answer for answer in known if times[answer.request] == 1}


def _chosen(items: Sequence[T], characters: int) -> Sequence[T]:
    """Return the items, or an evenly spread selection within the limits. characters: of all items together."""
    return items[:: max(math.ceil(len(items) / MOST_READ), math.ceil(characters / MOST_CHARACTERS), 1)]


def _check(unreadable: Sequence[str], read: int, what: str) -> None:
    if 2 * len(unreadable) > read:
        raise Permanent(f"{len(unreadable)} of {read} {what} cannot be read: {unreadable[0]}")
