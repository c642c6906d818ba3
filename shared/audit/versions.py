"""Compares the registered versions of every policy's models with the rollouts, once a day.

`shared.core.missed` says what counts as missed. What is found is kept on the endpoint's record, where health reads it.
A missed version is started, if its policy says so, through the same admission as an event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.acting import TRIES
from shared.audit.each import each_safely
from shared.core.admission import EndpointRecord, Missed, Start, rollout_id
from shared.core.endpoint_id import EndpointId
from shared.core.missed import RegisteredVersion, missed, model_named, since, with_managed
from shared.core.observation import EndpointSeen
from shared.core.policy import Policy
from shared.core.rollout.reasons import ReasonCode, reason
from shared.errors import Conflict
from shared.intake import Intake
from shared.ports import Changes, Clock, Models, Policies, Store, Stored
from shared.workspaces import Workspaces

log = logging.getLogger("teal.audit")


@dataclass(frozen=True, slots=True)
class MissedVersions:
    """Finds, reports and, by policy, starts registered versions without a rollout.

    history: how long finished rollouts are kept. An older version may have had one, so it is never missed.
    """

    store: Store
    workspaces: Workspaces
    policies: Policies
    intake: Intake
    clock: Clock
    history: timedelta

    def note_models(self) -> None:
        """Record when Teal began to manage each policy's models. Versions registered earlier are never missed."""
        each_safely(self.policies.endpoints(), self._noted, "models not noted")

    def compare(self) -> None:
        """Compare every endpoint that has a policy. Errors are logged, and tomorrow's comparison tries again."""
        each_safely(self.policies.endpoints(), self._compare, "versions not compared")

    def _compare(self, endpoint: EndpointId) -> None:
        now, record = self.clock(), self._noted(endpoint)
        workspace = self.workspaces.named(endpoint.workspace)
        seen = workspace.endpoints.see(endpoint.name)
        serving = _serving_since(workspace.models, seen)
        selected = self._selected(endpoint, workspace.models, record, serving)
        found = missed([version for version, _ in selected], record, seen, serving, now)
        if self._start(found, selected, seen):
            found = missed([version for version, _ in selected], self.store.record(endpoint).value, seen, serving, now)
        self._report(endpoint, found)

    def _selected(
        self, endpoint: EndpointId, models: Models, record: EndpointRecord, serving: datetime | None
    ) -> list[tuple[RegisteredVersion, Policy]]:
        """Return the versions that may count and have no rollout, each with the policy that selects it."""
        starts = {name: since(record, name, serving) for name in self._models(endpoint)}
        kept = self.clock() - self.history
        dated = [(name, max(start, kept)) for name, start in starts.items() if start is not None]
        versions = (each for name, start in dated for each in models.versions(name, start))
        chosen = ((each, self._policy(endpoint, each)) for each in versions)
        return [(each, policy) for each, policy in chosen if policy is not None and not self._known(each, policy)]

    def _policy(self, endpoint: EndpointId, version: RegisteredVersion) -> Policy | None:
        """Return the policy that this version triggers on the endpoint, judging by its current tags."""
        model = version.model
        found = self.policies.for_model(endpoint.workspace, model.name, model.version, version.tags)
        return next((policy for policy in found if policy.endpoint_id == endpoint), None)

    def _known(self, version: RegisteredVersion, policy: Policy) -> bool:
        start = Start(version.model, policy, reason(ReasonCode.MISSED_VERSION_STARTED))
        return self.store.rollout(policy.endpoint_id, rollout_id(start)) is not None

    def _start(
        self,
        found: Iterable[Missed],
        selected: Iterable[tuple[RegisteredVersion, Policy]],
        seen: EndpointSeen | None,
    ) -> bool:
        """Start the newest version that may start, if its policy says so; return whether there was one.

        An older one would only be superseded. If the endpoint does not exist, the policy must create it.
        """
        policies = {version.model: (version, policy) for version, policy in selected}
        for version, policy in (policies[each.model] for each in found if not each.newer):
            if policy.missed_versions == "start" and (seen is not None or policy.create_endpoint is not None):
                self.intake.missed(policy, version)
                return True
        return False

    def _report(self, endpoint: EndpointId, found: tuple[Missed, ...]) -> None:
        """Keep what was found for health, and log what is new."""
        known = self.store.record(endpoint).value.missed
        for each in found:
            if each.model not in {one.model for one in known}:
                log.warning("missed version endpoint=%s model=%s created=%s", endpoint, each.model, each.created)
        self._written(endpoint, lambda record: replace(record, missed=found))

    def _noted(self, endpoint: EndpointId) -> EndpointRecord:
        models, now = self._models(endpoint), self.clock()
        return self._written(endpoint, lambda record: with_managed(record, models, now))

    def _models(self, endpoint: EndpointId) -> list[str]:
        selectors = [model for policy in self.policies.of_endpoint(endpoint) for model in policy.models]
        return sorted({model.name for model in selectors if not model.registry})

    def _written(self, endpoint: EndpointId, change: Callable[[EndpointRecord], EndpointRecord]) -> EndpointRecord:
        """Change the endpoint's record. Raises Conflict if others keep writing first."""
        for _ in range(TRIES):
            stored = self.store.record(endpoint)
            changed = change(stored.value)
            if changed == stored.value:
                return changed
            try:
                self.store.commit(endpoint, Changes(record=Stored(changed, stored.etag)))
            except Conflict:
                continue
            return changed
        raise Conflict(f"the record of {endpoint} is being changed by others")


def _serving_since(models: Models, seen: EndpointSeen | None) -> datetime | None:
    """Return when the serving model version was created; None if that is unknown, or nothing serves."""
    serving = seen.deployments.get(seen.serving() or "") if seen is not None else None
    model = model_named(serving.model) if serving is not None else None
    return models.created(model) if model is not None else None
