"""An `az ml` deployment file becomes the body that Azure ML wants, with its local code uploaded on the way.

azure-ai-ml does both, as it does for everyone's files; what it would send is then taken from it before it is sent, as
its own way of sending starts a thread that goes on asking Azure how it went. It costs a second and 100 MB to import, so
only a rollout that has a template does.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from shared.adapters.faults import azure_faults
from shared.core.actions import CreateDeployment
from shared.errors import Permanent
from shared.settings import Settings

Json = dict[str, Any]
_DEPLOYMENT = re.compile(r"/onlineEndpoints/[^/]+/deployments/[^/?]+(\?|$)", re.IGNORECASE)


class _Caught(Exception):  # noqa: N818 -- no error: how the body gets out of the SDK
    """The body that the SDK was about to send."""

    def __init__(self, body: Json) -> None:
        super().__init__()
        self.body = body


class _Catch(SansIOHTTPPolicy[HttpRequest, Any]):
    """Lets every request through but the one that creates the deployment, and ends with that one's body."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Raise _Caught for the deployment's PUT."""
        http = request.http_request
        if http.method == "PUT" and _DEPLOYMENT.search(http.url):
            raise _Caught(json.loads(str(http.content or "{}")))


class DeploymentTemplates:
    """Renders templates. fill: gives a template's text with values filled in; folder: where it and its code are."""

    def __init__(
        self,
        settings: Settings,
        credential: TokenCredential,
        fill: Callable[[str, Mapping[str, str]], str],
        folder: Path,
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._fill = fill
        self._folder = folder

    def body(self, path: str, action: CreateDeployment) -> Json:
        """Return the ARM body for this deployment. Raises Permanent for a template that the SDK refuses."""
        from azure.ai.ml import MLClient, load_online_deployment  # noqa: PLC0415 -- see the module's docstring

        settings = self._settings
        catch = _Catch()
        client = MLClient(
            self._credential,
            settings.subscription_id,
            settings.resource_group,
            settings.workspace,
            per_call_policies=[catch],
            retry_total=1,
        )
        try:
            with azure_faults(f"create {action.name} from {path}"):
                deployment = load_online_deployment(
                    io.StringIO(self._filled(path, action)),
                    relative_origin=str(self._folder / PurePosixPath(path).parent) + "/",
                    params_override=[{"name": action.name}, {"endpoint_name": action.endpoint}],
                )
                client.online_deployments.begin_create_or_update(deployment)
        except _Caught as caught:
            return caught.body
        except Exception as error:
            if type(error).__module__.startswith(("azure.ai.ml", "marshmallow", "yaml", "strictyaml")):
                raise Permanent(f"the template {path} cannot be used: {error}") from error
            raise
        raise Permanent(f"the template {path} led to no deployment")

    def _filled(self, path: str, action: CreateDeployment) -> str:
        return self._fill(
            path,
            {
                "MODEL_NAME": action.model.name,
                "MODEL_VERSION": action.model.version,
                "ENDPOINT_NAME": action.endpoint,
            },
        )
