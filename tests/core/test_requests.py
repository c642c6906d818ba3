"""What an operator can request in which phase, and which model a reference names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.phases import Phase
from shared.core.policy import ModelSelector
from shared.core.rollout import ModelVersion, Verb, history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.rollout.requests import Address, allowed_verbs, ask
from shared.core.steps import PauseStep, SmokeStep, Step, WeightStep
from shared.errors import ErrorCode, NotPossible
from shared.views import step_words
from tests.core.changes import changed
from tests.core.rollouts import FIRST, LAST, NOW, SMOKE, request, rollout

OPEN = (Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING)
ALLOWED: dict[Verb, tuple[Phase, ...]] = {
    Verb.PROMOTE: (Phase.STEPPING, Phase.PAUSED),
    Verb.PAUSE: (Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING),
    Verb.RESUME: (Phase.PAUSED,),
    Verb.ROLLBACK: (*OPEN, Phase.PROMOTED),
    Verb.OVERRIDE: OPEN,
}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("verb", list(Verb))
def test_which_requests_are_accepted_when(verb: Verb, phase: Phase) -> None:
    """An accepted request is on the record and in the history and changes nothing else; a rejected one says why."""
    given = rollout(phase)
    if phase in ALLOWED[verb]:
        accepted = ask(given, request(verb))
        waiting = replace(request(verb), step=given.progress.step)
        assert accepted.rollout == replace(given, requests=(waiting,))
        (entry,) = accepted.entries
        assert (entry.actor, entry.reason.code, entry.reason.facts["verb"]) == ("ada", Why.REQUEST_ACCEPTED, verb)
    else:
        with pytest.raises(NotPossible, match=f"is {phase}; {verb} is possible while a rollout is") as refused:
            ask(given, request(verb))
        assert refused.value.code is ErrorCode.NOT_POSSIBLE_IN_PHASE


@pytest.mark.parametrize("verb", list(Verb))
def test_finished_rollouts_accept_no_requests(verb: Verb) -> None:
    """Once blue is deleted and everything is cleaned up, there is nothing to control."""
    with pytest.raises(NotPossible):
        ask(rollout(Phase.PROMOTED, finished=NOW), request(verb))


@pytest.mark.parametrize("phase", list(Phase))
def test_allowed_verbs_are_those_that_would_be_accepted(phase: Phase) -> None:
    """A page with these verbs shows no button that would be rejected."""
    for given in (rollout(phase), rollout(phase, step=SMOKE), rollout(phase, finished=NOW)):
        offered = allowed_verbs(given)
        for verb in Verb:
            if verb in offered:
                ask(given, request(verb))
            else:
                with pytest.raises(NotPossible):
                    ask(given, request(verb))
    assert allowed_verbs(rollout(phase, request=request(Verb.ROLLBACK))) == ()


def test_an_untested_version_cannot_be_promoted_manually() -> None:
    """Not even an operator can skip the smoke test."""
    with pytest.raises(NotPossible, match="churn-7 has not passed its smoke test yet") as refused:
        ask(rollout(Phase.STEPPING, step=SMOKE), request(Verb.PROMOTE))
    assert refused.value.code is ErrorCode.SMOKE_TEST_NOT_PASSED


def test_requests_queue_up_unless_one_is_a_rollback() -> None:
    """Pause, then promote: both wait. Rollback, then promote: rejected, and the first operator is named."""
    both = ask(ask(rollout(Phase.STEPPING), request(Verb.PAUSE)).rollout, request(Verb.PROMOTE)).rollout
    assert [each.verb for each in both.requests] == [Verb.PAUSE, Verb.PROMOTE]
    with pytest.raises(NotPossible, match="ada already requested a rollback") as refused:
        ask(rollout(Phase.STEPPING, request=request(Verb.ROLLBACK)), request(Verb.PROMOTE))
    assert refused.value.code is ErrorCode.ROLLBACK_REQUESTED


def test_the_queue_of_requests_is_bounded_except_for_a_rollback() -> None:
    """If the loop does not run, ten requests wait; the next one is rejected, but a rollback is not."""
    full = rollout(Phase.STEPPING)
    for _ in range(10):
        full = ask(full, request(Verb.PAUSE)).rollout
    with pytest.raises(NotPossible) as refused:
        ask(full, request(Verb.PAUSE))
    assert refused.value.code is ErrorCode.TOO_MANY_REQUESTS
    assert len(ask(full, request(Verb.ROLLBACK)).rollout.requests) == 11


def test_a_request_that_is_safer_than_all_that_wait_is_never_one_too_many() -> None:
    """Fourteen people promote at once and one pauses: the pause is accepted too, and carried out first."""
    full = rollout(Phase.STEPPING)
    for _ in range(14):
        with suppress(NotPossible):
            full = ask(full, request(Verb.PROMOTE)).rollout
    paused = ask(full, request(Verb.PAUSE)).rollout
    assert paused.requests[-1].verb is Verb.PAUSE
    for verb in (Verb.PAUSE, Verb.OVERRIDE, Verb.PROMOTE):
        with pytest.raises(NotPossible) as refused:
            ask(paused, request(verb))
        assert refused.value.code is ErrorCode.TOO_MANY_REQUESTS
    assert ask(paused, request(Verb.ROLLBACK)).rollout.requests[-1].verb is Verb.ROLLBACK


def test_teals_own_requests_do_not_use_up_the_queue() -> None:
    """Teal's own rollback, for a newer version, waits along with ten pauses: an operator's is still accepted."""
    full = rollout(Phase.STEPPING, request=replace(request(Verb.ROLLBACK), by=history.TEAL))
    for _ in range(10):
        full = ask(full, request(Verb.PAUSE)).rollout
    with pytest.raises(NotPossible, match="10 requests") as refused:
        ask(full, request(Verb.PAUSE))
    assert refused.value.code is ErrorCode.TOO_MANY_REQUESTS
    assert Verb.ROLLBACK in allowed_verbs(full)
    assert ask(full, request(Verb.ROLLBACK)).rollout.requests[-1].by == "ada"


MEANT = [
    (Address(rollout="churn-7-abcdef"), None),
    (Address(version="7"), None),
    (Address(model="churn", version="7", expected_step=FIRST), None),
    (Address(rollout="churn-6-abcdef"), ErrorCode.NOT_CURRENT_ROLLOUT),
    (Address(version="6"), ErrorCode.NOT_CURRENT_ROLLOUT),
    (Address(model="fraud", version="7"), ErrorCode.NOT_CURRENT_ROLLOUT),
    (Address(version="7", expected_step=LAST), ErrorCode.STEP_CHANGED),
    (Address(version="7", expected_step=FIRST - 1), ErrorCode.STEP_CHANGED),
]


@pytest.mark.parametrize(("address", "code"), MEANT, ids=str)
@pytest.mark.parametrize("verb", [Verb.PROMOTE, Verb.PAUSE, Verb.ROLLBACK])
def test_a_request_reaches_only_the_rollout_and_step_that_it_names(
    verb: Verb, address: Address, code: ErrorCode | None
) -> None:
    """By id, model or version, and by step; otherwise it is rejected and nothing changes."""
    given = rollout(Phase.STEPPING)
    if code is None:
        assert ask(given, request(verb), address).rollout.requests
        return
    with pytest.raises(NotPossible) as refused:
        ask(given, request(verb), address)
    assert refused.value.code is code


@pytest.mark.parametrize("verb", list(Verb))
def test_a_version_alone_is_not_enough_where_a_policy_has_several_models(verb: Verb) -> None:
    """`7` may mean churn:7, which is over, while churn-eu:7 is current: the response says so, and nothing happens."""
    given = rollout(Phase.PAUSED)
    both = replace(given, policy=replace(given.policy, models=(ModelSelector("churn"), ModelSelector("churn-eu"))))
    for address in (Address(version="7"), Address(version="7", expected_step=FIRST)):
        with pytest.raises(NotPossible, match=f"churn, churn-eu.*{both.id} of churn:7") as refused:
            ask(both, request(verb), address)
        assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID_FIELD, "model")
    for address in (
        Address(model="churn", version="7"),
        Address(rollout=both.id),
        Address(version="7", rollout=both.id),
    ):
        assert ask(both, request(verb), address).rollout.requests
    with pytest.raises(NotPossible) as refused:
        ask(both, request(verb), Address(version="6"))
    assert refused.value.code is ErrorCode.NOT_CURRENT_ROLLOUT
    twice = replace(given, policy=replace(given.policy, models=(ModelSelector("churn"), ModelSelector("churn"))))
    assert ask(twice, request(verb), Address(version="7")).rollout.requests


def test_an_emergency_needs_no_name() -> None:
    """A rollback without any name applies to the current rollout, even if a policy has several models."""
    given = rollout(Phase.PAUSED)
    both = replace(given, policy=replace(given.policy, models=(ModelSelector("churn"), ModelSelector("churn-eu"))))
    assert ask(both, request(Verb.ROLLBACK)).rollout.requests


def test_a_repetition_under_the_same_key_changes_nothing() -> None:
    """Even if the phase has changed since; the same key for another request is rejected."""
    key = Address(version="7", key="page 4, click 2")
    once = ask(rollout(Phase.STEPPING), request(Verb.PAUSE), key).rollout
    paused = changed(once, phase=Phase.PAUSED)
    assert ask(once, request(Verb.PAUSE), key) == Decision(once)
    assert ask(paused, request(Verb.PAUSE), key) == Decision(paused)
    for other in (request(Verb.PROMOTE), replace(request(Verb.PROMOTE), full=True)):
        with pytest.raises(NotPossible) as refused:
            ask(once, other, key)
        assert refused.value.code is ErrorCode.KEY_REUSED


def test_a_repetition_is_recognized_after_other_requests() -> None:
    """A lost response may be asked for again after someone else has made another request."""
    first, second = Address(key="first"), Address(key="second")
    once = ask(rollout(Phase.STEPPING), request(Verb.PAUSE), first).rollout
    both = ask(once, request(Verb.OVERRIDE), second).rollout
    assert ask(both, request(Verb.PAUSE), first) == Decision(both)


@pytest.mark.parametrize("changed_part", [{"expected_step": FIRST}, {"version": None}, {"rollout": "churn-7-abcdef"}])
def test_the_same_key_with_another_address_is_rejected(changed_part: dict[str, Any]) -> None:
    """It is another request, which would otherwise be lost: promote at step 2, and again at step 4."""
    key = Address(version="7", key="ci")
    once = ask(rollout(Phase.STEPPING), request(Verb.PROMOTE), key).rollout
    with pytest.raises(NotPossible) as refused:
        ask(once, request(Verb.PROMOTE), replace(key, **changed_part))
    assert refused.value.code is ErrorCode.KEY_REUSED


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
    assert ModelVersion("churn", "7").named_by(reference) is same


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (SmokeStep("smoke/churn.jsonl"), "smoke smoke/churn.jsonl"),
        (WeightStep(10), "weight 10%"),
        (PauseStep(), "pause for approval"),
        (PauseStep(timedelta(minutes=30)), "pause 30 min"),
    ],
)
def test_steps_have_readable_descriptions(step: Step, words: str) -> None:
    """The API and the page show these for a policy's steps."""
    assert step_words(step) == words
