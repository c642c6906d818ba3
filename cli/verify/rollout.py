"""A small rollout, ordered by hand: blue, green without traffic, a mirror, a split, all traffic, and blue's removal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from cli.verify.azure import Azure
from cli.verify.removal import Removals
from cli.verify.report import Report, UnexpectedError
from shared.adapters.arm import Json, path
from shared.adapters.resource_bodies import deployment_like, model_of, resized
from shared.core.observation import Provisioning
from shared.core.policy import EndpointSpec
from shared.core.reconcile.actions import (
    Action,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    SetMirror,
    SetTraffic,
)
from shared.core.telemetry import Window
from shared.errors import Permanent

BLUE, GREEN, ABSENT = "blue", "green", "absent"
REQUESTS, MIRRORED = 3, 10
TIMEOUT = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)
_MODES = {"key": "key", "amltoken": "aml_token", "aadtoken": "aad_token"}
_CHANGING = {"traffic", "mirrorTraffic", "provisioningState", "properties"}


@dataclass(frozen=True, slots=True)
class Stage:
    """The endpoint of the rollout, which this class creates and removes."""

    azure: Azure
    report: Report
    endpoint: str

    def order(self, action: Action) -> None:
        """Give an order as the app does."""
        self.azure.endpoints.order(action)

    def split(self, traffic: dict[str, int]) -> None:
        """Write the traffic and wait until it is shown and nothing is in progress."""
        self.order(SetTraffic(self.endpoint, traffic))
        self.shown(lambda: self._idle() and self.azure.seen(self.endpoint).traffic == traffic, f"traffic {traffic}")

    def mirror(self, mirror: dict[str, int]) -> None:
        """Write the mirror and wait in the same way."""
        self.order(SetMirror(self.endpoint, mirror))
        self.shown(lambda: self._idle() and self.azure.seen(self.endpoint).mirror == mirror, f"mirror {mirror}")

    def ready(self, deployment: str) -> None:
        """Wait until a deployment is ready. Raises UnexpectedError as soon as it has failed."""

        def succeeded() -> bool:
            found = self.azure.seen(self.endpoint).deployments.get(deployment)
            if found is not None and found.state in {Provisioning.FAILED, Provisioning.CANCELED}:
                raise UnexpectedError(f"{deployment} is {found.state}: {self.logs(deployment)[-500:]}")
            return found is not None and found.state is Provisioning.SUCCEEDED

        self.shown(succeeded, f"{deployment} ready")

    def logs(self, deployment: str) -> str:
        """Return the end of a container's log."""
        return self.azure.endpoints.logs(self.endpoint, deployment, 40)

    def shown(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until Azure shows something."""
        self.azure.wait(what, condition)

    def body(self, deployment: str = "") -> Json:
        """Return the properties of the endpoint or a deployment, which nobody has changed in the meantime."""
        place = path("onlineEndpoints", self.endpoint, *(("deployments", deployment) if deployment else ()))
        properties = (self.azure.manager.get(place) or {}).get("properties") or {}
        return {name: value for name, value in properties.items() if name not in _CHANGING}

    def refused(self, action: Action, what: str) -> None:
        """Give an order that Azure must refuse permanently. Raises UnexpectedError if it does not."""
        try:
            self.order(action)
        except Permanent:
            return
        raise UnexpectedError(f"{what} was accepted")

    def _idle(self) -> bool:
        return self.azure.seen(self.endpoint).state is Provisioning.SUCCEEDED


def rollout(azure: Azure, report: Report, removals: Removals) -> None:
    """Roll out and check each row on the way. Raises StoppedError if it cannot continue."""
    stage = Stage(azure, report, f"teal-verify-{azure.wanted.suffix}")
    removals.add(f"endpoint {stage.endpoint}", lambda: _remove(stage))
    _begin(stage)
    _create_green(stage)
    _ask_green(stage)
    _refusals(stage)
    _mirror(stage)
    _shift(stage)
    _counted(stage)


def _begin(stage: Stage) -> None:
    """Create the endpoint and blue, a copy of the deployment that was named, and give it all traffic."""
    endpoint, deployment = stage.azure.wanted.like
    with stage.report.check("D2", needed=True) as note:
        original = stage.azure.manager.get(path("onlineEndpoints", endpoint))
        copied = stage.azure.manager.get(path("onlineEndpoints", endpoint, "deployments", deployment))
        if original is None or copied is None or not model_of(copied):
            raise UnexpectedError(f"there is no deployment {endpoint}/{deployment} with a model of its own")
        mode = _MODES.get(str(original["properties"].get("authMode")).lower(), "key")
        spec = EndpointSpec(cast("Literal['key', 'aml_token', 'aad_token']", mode))
        stage.order(CreateEndpoint(stage.endpoint, spec))
        stage.shown(lambda: stage.azure.seen(stage.endpoint).state is Provisioning.SUCCEEDED, "the endpoint ready")
        place = path("onlineEndpoints", stage.endpoint, "deployments", BLUE)
        stage.azure.manager.put(place, resized(deployment_like(copied, model_of(copied)), None, 1))
        note.text = f"{stage.endpoint}/{BLUE} like {endpoint}/{deployment}"
    with stage.report.check("D3", needed=True) as note:
        begun = stage.azure.now()
        stage.ready(BLUE)
        note.text = f"{BLUE} was ready after {stage.azure.now() - begun}"
    with stage.report.check("T3", needed=True):
        before = stage.body()
        stage.split({BLUE: 100})
        if stage.body() != before:
            raise UnexpectedError("the endpoint has other properties than before")


def _create_green(stage: Stage) -> None:
    with stage.report.check("D3", needed=True) as note:
        begun = stage.azure.now()
        stage.order(CreateDeployment(stage.endpoint, GREEN, stage.azure.wanted.model, like=BLUE, instances=1))
        stage.ready(GREEN)
        note.text = f"{GREEN} was ready after {stage.azure.now() - begun}"
    with stage.report.check("D1"):
        blue, green = ({**stage.body(name), "model": "", "environmentVariables": {}} for name in (BLUE, GREEN))
        if blue != green:
            raise UnexpectedError(
                f"green differs in {', '.join(sorted(k for k in blue | green if blue.get(k) != green.get(k)))}"
            )


def _ask_green(stage: Stage) -> None:
    """Send requests to green, which has no traffic, and one to a deployment that does not exist."""
    scoring, request = stage.azure.scoring, stage.azure.wanted.request
    with stage.report.check("D9") as note:
        body = scoring.sample(stage.endpoint, GREEN) if request is None else request
        answers = scoring.answers(stage.endpoint, GREEN, [body] * REQUESTS, TIMEOUT)
        (astray,) = scoring.answers(stage.endpoint, ABSENT, [body], TIMEOUT)
        statuses = [answer.status for answer in answers]
        if set(statuses) != {200} or astray.status == 200:
            raise UnexpectedError(
                f"green gave {statuses} ({answers[0].text[:200]}), a missing deployment {astray.status}"
            )
        note.text = f"green gave {statuses}, a missing deployment {astray.status}"
    with stage.report.check("D8") as note:
        note.text = f"{len(stage.logs(GREEN).splitlines())} lines"


def _refusals(stage: Stage) -> None:
    with stage.report.check("T1"):
        stage.refused(SetTraffic(stage.endpoint, {BLUE: 10, GREEN: 10}), "a split of 20 %")
    with stage.report.check("T2"):
        stage.refused(SetTraffic(stage.endpoint, {BLUE: 90, ABSENT: 10}), "traffic to a missing deployment")
    with stage.report.check("D11"):
        stage.refused(DeleteDeployment(stage.endpoint, BLUE), "the deletion of a deployment with traffic")


def _mirror(stage: Stage) -> None:
    with stage.report.check("T4"):
        stage.mirror({GREEN: MIRRORED})
        stage.mirror({})


def _shift(stage: Stage) -> None:
    with stage.report.check("T3", needed=True):
        for weight in (10, 100):
            stage.split({GREEN: weight} | ({BLUE: 100 - weight} if weight < 100 else {}))
    with stage.report.check("D3"):
        stage.order(DeleteDeployment(stage.endpoint, BLUE))
        stage.shown(lambda: BLUE not in stage.azure.seen(stage.endpoint).deployments, f"{BLUE} gone")


def _counted(stage: Stage) -> None:
    """Wait until the metrics count the requests that green answered."""
    azure = stage.azure
    with stage.report.check("P1") as note:
        metrics = azure.metrics()

        def count() -> int:
            now = azure.now().replace(second=0, microsecond=0) + MINUTE
            rows = metrics.minutes(stage.endpoint, Window(now - timedelta(hours=3), now), None)
            return sum(row.total for row in rows if row.deployment == GREEN)

        azure.wait(f"{REQUESTS} requests in the metrics", lambda: count() >= REQUESTS, azure.pace.metrics)
        note.text = f"{count()} requests, {REQUESTS} were sent"


def _remove(stage: Stage) -> None:
    """Delete the endpoint with its deployments; another operation on it may have to finish first."""

    def gone() -> bool:
        stage.azure.manager.delete(path("onlineEndpoints", stage.endpoint))
        return stage.azure.endpoints.see(stage.endpoint) is None

    stage.azure.wait(f"{stage.endpoint} gone", gone)
