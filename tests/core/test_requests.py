"""What a person may ask, in which phase; and which model a reference names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.phases import Phase
from shared.core.reconcile.provisioning import is_of
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.requests import allowed_verbs, ask
from shared.core.steps import PauseStep, SmokeStep, Step, WeightStep
from shared.errors import ErrorCode, NotPossible
from shared.views import step_words
from tests.core.rollouts import NOW, SMOKE, request, rollout

OPEN = (Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING)
ALLOWED: dict[Verb, tuple[Phase, ...]] = {
    Verb.PROMOTE: (Phase.STEPPING, Phase.PAUSED),
    Verb.PAUSE: (Phase.STEPPING,),
    Verb.RESUME: (Phase.PAUSED,),
    Verb.ROLLBACK: (*OPEN, Phase.PROMOTED),
}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("verb", list(Verb))
def test_what_may_be_asked_when(verb: Verb, phase: Phase) -> None:
    """Granted, a wish stands on the record and nothing else changes; refused, the person learns what would do."""
    given = rollout(phase)
    if phase in ALLOWED[verb]:
        assert ask(given, request(verb)) == replace(given, request=request(verb))
    else:
        with pytest.raises(NotPossible, match=f"is {phase}; {verb} is possible while a rollout is") as refused:
            ask(given, request(verb))
        assert refused.value.code is ErrorCode.NOT_POSSIBLE_IN_PHASE


@pytest.mark.parametrize("verb", list(Verb))
def test_nothing_may_be_asked_of_what_is_finished(verb: Verb) -> None:
    """With blue deleted and all cleaned up, there is nothing to steer."""
    with pytest.raises(NotPossible):
        ask(rollout(Phase.PROMOTED, finished=NOW), request(verb))


@pytest.mark.parametrize("phase", list(Phase))
def test_what_is_offered_is_what_would_be_granted(phase: Phase) -> None:
    """A page that shows these verbs shows no button that would be refused."""
    for given in (rollout(phase), rollout(phase, step=SMOKE), rollout(phase, finished=NOW)):
        offered = allowed_verbs(given)
        for verb in Verb:
            if verb in offered:
                ask(given, request(verb))
            else:
                with pytest.raises(NotPossible):
                    ask(given, request(verb))
    assert allowed_verbs(rollout(phase, request=request(Verb.ROLLBACK))) == ()


def test_an_untested_version_cannot_be_promoted_by_hand() -> None:
    """Not even a person skips the smoke test."""
    with pytest.raises(NotPossible, match="churn-7 has not passed its smoke test yet") as refused:
        ask(rollout(Phase.STEPPING, step=SMOKE), request(Verb.PROMOTE))
    assert refused.value.code is ErrorCode.SMOKE_TEST_NOT_PASSED


def test_a_later_wish_takes_the_place_of_an_earlier_one_but_of_no_rollback() -> None:
    """Pause, then promote: promote. Rollback, then promote: refused, by name."""
    assert ask(rollout(Phase.STEPPING, request=request(Verb.PAUSE)), request(Verb.PROMOTE)).request == request(
        Verb.PROMOTE
    )
    with pytest.raises(NotPossible, match="ada already requested a rollback") as refused:
        ask(rollout(Phase.STEPPING, request=request(Verb.ROLLBACK)), request(Verb.PROMOTE))
    assert refused.value.code is ErrorCode.ROLLBACK_REQUESTED


ARM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models"
REFERENCES = [
    ("azureml:churn:7", True),
    ("azureml:churn:70", False),
    ("azureml:old-churn:7", False),
    (f"{ARM}/churn/versions/7", True),
    (f"{ARM}/Churn/Versions/7/", True),
    (f"{ARM}/old-churn/versions/7", False),
    (f"{ARM}/churn/versions/77", False),
    ("azureml://registries/r/models/churn/versions/7", True),
    ("", False),
]


@pytest.mark.parametrize(("reference", "same"), REFERENCES)
def test_which_model_a_reference_names(reference: str, same: bool) -> None:  # noqa: FBT001 -- a column
    """Short references, ARM ids and registry ids name the same version; a similar name is another."""
    assert is_of(reference, ModelVersion("churn", "7")) is same


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (SmokeStep("smoke/churn.jsonl"), "smoke smoke/churn.jsonl"),
        (WeightStep(10), "weight 10%"),
        (PauseStep(), "pause for approval"),
        (PauseStep(timedelta(minutes=30)), "pause 30 min"),
    ],
)
def test_steps_are_said_as_a_person_would(step: Step, words: str) -> None:
    """What API and page show of a policy's steps."""
    assert step_words(step) == words
