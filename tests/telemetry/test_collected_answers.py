"""What is counted in collected answers, and when there is too little to count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.collected_answers import MOST_CHARACTERS, MOST_LABELS, MOST_READ, disagreements, predicted, readable
from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry import Disagreements, PredictionReading
from shared.errors import Permanent
from shared.ports import AnswerSeen

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
WHOLE = PredictionReading()
SAME = Disagreements(WHOLE)


def answers(deployment: str, *bodies: str, request: str = "{}", after: float = 0.0) -> list[AnswerSeen]:
    """Return one answer per second. request: the id, with {} for its number."""
    return [
        AnswerSeen(deployment, START + timedelta(seconds=after + number), request.format(number), body)
        for number, body in enumerate(bodies)
    ]


@pytest.mark.parametrize(
    ("reading", "bodies", "counts"),
    [
        (WHOLE, ('"yes"', '"no"', '"yes"'), {"yes": 2, "no": 1}),
        (WHOLE, ('["yes", "no"]', '["yes"]'), {"yes": 2, "no": 1}),
        (WHOLE, ("[]", '"yes"', ""), {"yes": 1, "(unreadable)": 2}),
        (
            PredictionReading("/score", (0.5,)),
            ('{"score": 0.2}', '{"score": 0.5}'),
            {"below 0.5": 1, "0.5 and above": 1},
        ),
        (PredictionReading("/score", (0.5,)), ('{"score": 0.2}', '{"error": 1}'), {"below 0.5": 1, "(unreadable)": 1}),
    ],
)
def test_predictions_are_counted_by_label(
    reading: PredictionReading, bodies: tuple[str, ...], counts: dict[str, int]
) -> None:
    """Every prediction in every answer counts; an answer without one is an outcome too."""
    assert predicted(answers("Churn-7", *bodies), reading) == [
        DeploymentMinute("churn-7", START, 0, 0, predictions=counts)
    ]


def test_predictions_belong_to_the_minute_of_their_answer() -> None:
    """Nothing moves to another minute."""
    found = predicted(answers("churn-7", "1", "2", "3", after=58), WHOLE)
    assert [(row.minute, row.predictions) for row in found] == [
        (START, {"1": 1, "2": 1}),
        (START + timedelta(minutes=1), {"3": 1}),
    ]
    assert predicted([], WHOLE) == []


def test_more_than_half_unreadable_is_an_error_with_the_first_reason() -> None:
    """Half may be failed requests; beyond that, the policy is wrong."""
    reading = PredictionReading("/class")
    found = readable(answers("churn-7", '{"class": 1}', "{}"), reading)
    assert found == [DeploymentMinute("churn-7", START, 0, 0, predictions={"1": 1, "(unreadable)": 1})]
    with pytest.raises(
        Permanent, match=r"2 of 3 answers of churn-7 cannot be read: .*/class.* found an object without 'class'"
    ):
        readable(answers("churn-7", '{"class": 1}', "{}", "[]"), reading)


def test_labels_that_are_not_classes_are_not_kept() -> None:
    """Scores without bins, names and texts are not classes: none is stored, not even in the message."""
    bodies = [f'"jane.doe.{number}@example.org"' for number in range(MOST_LABELS + 1)]
    with pytest.raises(Permanent, match=r"101 different predictions of churn-7 .* write bins") as caught:
        predicted(answers("churn-7", *bodies), WHOLE)
    assert "jane" not in str(caught.value)


def test_unlimited_labels_are_counted_but_not_kept() -> None:
    """Next to blue, green's many labels count as others: it cannot escape the gate by never repeating itself."""
    bodies = ['"yes"', "", *[f'"jane.doe.{number}@example.org"' for number in range(MOST_LABELS + 1)]]
    found = predicted(answers("churn-7", *bodies), WHOLE, {"yes", "no"})
    counts: Counter[str] = sum((Counter(row.predictions) for row in found), Counter())
    assert counts == {"yes": 1, "(unreadable)": 1, "(other)": MOST_LABELS + 1}


def test_the_answers_per_read_are_bounded_and_evenly_spread() -> None:
    """Of many or long answers every nth is read, so the first and the last hour have the same weight."""
    early, late = ['"early"'] * MOST_READ, ['"late"'] * MOST_READ
    counts: dict[str, int] = {}
    for row in predicted(answers("churn-7", *early, *late), WHOLE):
        for label, count in (row.predictions or {}).items():
            counts[label] = counts.get(label, 0) + count
    assert counts == {"early": MOST_READ // 2, "late": MOST_READ // 2}
    long = '"' + "x" * (MOST_CHARACTERS // 4) + '"'
    [row] = predicted(answers("churn-7", *[long] * 8), WHOLE)
    assert row.predictions is not None
    assert sum(row.predictions.values()) <= 4


def test_answers_to_one_request_agree_or_not() -> None:
    """Pairs and differing pairs are counted by green's minute; a request that only one answered is not a pair."""
    blue = answers("churn-6", "1", "2", "3", "4", "5")
    green = answers("Churn-7", "1", "2", "7", "8", after=58)
    assert disagreements(blue, green, SAME) == [
        DeploymentMinute("churn-7", START, 0, 0, tallies={"disagreement": Tally(0, 2)}),
        DeploymentMinute("churn-7", START + timedelta(minutes=1), 0, 0, tallies={"disagreement": Tally(2, 2)}),
    ]


@pytest.mark.parametrize("request_id", ["", "one and the same"])
def test_an_id_that_does_not_identify_one_request_gives_no_pairs(request_id: str) -> None:
    """Some clients send no id, or the same one every time: answers to different requests must not be compared."""
    blue, green = (answers(name, "1", "2", request=request_id) for name in ("churn-6", "churn-7"))
    assert disagreements(blue, green, SAME) == []


def test_an_answer_without_prediction_disagrees_with_one_that_has_it() -> None:
    """An error from green differs from blue's answer; if blue's cannot be read, nothing can be compared."""
    need = Disagreements(PredictionReading("/class"))
    blue = answers("churn-6", '{"class": 1}', '{"class": 1}', "{}", "[]")
    green = answers("churn-7", '{"class": 1}', '{"error": "no"}', "{}", '{"class": 1}')
    [row] = disagreements(blue, green, need)
    assert row.tallies == {"disagreement": Tally(1, 2)}
    with pytest.raises(Permanent, match=r"2 of 3 pairs of answers of churn-6 and churn-7 cannot be read: .*/class"):
        disagreements(
            [*blue[:1], *answers("churn-6", "1", "{}", request="x{}")],
            [*green[:1], *answers("churn-7", "1", "{}", request="x{}")],
            need,
        )


def test_numbers_within_the_tolerance_agree() -> None:
    """A score that changes slightly after a retrain is not a disagreement."""
    blue, green = answers("churn-6", "[0.50]", "[0.50]"), answers("churn-7", "[0.51]", "[0.60]")
    [row] = disagreements(blue, green, Disagreements(WHOLE, tolerance=0.05))
    assert row.tallies == {"disagreement": Tally(1, 2)}
