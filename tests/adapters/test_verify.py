"""`teal verify` against the emulated cloud: what it reports, and that it leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from azure.storage.queue import QueueServiceClient

from cli.__main__ import main
from cli.verify.azure import Azure, Pace, Wanted, read_wanted
from cli.verify.command import FAILED, INTERRUPTED, PASSED, UNSET, verify
from cli.verify.removal import Removals
from cli.verify.report import read_rows
from shared.core.reconcile.actions import SetTraffic
from shared.core.telemetry import Window
from shared.errors import Misconfigured, NotYet, Permanent
from tests.adapters.workshop import POEM, Workshop
from tests.emulator.arm import deployment_body
from tests.waiting import until

ENDPOINT, BLUE = "anthology", "poem-1"
PACE = Pace(timedelta(seconds=0.05), timedelta(seconds=120), timedelta(seconds=60))
PAGE = (Path(__file__).resolve().parents[2] / "docs/fidelity.md").read_text()
SETTINGS = {
    "TEAL_SUBSCRIPTION_ID": "s",
    "TEAL_RESOURCE_GROUP": "g",
    "TEAL_WORKSPACE": "w",
    "TEAL_LOGS_WORKSPACE_ID": "l",
    "TEAL_TABLES_ENDPOINT": "https://t.table.core.windows.net",
    "AzureWebJobsStorage__queueServiceUri": "https://t.queue.core.windows.net",
    "TEAL_VERIFY_LIKE": f"{ENDPOINT}/{BLUE}",
    "TEAL_VERIFY_MODEL": f"{POEM}:2",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """One run: its exit code and its lines."""

    code: int
    lines: list[str]

    def rows(self, outcome: str) -> set[str]:
        """Return the rows of the page with this outcome."""
        return {found[1] for line in self.lines if (found := re.match(rf"{outcome}  (\w+)", line))}


@dataclass(frozen=True, slots=True)
class Stage:
    """The workshop with an endpoint to copy."""

    workshop: Workshop
    wanted: Wanted

    def verify(self, wanted: Wanted | None = None, at: Callable[[str], None] = lambda _: None) -> Verified:
        """Run the command; `at` is called with each line."""
        lines: list[str] = []

        def tell(line: str) -> None:
            lines.append(line)
            at(line)

        return Verified(verify(wanted or self.wanted, self.workshop.credential, PACE, tell), lines)

    def logged(self) -> bool:
        """Return whether a request to the endpoint is in the log."""
        azure = Azure(self.wanted, self.workshop.credential, PACE)
        with suppress(NotYet):
            return bool(azure.log.minutes(ENDPOINT, Window(azure.now() - timedelta(hours=1), azure.now()), None))
        return False

    def left(self) -> list[str]:
        """Return what a run left behind."""
        azure = Azure(self.wanted, self.workshop.credential, PACE)
        listed = self.workshop.arm.call("GET", "onlineEndpoints").json()["value"]
        endpoints = [str(body["name"]) for body in listed]
        tables = [table.name for table in azure.tables.list_tables()]
        with QueueServiceClient(self.wanted.settings.queues_endpoint, self.workshop.credential) as service:
            queues = [str(queue.name) for queue in service.list_queues()]
        return [name for name in endpoints + tables + queues if re.match("teal-?verify", name)]


@pytest.fixture(scope="module")
def stage(workshop: Workshop, poems: str) -> Iterator[Stage]:
    """Return an endpoint on which poem 1 serves; poem 2 is registered."""
    workshop.make_endpoint(ENDPOINT)
    model = f"{workshop.cloud.workspace_id}/models/{POEM}/versions/1"
    workshop.arm.wait(workshop.arm.put(f"onlineEndpoints/{ENDPOINT}/deployments/{BLUE}", deployment_body(model, poems)))
    workshop.endpoints.order(SetTraffic(ENDPOINT, {BLUE: 100}))
    workshop.until_idle(ENDPOINT)
    asked = read_wanted(SETTINGS | {"TEAL_VERIFY_REQUEST": '{"a": 1}', "TEAL_CLOCK": workshop.cloud["clock"]})
    made = Stage(workshop, replace(asked, settings=workshop.settings))
    workshop.answer(ENDPOINT, BLUE, {"a": 1})
    until(made.logged)
    yield made
    workshop.remove(ENDPOINT)


def test_every_row_that_the_page_marks_is_seen(stage: Stage) -> None:
    """Only those pass; every other row is reported as skipped."""
    marked = set(re.findall(r"^\| ([A-Z]\d+) \|.*✔", PAGE, re.MULTILINE))
    done = stage.verify()
    assert done.rows("fail") == set()
    assert done.rows("pass") == marked, "\n".join(done.lines)
    assert done.rows("pass") | done.rows("skip") == read_rows().keys()
    assert done.code == PASSED
    assert stage.left() == []


def test_a_failure_is_reported_and_nothing_is_left(stage: Stage) -> None:
    """Whatever depends on it is not checked; everything else is."""
    done = stage.verify(replace(stage.wanted, like=(ENDPOINT, "no-such"), suffix="b"))
    assert done.code == FAILED
    assert done.rows("fail") == {"D2"}
    assert {"S1", "S4", "M1"} <= done.rows("pass")
    assert stage.left() == []


def test_what_was_created_is_removed_after_an_interruption(stage: Stage) -> None:
    """Ctrl-C while blue is being created: the endpoint is removed once Azure allows it."""

    def interrupt(line: str) -> None:
        if line.startswith("pass  D2"):
            raise KeyboardInterrupt

    done = stage.verify(replace(stage.wanted, suffix="c"), interrupt)
    assert done.code == INTERRUPTED
    assert stage.left() == []


def test_what_cannot_be_removed_is_named() -> None:
    """Everything else is still removed."""
    lines: list[str] = []
    removed: list[str] = []

    def refuse() -> None:
        raise Permanent("no permission")

    removals = Removals(lines.append)
    removals.add("table a", lambda: removed.append("a"))
    removals.add("endpoint b", refuse)
    assert not removals.run()
    assert removed == ["a"]
    assert lines == ["left behind: endpoint b: no permission", "removed table a", "remove it yourself: endpoint b"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("TEAL_WORKSPACE", "", "missing app settings: TEAL_WORKSPACE"),
        ("TEAL_VERIFY_LIKE", "churn", "TEAL_VERIFY_LIKE must be an endpoint and a deployment to copy"),
        ("TEAL_VERIFY_MODEL", "churn-model", "TEAL_VERIFY_MODEL must be a registered version"),
    ],
)
def test_an_unusable_setting_is_named(name: str, value: str, problem: str) -> None:
    """The message has an example of a valid one."""
    with pytest.raises(Misconfigured, match=problem):
        read_wanted(SETTINGS | {name: value})


def test_without_settings_everything_that_is_missing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is created, and the exit code is that for invalid arguments."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert main(["verify"]) == UNSET
    said = capsys.readouterr().err
    assert all(name in said for name in SETTINGS)
