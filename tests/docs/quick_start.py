"""The output of the commands in docs/quick-start.md, on an endpoint in memory.

`python -m tests.docs.quick_start` writes it into the page.
"""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import chdir, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import azure.functions as func

from cli.__main__ import main
from cli.wait.following import Limits, follow
from cli.wait.rollouts import Json, Sought
from docs.generate import ROOT, with_part
from functions.api import api
from shared.core.policy import Policy
from shared.core.verbs import Verb
from shared.policies.policy_set import read_policies
from shared.wiring import use
from tests.functions.conftest import Calls, app_over
from tests.scenarios.world import CHURN, World

PAGE = ROOT / "docs/quick-start.md"
SETTINGS = ROOT / "infra/main.parameters.json"
SHOWN = ("version", "phase", "weight", "summary", "allowed_actions")


def blocks(page: str) -> dict[str, str]:
    """Return the page's files by their language."""
    return {name: re.findall(rf"^```{name}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0] for name in ("yaml", "json")}


def written(page: str) -> str:
    """Return the page with the output of its commands."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("policies/smoke").mkdir(parents=True)
        Path("policies/churn.yaml").write_text(blocks(page)["yaml"], encoding="utf-8")
        Path("policies/smoke/churn.jsonl").write_text(blocks(page)["json"], encoding="utf-8")
        shown = {"checked": checked()}
        (policy,) = read_policies(Path("policies")).policies
    shown |= followed(policy) | rolled_back(policy)
    assert f" {len(blocks(page)['json'].splitlines())} requests answered" in shown["status"]
    for name, text in shown.items():
        page = with_part(page, name, f"```{'json' if name == 'status' else 'text'}\n{text}\n```\n")
    return page


def checked() -> str:
    """Return the output of `teal policy check`."""
    out = StringIO()
    with redirect_stdout(out):
        assert main(["policy", "check", "--no-estimates", "--settings", str(SETTINGS), "policies"]) == 0
    return out.getvalue().strip()


class Watched:
    """The app on a world in memory, as `teal wait` and `curl` see it."""

    def __init__(self, policy: Policy) -> None:
        app = func.FunctionApp()
        app.register_functions(api)
        found = {str(each.get_function_name()): each for each in app.get_functions()}
        self.world = World(replace(policy, workspace=CHURN.workspace))
        self.calls = Calls(found, self.world)
        self.world.minutes()
        self.lines: list[str] = []
        self.status = ""

    def wait(self) -> str:
        """Return the output of `teal wait churn 7`, and record the rollout's status at the first weight."""
        self.world.register()
        began = self.world.clock()

        def pause() -> timedelta:
            self.world.minutes()
            return self.world.clock() - began

        with use(app_over(self.world)):
            result = follow(
                Sought("churn", "7"), self.listed, Limits(timedelta(hours=6), timedelta(hours=1)), pause, self.tell
            )
        self.tell(str(result))
        return "\n".join(self.lines)

    def listed(self, query: dict[str, str]) -> list[Json]:
        """Ask the API, and record the rollout's status at its first weight."""
        current = self.answer("show", {"endpoint": "churn"})["current"]
        if current and current["weight"] == 10 and not self.status:
            self.status = json.dumps({name: current[name] for name in SHOWN}, indent=2)
        rollouts = self.answer("list", query)["rollouts"]
        assert isinstance(rollouts, list)
        return rollouts

    def answer(self, name: str, parts: dict[str, str]) -> Json:
        """Return the API's answer."""
        status, content = self.calls.send(name, parts)
        assert status == 200, content
        return content

    def tell(self, line: str) -> None:
        """Print a line as the command does."""
        self.lines.append(f"{self.world.clock():%H:%M:%S} {line}")


def followed(policy: Policy) -> dict[str, str]:
    """Return the displayed health, and the displayed rollout of a good version."""
    watched = Watched(policy)
    with use(app_over(watched.world)):
        findings = watched.answer("health", {})["findings"]
    assert isinstance(findings, list)
    health = "\n".join(f"{each['severity']} {each['check']}: {each['message']}" for each in findings)
    return {"health": health, "waited": watched.wait(), "status": watched.status}


def rolled_back(policy: Policy) -> dict[str, str]:
    """Return how waiting ends when an operator rolls back."""
    watched = Watched(policy)
    told = watched.tell

    def tell(line: str) -> None:
        told(line)
        if watched.world.rollout().traffic.weight == 10 and not watched.world.rollout().requests:
            watched.world.ask(Verb.ROLLBACK, "trying it")

    watched.tell = tell  # type: ignore[method-assign]
    return {"rolled_back": "\n".join(watched.wait().splitlines()[-3:])}


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
