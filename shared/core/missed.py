"""Registered model versions without a rollout: their event never arrived, or could not be processed. Pure.

A version is missed if a policy selects it, it is newer than the serving version, it was created after Teal began to
manage its model, and it has neither a rollout nor a deployment. The caller looks up policies and rollouts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.core.admission import EndpointRecord, Missed, overtaken_by
from shared.core.observation import EndpointSeen
from shared.core.rollout import ModelVersion

GRACE = timedelta(hours=1)  # the event may still be on its way
MOST_REPORTED = 20
_REFERENCE = re.compile(r"(?:azureml:|.*/workspaces/[^/]+/models/)(?P<name>[^/:]+)(?::|/versions/)(?P<version>[^/:]+)")


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A model version in the workspace's registry. created: Azure's time, by which versions are ordered."""

    model: ModelVersion
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


def with_managed(record: EndpointRecord, models: Iterable[str], now: datetime) -> EndpointRecord:
    """Return the record after noting when Teal began to manage each of these models on the endpoint."""
    managed = dict.fromkeys(models, now) | record.managed
    return record if managed == record.managed else replace(record, managed=managed)


def since(record: EndpointRecord, name: str, serving: datetime | None) -> datetime | None:
    """Return the time after which a version of this model must have been created to count; None: none counts.

    serving: when the serving version was created; None if that is unknown or nothing serves.
    """
    managed = record.managed.get(name)
    return managed if managed is None or serving is None else max(managed, serving)


def missed(
    without_rollout: Iterable[RegisteredVersion],
    record: EndpointRecord,
    endpoint: EndpointSeen | None,
    serving: datetime | None,
    now: datetime,
) -> tuple[Missed, ...]:
    """Return the versions that were missed, newest first.

    without_rollout: versions that a policy selects for this endpoint and that never had a rollout on it. serving: as
    for `since`.
    """
    deployed = [each.model for each in endpoint.deployments.values()] if endpoint is not None else []
    found = [
        Missed(each.model, each.created, overtaken_by(record, each.model, each.created))
        for each in without_rollout
        if _counts(each, record, serving, now)
        and record.newest.get(each.model.name) != each.model.version
        and not any(each.model.named_by(reference) for reference in deployed)
    ]
    return tuple(sorted(found, key=lambda each: each.created, reverse=True)[:MOST_REPORTED])


def model_named(reference: str) -> ModelVersion | None:
    """Return the version that a deployment's model names, or None if it is not one of the workspace's own."""
    found = _REFERENCE.fullmatch(reference)
    return ModelVersion(found["name"], found["version"]) if found else None


def _counts(version: RegisteredVersion, record: EndpointRecord, serving: datetime | None, now: datetime) -> bool:
    after = since(record, version.model.name, serving)
    return after is not None and after < version.created <= now - GRACE
