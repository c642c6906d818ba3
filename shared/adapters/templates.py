"""Converts an `az ml` deployment file to the body for Azure ML, uploading its local code on the way.

azure-ai-ml does both, as it does for any `az ml` user. Its request is intercepted before it is sent, because the SDK's
own way of sending it starts a thread that polls Azure. It costs a second and 100 MB to import, so only rollouts with a
template import it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from shared.adapters.clouds import current_cloud
from shared.adapters.faults import azure_faults
from shared.adapters.quiet import quietly
from shared.adapters.template_loader import load_deployment, sdk_message
from shared.core.reconcile.actions import CreateDeployment
from shared.errors import Permanent
from shared.settings import WorkspaceSettings

Json = dict[str, Any]
REGISTRIES = "azureml://registries/"
_DEPLOYMENT = re.compile(r"/onlineEndpoints/[^/]+/deployments/[^/?]+(\?|$)", re.IGNORECASE)


class _Caught(Exception):  # noqa: N818 -- not an error: carries the body out of the SDK
    """Carries the body that the SDK was about to send."""

    def __init__(self, body: Json) -> None:
        super().__init__()
        self.body = body


class _Catch(SansIOHTTPPolicy[HttpRequest, Any]):
    """Lets every request through except the one that creates the deployment, and raises _Caught with its body."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Raise _Caught for the deployment's PUT."""
        http = request.http_request
        if http.method == "PUT" and _DEPLOYMENT.search(http.url):
            raise _Caught(json.loads(str(http.content or "{}")))


class DeploymentTemplates:
    """Renders templates.

    fill: returns a template's text with values filled in. folder: the folder of the templates and their code. options:
    retries and timeouts for the SDK's requests.
    """

    def __init__(
        self,
        workspace: WorkspaceSettings,
        credential: TokenCredential,
        fill: Callable[[str, Mapping[str, str]], str],
        folder: Path,
        **options: Any,  # noqa: ANN401 -- of azure-core's pipelines
    ) -> None:
        self._workspace = workspace
        self._credential = credential
        self._fill = fill
        self._folder = folder
        self._options = options

    def body(self, path: str, action: CreateDeployment) -> Json:
        """Return the ARM body for this deployment. Raises Permanent for a template that the SDK rejects.

        Its model is the action's, a reference to a registry as the template has it, or absent.
        """
        text = self._filled(path, action)
        with quietly():
            deployment = self._loaded(path, text, action)
            written = deployment.model
            if written is not None:
                # A plain reference: the SDK would register a model object as a new version, and query a registry.
                deployment.model = str(action.model)
            with azure_faults(f"create {action.name} from {path}"):
                body = self._caught(path, deployment)
        if isinstance(written, str) and written.startswith(REGISTRIES):
            body["properties"]["model"] = written
        return body

    def _loaded(self, path: str, text: str, action: CreateDeployment) -> Any:  # noqa: ANN401 -- a class of the SDK
        overrides = {"name": action.name, "endpoint_name": action.endpoint}
        if action.source.instance_type is not None:  # the template may have none, which the loader would reject
            overrides["instance_type"] = action.source.instance_type
        try:
            return load_deployment(text, self._folder / PurePosixPath(path), overrides)
        except Exception as error:
            raise Permanent(f"the template {path} cannot be used: {sdk_message(error)}") from error

    def _caught(self, path: str, deployment: Any) -> Json:  # noqa: ANN401 -- as above
        from azure.ai.ml import MLClient  # noqa: PLC0415 -- as above
        from azure.ai.ml.exceptions import MlException  # noqa: PLC0415 -- as above

        names = self._workspace.subscription_id, self._workspace.resource_group, self._workspace.name
        client = MLClient(
            self._credential, *names, cloud=current_cloud().name, per_call_policies=[_Catch()], **self._options
        )
        try:
            client.online_deployments.begin_create_or_update(deployment)
        except _Caught as caught:
            return caught.body
        except (MlException, OSError) as error:
            if (answer := _service_error(error)) is not None:
                raise answer from error
            raise Permanent(f"the template {path} cannot be used: {sdk_message(error)}") from error
        raise Permanent(f"the template {path} produced no deployment")

    def _filled(self, path: str, action: CreateDeployment) -> str:
        return self._fill(
            path,
            {
                "MODEL_NAME": action.model.name,
                "MODEL_VERSION": action.model.version,
                "ENDPOINT_NAME": action.endpoint,
            },
        )


def _service_error(error: BaseException) -> AzureError | None:
    """Return the error from Azure or the network that the SDK has wrapped in its own."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, AzureError) and not type(inner).__module__.startswith("azure.ai.ml"):
            return inner
        inner = inner.__cause__ or inner.__context__
    return None
