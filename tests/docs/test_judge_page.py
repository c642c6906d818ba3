"""docs/judge.md matches the judge: its examples run, and everything it names exists."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from contextlib import redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest

from shared.core.gates import Gate
from shared.core.gates.latency import CERTIFIED_MORE, LEAST_ANSWERS
from shared.core.gates.readings import Thresholds, readings
from shared.core.judge.burstiness import CERTIFICATE_TEMPER_LIMIT
from shared.core.judge.certificate import RATIO
from shared.core.judge.ladder import LEAST_REQUESTS
from shared.core.judge.tuning import BAD_MINUTES_LIMIT, TUNED
from shared.core.judge.verdict import STARVED, Cause, Risk
from shared.views.gates import GateView, gate_view
from shared.views.plain import plain

DOCS = Path(__file__).parents[2] / "docs"
PAGE, API = ((DOCS / name).read_text(encoding="utf-8") for name in ("judge.md", "api.md"))
LINES = Thresholds(Risk(), 25)
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("source", "printed"), EXAMPLES, ids=["counts", "gates"])
def test_an_example_prints_the_output_on_the_page(source: str, printed: str) -> None:
    """A copied example gives the lines below it."""
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(source, "docs/judge.md", "exec"), {"__name__": "example"})  # noqa: S102 -- our own page
    assert out.getvalue() == printed


def test_functions_exist_with_these_parameters() -> None:
    """Each row in the table of functions has a name and its parameters, as in the code."""
    rows = re.findall(r"^\| `(\w+)\.(\w+)\(([^)]*)\)", PAGE, re.MULTILINE)
    assert len(rows) == 11
    for module, name, wanted in rows:
        folder = "judge." if module in {"panel", "verdict"} else "gates."
        found = getattr(importlib.import_module(f"shared.core.{folder}{module}"), name)
        parameters = [part.split("=")[0].strip() for part in wanted.split(",") if part.strip() != "*"]
        assert parameters == list(inspect.signature(found).parameters), name


def test_the_api_page_matches_a_gate() -> None:
    """The sample in docs/api.md matches the errors gate of the second example, field by field."""
    scene: dict[str, Any] = {"__name__": "example"}
    with redirect_stdout(StringIO()):
        exec(compile(EXAMPLES[1][0], "docs/judge.md", "exec"), scene)  # noqa: S102 -- our own page
    sample = re.findall(r"```json\n(.*?)```", API, re.DOTALL)[-1]
    shown = plain(gate_view(readings(scene["evidence"], scene["calibration"], LINES)[0]))
    assert json.loads(sample) == rounded(shown)


def rounded(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return a value with all fractions truncated to four digits, as on the page."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def test_every_field_of_a_gate_is_explained() -> None:
    """The page's table has every field that the API shows for a gate."""
    shown = {field.name for field in fields(GateView)}
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))))
    assert shown <= explained


def test_every_cause_is_explained() -> None:
    """The page has a line for each cause of a verdict, under its API name."""
    explained = re.search(r"\| `verdict_reason.code` \|.*?\n\n", PAGE, re.DOTALL)
    assert explained
    codes = set(re.findall(r"^\| `([^`]+)` \|", explained[0], re.MULTILINE))
    assert codes - {"verdict_reason.code"} == {each.value for each in Cause}


def test_every_gate_is_explained() -> None:
    """The table of counts has a line for each kind of gate."""
    kinds = {kind.__dataclass_fields__["kind"].default for kind in get_args(Gate)}
    counted = PAGE.split("## What each gate counts")[1].split("\n## ")[0]
    assert {f"`{kind}`" for kind in kinds - {"query"}} <= set(re.findall(r"^\| (`\w+`) \|", counted, re.MULTILINE))


@pytest.mark.parametrize(
    "words",
    [
        f"more than {TUNED.minor.rho:g} times as often as blue, plus {100 * TUNED.minor.delta:g} percentage points",
        f"more than three times as often as blue plus {100 * TUNED.severe.delta:g} percentage points",
        f"two if blue was calm (φ < {TUNED.calm_phi:g})",
        f"and at most {BAD_MINUTES_LIMIT}",
        f"(odds above {TUNED.suspicion:g} : 1:",
        f"once green has the next weight w, all traffic together is bad more than {1 + RATIO:g} b + D",
        f"a *temper* between 1 and {CERTIFICATE_TEMPER_LIMIT:g}",
        f"should have had {STARVED:g} by its weight",
        f"above {CERTIFIED_MORE:g} x `worse_than` times blue's",
        f"fewer than {LEAST_REQUESTS} requests on either side",
        f"fewer than {LEAST_ANSWERS} of blue's answers",
    ],
)
def test_numbers_in_sentences_are_those_that_ship(words: str) -> None:
    """A sentence that quotes one of the judge's numbers must change with it."""
    assert words in " ".join(PAGE.split())


def test_numbers_in_words_are_those_that_ship() -> None:
    """The page spells out two bad minutes for a calm blue, and "three times as often"."""
    assert (TUNED.calm_minutes, TUNED.severe.rho) == (2, 3.0)
