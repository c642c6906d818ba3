"""Online endpoints: created, changed, deleted, and their keys. A change becomes visible when its operation ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from emulator.arm_errors import ArmError, bad_request, not_found
from emulator.clock import VirtualClock
from emulator.containers import Fleet
from emulator.identity.audiences import endpoint_audience
from emulator.identity.tokens import TokenIssuer
from emulator.resource_manager import bodies, compute_rules, diagnostics, documents, listing, rules
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.operations import Operations, Work, state_after
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import Endpoint, Json, Workspace

_AUTH_MODES = {mode.lower(): mode for mode in ("Key", "AMLToken", "AADToken")}
_TOKEN_LIFETIME = timedelta(hours=12)
Settle = Callable[[ArmError | None], None]


def existing(workspace: Workspace, name: str) -> Endpoint:
    """Return the endpoint with this name. Raises ArmError 404."""
    found = workspace.endpoints.get(name.lower())
    if found is None:
        raise not_found("onlineEndpoints", name)
    return found


def entity(name: str) -> str:
    """Return the name by which operations on an endpoint exclude each other."""
    return f"onlineEndpoints/{name.lower()}"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The handlers of endpoints. Deployments of a deleted endpoint are stopped through `fleet`.

    `stale` holds, by endpoint name, the old traffic that readers still see, and until when. It is filled on request.
    """

    clock: VirtualClock
    operations: Operations
    durations: Durations
    limits: Limits
    fleet: Fleet
    issuer: TokenIssuer
    stale: dict[str, tuple[datetime, Json]] = field(default_factory=dict)

    async def list_all(self, call: Call) -> Reply:
        """GET onlineEndpoints."""
        found = call.workspace.endpoints.values()
        shown = [documents.endpoint(call.workspace, self._as_read(each)) for each in found]
        return listing.listed(call, "onlineEndpoints", shown, listing.ENDPOINTS)

    async def show(self, call: Call) -> Reply:
        """GET onlineEndpoints/{endpoint}."""
        found = existing(call.workspace, call.path["endpoint"])
        return Reply(body=documents.endpoint(call.workspace, self._as_read(found)))

    async def put(self, call: Call) -> Reply:
        """PUT onlineEndpoints/{endpoint}: create it, or replace its whole body; omitted fields are removed."""
        name = call.path["endpoint"].lower()
        rules.name(name, "endpoint")
        body = _normalised(bodies.checked("onlineEndpoint", call.body), call.workspace)
        present = call.workspace.endpoints.get(name)
        self.operations.require_idle(entity(name))
        compute_rules.endpoint_kind(call.workspace, present, body["properties"])
        rules.traffic(present, body["properties"])
        return self._replace(call, present, body) if present else self._create(call, name, body)

    async def patch(self, call: Call) -> Reply:
        """PATCH onlineEndpoints/{endpoint}: tags, identity and sku only."""
        present = existing(call.workspace, call.path["endpoint"])
        bodies.check_patch(call.body, "an endpoint", "tags", "identity", "sku")
        return self._replace(call, present, bodies.checked("onlineEndpoint", present.body | call.body), 202)

    async def delete(self, call: Call) -> Reply:
        """DELETE onlineEndpoints/{endpoint}, with all its deployments, regardless of their traffic."""
        name = call.path["endpoint"].lower()
        present = call.workspace.endpoints.get(name)
        if present is None:
            return Reply(204)
        self.operations.require_idle(f"{entity(name)}/")

        async def act() -> None:
            for deployment in present.deployments:
                await self.fleet.stop(present.name, deployment)

        def settle(error: ArmError | None) -> None:
            if error:
                present.provisioning_state = state_after(error)
            else:
                del call.workspace.endpoints[name]

        headers = self.operations.start(Work(entity(name), self.durations.endpoint_delete, act, settle, deletes=True))
        present.provisioning_state = "Deleting"
        return Reply(202, headers=headers)

    async def list_keys(self, call: Call) -> Reply:
        """POST onlineEndpoints/{endpoint}/listKeys, for endpoints with authMode Key."""
        present = _with_auth_mode(call, "Key")
        return Reply(body={"primaryKey": present.primary_key, "secondaryKey": present.secondary_key})

    async def regenerate_keys(self, call: Call) -> Reply:
        """POST onlineEndpoints/{endpoint}/regenerateKeys: a new primary or secondary key, effective immediately."""
        present = _with_auth_mode(call, "Key")
        value = call.body.get("keyValue") or _random_key()
        match call.body.get("keyType"):
            case "Primary":
                present.primary_key = value
            case "Secondary":
                present.secondary_key = value
            case _:
                raise bad_request("keyType must be Primary or Secondary.")
        return Reply(202, headers=self.operations.start(Work(entity(present.name), 0, _nothing, lambda _: None)))

    async def token(self, call: Call) -> Reply:
        """POST onlineEndpoints/{endpoint}/token, for endpoints with authMode AMLToken."""
        present = _with_auth_mode(call, "AMLToken")
        now = datetime.now(UTC)
        expires = now + _TOKEN_LIFETIME
        return Reply(
            body={
                "accessToken": self.issuer.issue(endpoint_audience(present.name), int(_TOKEN_LIFETIME.total_seconds())),
                "expiryTimeUtc": int(expires.timestamp()),
                "refreshAfterTimeUtc": int((expires - timedelta(hours=1)).timestamp()),
                "tokenType": "Bearer",
            }
        )

    def _create(self, call: Call, name: str, body: Json) -> Reply:
        if len(call.workspace.endpoints) >= self.limits.endpoints:
            raise bad_request(f"There are already {self.limits.endpoints} endpoints.", "OutOfQuota")
        given = body["properties"].pop("keys", {})
        primary, secondary = (given.get(key) or _random_key() for key in ("primaryKey", "secondaryKey"))
        created = Endpoint(name, documents.with_system_data(body, self.clock.now()), primary, secondary)
        if call.workspace.logs_every_endpoint:
            created.diagnostics.update(diagnostics.by_policy(call.workspace))
        call.workspace.endpoints[name] = created
        work = Work(entity(name), self.durations.endpoint_create, _nothing, _settle(created, created.body))
        headers = self.operations.start(work)
        return Reply(201, documents.endpoint(call.workspace, created), headers)

    def _replace(self, call: Call, present: Endpoint, body: Json, status: int = 200) -> Reply:
        body["properties"].pop("keys", None)
        new = documents.with_system_data(body, self.clock.now(), present.body)
        settle = self._keeping_stale_traffic(present, _settle(present, new))
        work = Work(entity(present.name), self.durations.endpoint_update, _nothing, settle)
        headers = self.operations.start(work)
        present.provisioning_state = "Updating"
        updating = Endpoint(present.name, new, "", "", "Updating")
        return Reply(status, documents.endpoint(call.workspace, updating), headers)

    def _keeping_stale_traffic(self, present: Endpoint, settle: Settle) -> Settle:
        """Return a `settle` that first keeps the old traffic for readers, if stale reads were requested."""

        def keep_and_settle(error: ArmError | None) -> None:
            if error is None and self.operations.faults.stale_reads:
                until = self.clock.now() + timedelta(seconds=self.operations.faults.stale_reads)
                traffic = {"traffic": present.traffic, "mirrorTraffic": present.mirror_traffic}
                self.stale[present.name] = (until, traffic)
            settle(error)

        return keep_and_settle

    def _as_read(self, item: Endpoint) -> Endpoint:
        """Return the endpoint as readers see it now."""
        until, traffic = self.stale.get(item.name, (self.clock.now(), {}))
        if self.clock.now() >= until or not self.operations.faults.stale_reads:
            return item
        return replace(item, body=item.body | {"properties": item.body["properties"] | traffic})


def _random_key() -> str:
    return secrets.token_urlsafe(24)


def _normalised(body: Json, workspace: Workspace) -> Json:
    properties = body["properties"]
    properties["authMode"] = _AUTH_MODES[properties["authMode"].lower()]
    for name in ("traffic", "mirrorTraffic"):
        if name in properties:
            properties[name] = {key.lower(): value for key, value in properties[name].items()}
    for computed in ("provisioningState", "scoringUri", "swaggerUri"):
        properties.pop(computed, None)
    if body["location"].replace(" ", "").lower() != workspace.region:
        raise bad_request(f"The location must be that of the workspace: {workspace.region}.", "InvalidLocation")
    return bodies.writable(body)


def _settle(endpoint: Endpoint, body: Json) -> Settle:
    def settle(error: ArmError | None) -> None:
        endpoint.provisioning_state = state_after(error)
        if error is None:
            endpoint.body = body

    return settle


def _with_auth_mode(call: Call, mode: str) -> Endpoint:
    present = existing(call.workspace, call.path["endpoint"])
    if present.body["properties"]["authMode"] != mode:
        raise bad_request(f"The endpoint's authMode is {present.body['properties']['authMode']}.")
    return present


async def _nothing() -> None:
    """Do nothing: the change does not start or stop any process."""
