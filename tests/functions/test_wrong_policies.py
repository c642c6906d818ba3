"""Invalid policies: what they block, and that everything else continues."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import azure.functions as func
import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout import ModelVersion
from shared.errors import Misconfigured
from shared.policies.policy_set import PolicySet, read_policies
from shared.ports import Policies
from shared.wiring import policies, use
from tests.functions.conftest import Calls, Found, app_over
from tests.functions.test_triggers import DOCUMENTED, event
from tests.scenarios.world import ENDPOINT, World

ROOT = Path(__file__).parents[2]
CHURN = "endpoint: churn\nmodels: [{name: churn}]\nsteps: [smoke: smoke/churn.jsonl, weight: 10, weight: 50]\n"
FRAUD = "endpoint: fraud\nmodels: [{name: fraud}, {name: churn}]\nsteps: [weight: 110]\n"
MENDED = FRAUD.replace("110", "10")
BROKEN = "endpoint: [\n"
REQUEST = {"version": "7", "by": "ada@example.com", "reason": "because"}


@dataclass
class Deployed(World):
    """A world whose policies are files."""

    policies: PolicySet = field(default_factory=lambda: read_policies(Path("nowhere")))

    @property
    def known_policies(self) -> Policies:
        return self.policies


@dataclass
class App(Calls):
    """The functions on a folder of policies, which a deployment replaces."""

    world: Deployed = field(default_factory=Deployed)
    folder: Path = Path()

    def deploy(self, **texts: str) -> None:
        """Replace all policies with these and restart the app."""
        for old in self.folder.glob("*.yaml"):
            old.unlink()
        for stem, text in texts.items():
            (self.folder / f"{stem}.yaml").write_text(text)
        self.world.policies = read_policies(self.folder, workspace="w")

    def call(self, name: str, **inputs: object) -> object:
        app = replace(app_over(self.world), policies=self.world.policies)
        with use(app):
            return super().call(name, **inputs)

    def start(self, endpoint: str, model: str) -> tuple[int, str]:
        """Ask for a rollout; return the status and the error's message, if any."""
        self.world.models.registered[ModelVersion(model, "7")] = {}
        status, content = self.http("start", {"endpoint": endpoint, "model": model, **REQUEST})
        error = content.get("error")
        return status, str(error["message"]) if isinstance(error, dict) else ""

    def register(self, tags: dict[str, str] | None = None, model: str = "churn") -> None:
        """Deliver the event of a registered version."""
        sent = event(DOCUMENTED | {"ModelName": model, "ModelTags": tags or {}}, subject=f"models/{model}:7")
        self.call("model_registered", event=sent)


@pytest.fixture
def app(found: Found, tmp_path: Path) -> App:
    """Return the functions on a folder with a valid and an invalid policy."""
    (tmp_path / "smoke").mkdir()
    (tmp_path / "smoke" / "churn.jsonl").write_text("{}\n")
    app = App(found, folder=tmp_path)
    app.deploy(churn=CHURN, fraud=FRAUD)
    return app


@pytest.mark.parametrize("folder", ["broken", "empty", "nowhere"])
def test_all_functions_are_found_whatever_the_policies_are(tmp_path: Path, folder: str, found: Found) -> None:
    """An app without functions could not roll back either."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "churn.yaml").write_text(BROKEN)
    code = "import function_app; print(*(f.get_function_name() for f in function_app.app.get_functions()), sep='\\n')"
    environment = os.environ | {"TEAL_POLICIES": str(tmp_path / folder)}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)  # noqa: S603 -- our own Python
    assert set(ran.stdout.decode().split()) == set(found)


def test_problems_are_logged_once_when_policies_are_first_read(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """They are in the log before anyone requests a rollout."""
    (tmp_path / "churn.yaml").write_text(BROKEN)
    (tmp_path / "prices.yaml").write_text("{}")
    assert policies(tmp_path, {}, "w").policies == ()
    assert [record.getMessage().split(": ")[0] for record in caplog.records] == [
        f"policy problem {tmp_path}/prices.yaml:1:1",
        f"policy problem {tmp_path}/prices.yaml:1:1",
        f"policy problem {tmp_path}/churn.yaml:2:1",
    ]


def test_only_the_endpoint_of_a_wrong_policy_is_refused(app: App) -> None:
    """A request for a rollout there gets every problem; another endpoint's rollout starts."""
    status, message = app.start("fraud", "fraud")
    assert (status, message.removeprefix(f"{app.folder}/")) == (
        500,
        (
            "fraud.yaml:3:9: steps[0].weight: 110 is not a whole number from 1 to 100 "
            "(percent of live traffic, without a sign); write it like 10"
        ),
    )
    assert app.start("churn", "churn") == (202, "")
    assert {endpoint for endpoint, _ in app.world.store.rows} == {EndpointId("w", "churn")}


def test_a_file_that_cannot_be_understood_is_shown_where_no_policy_is_found(app: App) -> None:
    """The missing policy may be in that file, but other endpoints' rollouts are not refused."""
    app.deploy(churn=CHURN, fraud=BROKEN)
    status, message = app.start("fraud", "fraud")
    assert (status, message.removeprefix(f"{app.folder}/")[:30]) == (500, "fraud.yaml:2:1: not valid YAML")
    assert app.start("churn", "churn") == (202, "")


def test_a_file_for_another_workspace_is_not_shown_where_no_policy_is_found(app: App) -> None:
    """Whatever is wrong with it, the missing policy is not in that file."""
    app.deploy(churn=CHURN, fraud=FRAUD.replace("endpoint: fraud", "endpoint: 7\nworkspace: ml-eu"))
    status, message = app.start("sales", "churn")
    assert (status, message) == (404, "no policy applies to endpoint 'w/sales'")


@pytest.mark.parametrize("model", ["churn", "another"])
def test_of_an_endpoint_with_a_wrong_policy_no_other_applies(app: App, model: str) -> None:
    """The wrong one may be what the version needs, so the event waits until it is mended, and is not lost."""
    careful = CHURN.replace("churn\nmodels: [{name: churn}]", f"churn\nname: careful\nmodels: [{{name: {model}}}]")
    app.deploy(churn=CHURN, careful=careful.replace("50", "110"))
    with pytest.raises(Misconfigured, match=r"careful.yaml:.*110 is not a whole number"):
        app.register()
    assert app.world.store.rollouts(ENDPOINT) == ()
    app.deploy(churn=CHURN)
    app.register()
    assert len(app.world.store.rollouts(ENDPOINT)) == 1


def test_without_policies_every_start_says_why(app: App) -> None:
    """A folder that cannot be used refuses all new rollouts, and the message says where Teal looked."""
    app.deploy()
    status, message = app.start("churn", "churn")
    assert (status, message.split(": ")[1]) == (
        500,
        (
            "contains no policy (*.yaml or *.yml), so nothing can be rolled out; "
            f"Teal looked in {app.folder} (setting TEAL_POLICIES)"
        ),
    )


def test_an_event_waits_for_the_policy_to_be_mended(app: App) -> None:
    """Event Grid is asked to redeliver; endpoints with valid policies start at once, and only once."""
    for _ in range(2):
        with pytest.raises(Misconfigured, match=r"fraud.yaml:3:9: steps\[0\].weight: 110 is not a whole number"):
            app.register()
    assert [len(app.world.store.rollouts(endpoint)) for endpoint in ("churn", "fraud")] == [1, 0]
    app.deploy(churn=CHURN, fraud=MENDED)
    app.register()
    assert [len(app.world.store.rollouts(endpoint)) for endpoint in ("churn", "fraud")] == [1, 1]


@pytest.mark.parametrize(
    ("fraud", "model", "raised"),
    [
        (FRAUD, "other", False),
        (FRAUD.replace("{name: fraud}", "{name: 7}"), "other", True),
        (BROKEN, "other", True),
        (FRAUD, "fraud", True),
        (MENDED, "other", False),
    ],
    ids=["another model", "a model that cannot be read", "not even YAML", "its model", "valid"],
)
def test_an_event_is_handed_back_only_if_a_wrong_policy_may_be_for_it(
    app: App, fraud: str, model: str, *, raised: bool
) -> None:
    """What a redelivery cannot fix is not redelivered."""
    app.deploy(churn=CHURN, fraud=fraud)
    try:
        app.register(model=model)
    except Misconfigured:
        assert raised
    else:
        assert not raised


def test_a_version_that_is_to_be_skipped_waits_for_no_policy(app: App) -> None:
    """Its tag says that no policy should apply, valid or not."""
    app.register(tags={"teal": "skip"})
    assert app.world.store.rows == {}


@pytest.mark.parametrize(
    "texts", [{"churn": BROKEN}, {"churn": CHURN + "steps: []\n"}, {}], ids=["YAML", "key", "gone"]
)
def test_an_open_rollout_continues_with_the_policy_that_it_began_with(app: App, texts: dict[str, str]) -> None:
    """From before the smoke test, whose file is still read, until it is promoted."""
    app.deploy(churn=CHURN)
    app.register()
    app.deploy(**texts)
    assert app.world.until(Phase.PROMOTED).traffic.weight == 100


def test_a_rollout_is_shown_and_rolled_back_whatever_the_policies_are(app: App) -> None:
    """A rollback needs no policy file."""
    app.deploy(churn=CHURN)
    app.register()
    app.world.until_weight(10)
    app.deploy(churn=BROKEN)
    request = {"by": "ada@example.com", "reason": "because"}
    assert app.http("show", endpoint=ENDPOINT)[0] == 200
    assert app.http("show_rollout", endpoint=ENDPOINT, rollout=app.world.rollout().id)[0] == 200
    assert app.http("list")[0] == 200
    assert app.http("rollback", request, endpoint=ENDPOINT)[0] == 202
    app.call("reconcile", message=func.QueueMessage(id="m1", body=b'{"workspace": "w", "endpoint": "churn"}'))
    assert app.world.until(Phase.ROLLED_BACK).traffic.weight == 0
