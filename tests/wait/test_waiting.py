"""`teal wait` follows real rollouts of the app, on a world in memory, to each of their outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import azure.functions as func
import pytest

from cli.__main__ import main, parser
from cli.wait.ending import Ending
from cli.wait.following import Limits, Result, follow
from cli.wait.rollouts import Json, RefusedError, Sought, UnreachableError
from functions.api import api
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.wiring import use
from tests.function_host import ROOT
from tests.functions.conftest import Calls, app_over
from tests.scenarios.world import GREEN, POLICY, World

HOURS = Limits(timedelta(hours=12), timedelta(minutes=10))
SEVEN = Sought("churn", "7", "churn")


@pytest.fixture(scope="module")
def found() -> dict[str, func.Function]:
    """Return the HTTP functions by name."""
    app = func.FunctionApp()
    app.register_functions(api)
    return {str(function.get_function_name()): function for function in app.get_functions()}


@dataclass
class Desk:
    """Someone who runs `teal wait` on a world; each pause is a minute. lines: what it printed."""

    calls: Calls
    lines: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    @property
    def world(self) -> World:
        """The world that the rollouts are in."""
        return self.calls.world

    def wait(
        self, sought: Sought = SEVEN, limits: Limits = HOURS, listed: Callable[..., list[Json]] | None = None
    ) -> Result:
        """Follow a rollout."""
        began = self.world.clock()

        def pause() -> timedelta:
            self.meanwhile()
            self.world.minutes()
            return self.world.clock() - began

        with use(app_over(self.world)):
            return follow(sought, listed or self.listed, limits, pause, self.lines.append)

    def listed(self, query: dict[str, str]) -> list[Json]:
        """Call the app's own function, as the API does."""
        status, content = self.calls.send("list", query)
        assert status == 200, content
        rollouts = content["rollouts"]
        assert isinstance(rollouts, list)
        return rollouts


@pytest.fixture
def desk(found: dict[str, func.Function]) -> Desk:
    """Return a desk on a fresh world in which version 6 serves."""
    return Desk(Calls(found))


def test_a_good_version_is_followed_to_its_promotion(desk: Desk) -> None:
    """The exit code is 0. Each change is one line, and nothing is repeated."""
    desk.world.register()
    result = desk.wait()
    assert (result.ending, int(result.ending)) == (Ending.PROMOTED, 0)
    assert result.rollout is not None
    assert result.rollout["phase"] == "promoted"
    assert [line for line, following in zip(desk.lines, desk.lines[1:], strict=False) if line == following] == []
    phases = list(dict.fromkeys(re.split(r"[,:]", line)[0] for line in desk.lines))
    assert phases == ["provisioning", "stepping", "promoting", "promoted"]
    assert any(line.startswith("stepping, step 2 of 3, 10% of the traffic: ") for line in desk.lines)


def test_a_bad_version_ends_with_4(desk: Desk) -> None:
    """It is rolled back, and the reason is given in words."""
    desk.world.rates[GREEN] = 0.3
    desk.world.register()
    result = desk.wait()
    assert (result.ending, int(result.ending)) == (Ending.ROLLED_BACK, 4)
    assert str(result).startswith("rolled back: the old version serves again: ")


def test_a_version_that_a_newer_one_replaces_ends_with_6(desk: Desk) -> None:
    """It waits behind another rollout, and a newer version takes its place."""
    for version in ("7", "8", "9"):
        desk.world.register(version, f"e{version}")
    assert int(desk.wait(replace(SEVEN, version="8")).ending) == 6


def test_a_rollout_that_pauses_is_followed_on(desk: Desk) -> None:
    """It ends there, with 7, only with --stop-when-paused: a pipeline may leave the decision to a person."""
    steps = (SmokeStep("smoke.jsonl"), WeightStep(10), PauseStep())
    desk.calls.world = World(replace(POLICY, steps=steps))
    desk.world.register()
    stopped = desk.wait(limits=replace(HOURS, stop_when_paused=True))
    assert int(stopped.ending) == 7
    assert int(desk.wait(limits=replace(HOURS, timeout=timedelta(hours=2))).ending) == 8


def test_a_version_that_starts_no_rollout_ends_with_9(desk: Desk) -> None:
    """No policy is for it, or its event never came. Another version's rollout is not mistaken for it."""
    desk.world.register("6", "e6")
    assert int(desk.wait().ending) == 9
    assert desk.lines == ["no rollout of version 7 on churn yet"]


def test_a_version_that_is_registered_meanwhile_is_followed(desk: Desk) -> None:
    """Its event may arrive late."""
    due = iter([False, False, True])
    desk.meanwhile = lambda: next(due, False) and desk.world.register()
    assert desk.wait().ending is Ending.PROMOTED


def test_an_outage_of_the_api_is_waited_out(desk: Desk) -> None:
    """It is reported once; a rollout needs nobody to watch it."""
    desk.world.register()
    broken = iter([True] * 3)

    def listed(query: dict[str, str]) -> list[Json]:
        if next(broken, False):
            raise UnreachableError("https://x gave no usable answer: timed out")
        return desk.listed(query)

    assert desk.wait(listed=listed).ending is Ending.PROMOTED
    assert desk.lines.count("https://x gave no usable answer: timed out") == 1


def test_a_lasting_outage_ends_with_8(desk: Desk) -> None:
    """The message has the API's last answer."""

    def listed(_: dict[str, str]) -> list[Json]:
        raise UnreachableError("https://x answered 503: no storage")

    result = desk.wait(limits=Limits(timedelta(minutes=5), timedelta(hours=1)), listed=listed)
    assert (result.ending, result.message) == (Ending.TIMED_OUT, "https://x answered 503: no storage")


def test_a_refusal_ends_at_once(desk: Desk) -> None:
    """A retry would not make a wrong key valid."""

    def listed(_: dict[str, str]) -> list[Json]:
        raise RefusedError("https://x answered 401: is TEAL_KEY a key of this app?")

    result = desk.wait(listed=listed)
    assert (int(result.ending), desk.lines) == (1, [])
    assert "TEAL_KEY" in str(result)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["churn"], "required: VERSION"),
        (["churn", "7", "--timeout", "soon"], "'soon' is not a duration such as 90s, 30m or 1h30m"),
        (["churn", "7", "--url", "func-teal"], "'func-teal' is not an address such as https://"),
    ],
)
def test_invalid_arguments_are_named(words: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, before anything is sent."""
    with pytest.raises(SystemExit) as ended:
        main(["wait", *words])
    assert ended.value.code == 2
    assert problem in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("text", "span"), [("90s", 90), ("5h30m", 19800), ("1h", 3600), ("1h0m5s", 3605)])
def test_durations(text: str, span: int) -> None:
    """Hours, minutes and seconds, together or alone."""
    assert parser().parse_args(["wait", "churn", "7", "--timeout", text]).timeout == timedelta(seconds=span)


def test_every_exit_code_is_documented() -> None:
    """They are in the table of docs/ci.md, with the same meaning as in `teal wait --help`."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    for ending in Ending:
        assert f"| {ending.value} | {ending.meaning} |" in page
