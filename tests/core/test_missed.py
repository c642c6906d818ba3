"""Which registered versions were missed: a table of one version each, next to one that serves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.admission import EndpointRecord, Missed
from shared.core.endpoint_id import EndpointId
from shared.core.missed import GRACE, MOST_REPORTED, RegisteredVersion, missed, model_named, since, with_managed
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.rollout import ModelVersion

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROME, PARIS = ModelVersion("fraud", "rome"), ModelVersion("fraud", "paris")
MANAGED = EndpointRecord(EndpointId("w", "fraud"), managed={"fraud": NOON - 9 * DAY})
SERVING = NOON - 5 * DAY


def seen(*models: str) -> EndpointSeen:
    """Return an endpoint with a deployment of each of these models, the first of which serves."""
    deployments = {f"d{n}": DeploymentSeen(f"d{n}", Provisioning.SUCCEEDED, model) for n, model in enumerate(models)}
    return EndpointSeen("fraud", Provisioning.SUCCEEDED, {"d0": 100} if models else {}, {}, deployments)


@dataclass(frozen=True)
class Case:
    """A version that was created two days ago and has no rollout, unless something differs."""

    created: datetime = NOON - 2 * DAY
    record: EndpointRecord = MANAGED
    endpoint: EndpointSeen | None = field(default_factory=lambda: seen("azureml:fraud:oslo"))
    serving: datetime | None = SERVING

    def found(self) -> tuple[Missed, ...]:
        """Return what counts as missed."""
        return missed([RegisteredVersion(ROME, self.created)], self.record, self.endpoint, self.serving, NOON)


ADMITTED = {
    "newer": replace(MANAGED, newest={"fraud": "paris"}, made={"fraud": NOON - DAY}),
    "older": replace(MANAGED, newest={"fraud": "paris"}, made={"fraud": NOON - 3 * DAY}),
    "another's newer": replace(MANAGED, newest={"churn": "3"}, made={"churn": NOON - DAY}),
    "another's older": replace(MANAGED, newest={"churn": "3"}, made={"churn": NOON - 3 * DAY}),
    "itself": replace(MANAGED, newest={"fraud": "rome"}, made={"fraud": NOON - 2 * DAY}),
}


@pytest.mark.parametrize(
    ("case", "newer"),
    [
        (Case(), ""),
        (Case(created=NOON - GRACE), ""),
        (Case(endpoint=seen()), ""),
        (Case(endpoint=None, serving=None), ""),
        (Case(serving=None), ""),
        (Case(record=ADMITTED["older"]), ""),
        (Case(record=ADMITTED["newer"]), "paris"),
        (Case(record=ADMITTED["another's older"]), ""),
        (Case(record=ADMITTED["another's newer"]), "churn:3"),
    ],
    ids=[
        "plain",
        "an hour old",
        "nothing serves",
        "no endpoint",
        "serving unknown",
        "after older",
        "overtaken",
        "after another model's",
        "overtaken by another model",
    ],
)
def test_a_newer_version_without_a_rollout_was_missed(case: Case, newer: str) -> None:
    """It is reported with the newer version that was admitted since, if any."""
    assert case.found() == (Missed(ROME, case.created, newer),)


@pytest.mark.parametrize(
    "case",
    [
        Case(created=NOON - GRACE + timedelta(seconds=1)),
        Case(created=SERVING),
        Case(created=NOON - 6 * DAY),
        Case(created=NOON - 10 * DAY, serving=None),
        Case(record=replace(MANAGED, managed={"other": NOON - 9 * DAY})),
        Case(record=ADMITTED["itself"]),
        Case(endpoint=seen("azureml:fraud:oslo", "/subscriptions/s/x/workspaces/w/models/fraud/versions/rome")),
    ],
    ids=["just now", "serves", "older than serving", "before Teal", "model not managed", "had a rollout", "deployed"],
)
def test_any_other_version_was_not(case: Case) -> None:
    """Its event may still come, it is old, Teal did not run yet, or someone took care of it."""
    assert case.found() == ()


def test_the_newest_comes_first() -> None:
    """Versions are only names; the time of creation orders them."""
    both = [RegisteredVersion(ROME, NOON - 2 * DAY), RegisteredVersion(PARIS, NOON - DAY)]
    assert [each.model for each in missed(both, MANAGED, seen(), None, NOON)] == [PARIS, ROME]


def test_only_the_newest_are_reported_of_very_many() -> None:
    """They are kept on the endpoint's lock, which must stay small."""
    created = {str(n): NOON - DAY - n * timedelta(minutes=1) for n in range(MOST_REPORTED + 30)}
    many = [RegisteredVersion(ModelVersion("fraud", version), at) for version, at in created.items()]
    found = missed(reversed(many), MANAGED, seen(), None, NOON)
    assert [each.model.version for each in found] == [str(n) for n in range(MOST_REPORTED)]


def test_a_model_is_managed_from_when_it_was_first_known() -> None:
    """Later notes change nothing, and each model of an endpoint has its own start."""
    noted = with_managed(MANAGED, ["fraud", "churn"], NOON)
    assert noted.managed == {"fraud": NOON - 9 * DAY, "churn": NOON}
    assert with_managed(noted, ["churn"], NOON + DAY) is noted
    assert since(noted, "fraud", SERVING) == SERVING
    assert since(noted, "churn", SERVING) == NOON
    assert since(noted, "unknown", SERVING) is None


@pytest.mark.parametrize(
    ("reference", "model"),
    [
        ("azureml:fraud:rome", ROME),
        ("/subscriptions/s/resourceGroups/g/providers/P/workspaces/w/models/fraud/versions/rome", ROME),
        ("azureml://registries/shared/models/fraud/versions/rome", None),
        ("https://blobs/fraud", None),
        ("", None),
    ],
)
def test_only_a_version_of_the_workspace_is_named(reference: str, model: ModelVersion | None) -> None:
    """A registry has its own versions, whose times say nothing about the workspace's."""
    assert model_named(reference) == model
