"""The workspace as MLflow's model registry: `<region>.api.azureml.ms`, as `azureml-mlflow` and plain MLflow call it.

Its models are the workspace's own: what is registered here appears in Azure ML and publishes its event, and vice versa.
Runs, experiments and aliases are not emulated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from emulator.arm_errors import ArmError, bad_request, not_emulated, not_found
from emulator.identity.tokens import bearer_token
from emulator.resource_manager import mlflow_documents as documents
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.calls import Call
from emulator.resource_manager.mlflow_artifacts import Artifacts
from emulator.resources import PROVIDER, AssetContainer, Json, Workspace

_SCOPE = rf"{{scope:subscriptions/[^/]+/.+/{re.escape(PROVIDER)}/workspaces/[^/]+}}"
_ROUTE = rf"/{{product:mlflow|artifact}}/{{revision:v\d\.\d}}/{_SCOPE}/{{rest:.+}}"
_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 501: "NOT_IMPLEMENTED", 401: "UNAUTHENTICATED"}
Handler = Callable[[Json], Awaitable[Json]]


def mlflow_application(assets: Assets, artifacts: Artifacts, accepts: Callable[[str], bool]) -> web.Application:
    """Return the application; `accepts` returns whether a bearer token is valid."""
    application = web.Application(client_max_size=4 * 1024 * 1024, middlewares=[_error_responses])
    front = _Front(_Registry(assets, artifacts), artifacts.workspace, accepts)
    application.router.add_route("*", _ROUTE, front.answer)
    application.router.add_route("*", "/{rest:.*}", front.elsewhere)
    return application


@web.middleware
async def _error_responses(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn errors into MLflow's documents."""
    try:
        return await handler(request)
    except ArmError as error:
        code = error.code if error.code.isupper() else _CODES.get(error.status, "INVALID_PARAMETER_VALUE")
        return web.json_response({"error_code": code, "message": error.message}, status=error.status)


@dataclass(frozen=True, slots=True)
class _Front:
    registry: _Registry
    workspace: Workspace
    accepts: Callable[[str], bool]

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request for the workspace. Raises ArmError."""
        if not self.accepts(bearer_token(request.headers.get("Authorization"))):
            raise ArmError(401, "UNAUTHENTICATED", "A valid bearer token is required.")
        scope = request.match_info["scope"]
        if f"/{scope}".lower() != self.workspace.id.lower():
            raise not_found(f"{PROVIDER}/workspaces", scope.rpartition("/")[2])
        text = await request.text()
        given = dict(request.query) | (json.loads(text) if text else {})
        return web.json_response(await self.registry.answer(request.method, request.match_info["rest"], given))

    async def elsewhere(self, request: web.Request) -> web.Response:
        """Refuse anything else."""
        raise not_emulated(f"{request.method} {request.path}")


@dataclass(frozen=True, slots=True)
class _Registry:
    assets: Assets
    artifacts: Artifacts

    @property
    def workspace(self) -> Workspace:
        return self.artifacts.workspace

    async def answer(self, method: str, path: str, given: Json) -> Json:
        """Answer one request. Raises ArmError."""
        upload = re.fullmatch(r"artifacts/([^/]+)/([^/]+)/batch/metadata", path)
        if upload and method == "POST":
            return await self.artifacts.begin(upload[1], upload[2], given)
        handlers: dict[tuple[str, str], Handler] = {
            ("POST", "registered-models/create"): self.create_model,
            ("GET", "registered-models/get"): self.show_model,
            ("GET", "registered-models/search"): self.search_models,
            ("PATCH", "registered-models/update"): self.update_model,
            ("POST", "registered-models/get-latest-versions"): self.latest,
            ("GET", "registered-models/get-latest-versions"): self.latest,
            ("POST", "model-versions/create"): self.create_version,
            ("GET", "model-versions/get"): self.show_version,
            ("GET", "model-versions/search"): self.search_versions,
            ("GET", "model-versions/get-download-uri"): self.download_uri,
            ("PATCH", "model-versions/update"): self.update_version,
            ("POST", "model-versions/set-tag"): self.set_tag,
            ("POST", "model-versions/transition-stage"): self.set_stage,
            ("DELETE", "model-versions/delete"): self.delete_version,
        }
        handler = handlers.get((method, path.removeprefix("api/2.0/mlflow/")))
        if handler is None:
            raise not_emulated(f"{method} {path} of MLflow's API")
        return await handler(given)

    async def create_model(self, given: Json) -> Json:
        name = str(given.get("name") or "")
        if name in self.workspace.assets["models"]:
            raise bad_request(f"Registered Model (name={name}) already exists.", "RESOURCE_ALREADY_EXISTS")
        properties = {"description": given.get("description"), "tags": documents.tags(given)}
        await self.assets.put_container(self._call({"properties": properties}, name=name))
        return await self.show_model(given)

    async def show_model(self, given: Json) -> Json:
        return {"registered_model": documents.model(str(given["name"]), self._container(given))}

    async def search_models(self, given: Json) -> Json:
        known = self.workspace.assets["models"].items()
        found = [(name, item) for name, item in known if documents.wanted(given, name, item.body)]
        return {"registered_models": [documents.model(name, item) for name, item in found]}

    async def update_model(self, given: Json) -> Json:
        properties = self._container(given).body.get("properties", {})
        changed = properties | {"description": given.get("description")}
        await self.assets.put_container(self._call({"properties": changed}, name=given["name"]))
        return await self.show_model(given)

    async def latest(self, given: Json) -> Json:
        item = self._container(given)
        newest = [item.latest_version] if item.latest_version else []
        return {"model_versions": [documents.version(str(given["name"]), each, item.versions[each]) for each in newest]}

    async def create_version(self, given: Json) -> Json:
        number = self._container(given).next_version
        uri = self.artifacts.uri(str(given.get("source") or ""))
        described = {"tags": documents.tags(given), "description": given.get("description")}
        body = {"properties": {"modelUri": uri, "modelType": "mlflow_model", **described}}
        await self.assets.put_version(self._call(body, name=given["name"], version=number))
        return await self.show_version(given | {"version": number})

    async def show_version(self, given: Json) -> Json:
        return {"model_version": documents.version(str(given["name"]), str(given["version"]), self._existing(given))}

    async def search_versions(self, given: Json) -> Json:
        known = self.workspace.assets["models"].items()
        found = [(name, number, body) for name, item in known for number, body in item.versions.items()]
        return {"model_versions": [documents.version(*each) for each in found if documents.wanted(given, *each[::2])]}

    async def download_uri(self, given: Json) -> Json:
        return {"artifact_uri": self._existing(given)["properties"]["modelUri"]}

    async def update_version(self, given: Json) -> Json:
        return await self._changed(given, {"description": given.get("description")})

    async def set_stage(self, given: Json) -> Json:
        return await self._changed(given, {"stage": given.get("stage")})

    async def set_tag(self, given: Json) -> Json:
        tags = self._existing(given)["properties"].get("tags", {})
        await self._changed(given, {"tags": tags | {given["key"]: given["value"]}})
        return {}

    async def delete_version(self, given: Json) -> Json:
        self._existing(given)
        await self.assets.delete_version(self._call({}, name=given["name"], version=given["version"]))
        return {}

    async def _changed(self, given: Json, change: Json) -> Json:
        body = {"properties": self._existing(given)["properties"] | change}
        await self.assets.put_version(self._call(body, name=given["name"], version=given["version"]))
        return await self.show_version(given)

    def _call(self, body: Json, **path: str) -> Call:
        return Call(self.workspace, {"kind": "models", **path}, {}, body)

    def _container(self, given: Json) -> AssetContainer:
        found = self.workspace.assets["models"].get(str(given.get("name")))
        if found is None:
            raise ArmError(404, "RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={given.get('name')} not found.")
        return found

    def _existing(self, given: Json) -> Json:
        found = self._container(given).versions.get(str(given.get("version")))
        if found is None:
            message = f"Model Version (name={given.get('name')}, version={given.get('version')}) not found."
            raise ArmError(404, "RESOURCE_DOES_NOT_EXIST", message)
        return found
