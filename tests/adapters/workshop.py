"""An ML engineer's workshop in the emulated cloud: registered models, a folder of templates, and the adapters."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from azure.core.credentials import TokenCredential

from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.endpoints import ArmEndpoints
from shared.adapters.scoring import HttpScoring, scoring_pipeline
from shared.adapters.templates import DeploymentTemplates
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.policy import EndpointSpec
from shared.core.reconcile.actions import CreateEndpoint
from shared.policies.template import fill_template
from shared.settings import Settings
from tests.cloud import RunningCloud
from tests.emulator.arm import Arm
from tests.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

SECONDS = timedelta(seconds=20)
POEM, FORMULA = "poem", "formula"  # a model served by a script, and one served by MLflow


def imported(module: str) -> ModuleType:
    """Import a module of azure-ai-ml. This takes a second, so it must not happen during test collection."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations in its dependencies
        return import_module(module)


@dataclass(frozen=True, slots=True)
class Workshop:
    """The connected adapters and test tools. folder: the folder of templates and their code."""

    cloud: RunningCloud
    settings: Settings
    credential: TokenCredential
    arm: Arm
    folder: Path

    @property
    def manager(self) -> ResourceManager:
        """ARM, as the app calls it."""
        return ResourceManager(
            arm_pipeline(self.credential, connect_seconds=10, read_seconds=30), self.cloud.workspace_id
        )

    @property
    def templates(self) -> DeploymentTemplates:
        """Templates from the folder, filled in as by the policy set."""
        return DeploymentTemplates(
            self.settings.workspace,
            self.credential,
            lambda path, values: fill_template((self.folder / path).read_text(encoding="utf-8"), values),
            self.folder,
            retry_total=1,
            retry_status=0,
        )

    @property
    def endpoints(self) -> ArmEndpoints:
        """The port Endpoints."""
        return ArmEndpoints(self.manager, self.templates)

    @property
    def scoring(self) -> HttpScoring:
        """The port Scoring."""
        return HttpScoring(self.manager, scoring_pipeline(connect_seconds=10), self.credential)

    @property
    def ml(self) -> MLClient:
        """Microsoft's client for the workspace."""
        names = [self.cloud[name] for name in ("subscription", "resource_group", "workspace")]
        client: MLClient = imported("azure.ai.ml").MLClient(self.credential, *names)
        return client

    def write(self, name: str, text: str) -> str:
        """Write a file into the folder and return its name."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return name

    def seen(self, endpoint: str) -> EndpointSeen:
        """Return the endpoint as the adapter sees it."""
        found = self.endpoints.see(endpoint)
        assert found is not None
        return found

    def make_endpoint(self, endpoint: str, spec: EndpointSpec | None = None) -> None:
        """Have the adapter create the endpoint, and wait for it."""
        self.endpoints.order(CreateEndpoint(endpoint, spec or EndpointSpec()))
        self.until_idle(endpoint)

    def remove(self, endpoint: str) -> None:
        """Delete an endpoint and its deployments."""
        assert self.arm.call("DELETE", f"onlineEndpoints/{endpoint}").ok
        until(lambda: self.endpoints.see(endpoint) is None)

    def until_idle(self, endpoint: str) -> None:
        """Wait until no operation runs on the endpoint; none may have failed."""

        def idle() -> bool:
            seen = self.endpoints.see(endpoint)
            states = {seen.state, *(each.state for each in seen.deployments.values())} if seen else set()
            assert Provisioning.FAILED not in states, seen
            return states == {Provisioning.SUCCEEDED}

        until(idle)

    def shown(self, endpoint: str, deployment: str = "") -> dict[str, Any]:
        """Return the body of the endpoint or one of its deployments as ARM shows it, without system data."""
        place = f"onlineEndpoints/{endpoint}" + (f"/deployments/{deployment}" if deployment else "")
        answer = self.arm.call("GET", place)
        assert answer.ok, answer.text
        return {key: value for key, value in answer.json().items() if key != "systemData"}

    def answer(self, endpoint: str, deployment: str, body: object) -> Any:  # noqa: ANN401  # any JSON
        """Return the deployment's response to one request, which must succeed."""
        (given,) = self.scoring.answers(endpoint, deployment, [json.dumps(body).encode()], SECONDS)
        assert given.status == 200, given
        return json.loads(given.text)

    def register(self, model: str, version: str, path: Path, kind: str = "custom_model") -> None:
        """Register a version of a model with Microsoft's client."""
        made = imported("azure.ai.ml.entities").Model(name=model, version=version, path=str(path), type=kind)
        self.ml.models.create_or_update(made)


def register_poems(workshop: Workshop, directory: Path) -> str:
    """Register versions 1 and 2 of the poem and the code that reads it; return the code's id."""
    for version in ("1", "2"):
        verse = directory / version / "word.txt"
        verse.parent.mkdir(parents=True)
        verse.write_text(f"verse {version}")
        workshop.register(POEM, version, verse)
    made = imported("azure.ai.ml.entities._assets").Code(
        name="reader", version="1", path=str(workshop.folder / "deployments" / "code")
    )
    code = workshop.ml._code.create_or_update(made)  # noqa: SLF001  # no public way
    return str(code.id)
