"""What the messages suggest for the mistakes in someone's first policy: the right value, key, place or file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies

FindProblems = Callable[[Path], list[str]]
ENDPOINT, MODELS, STEPS = "endpoint: churn\n", "models: [{name: churn-model}]\n", "steps: [{weight: 10}]\n"
PARTS = (ENDPOINT, MODELS, STEPS)

VALUES = {
    "minutes in words": ("keep_blue: ?", "45 min", "45m"),
    "hours in words": ("keep_blue: ?", "36 Hours", "1d12h"),
    "weeks": ("keep_blue: ?", "2w", "14d"),
    "a fraction of an hour": ("keep_blue: ?", "2.5h", "2h30m"),
    "a space between the parts": ("keep_blue: ?", "2h 15m", "2h15m"),
    "the smaller unit first": ("keep_blue: ?", "15m2h", "2h15m"),
    "ISO 8601, as in Azure": ("keep_blue: ?", "P1DT6H", "1d6h"),
    "hours, minutes and seconds": ("keep_blue: ?", "02:30:00", "2h30m"),
    "days and hours of .NET": ("keep_blue: ?", "1.02:00:00", "1d2h"),
    "never": ("keep_blue: ?", "never", "0s"),
    "a percentage of all requests": ("judge: {budget: ?}", "3%", "0.03"),
    "a decimal comma": ("judge: {budget: '?'}", "0,02", "0.02"),
    "a percent sign after a weight": ("steps: [weight: ?]", "35%", "35"),
    "a weight as a fraction": ("steps: [weight: ?]", "0.25", "25"),
    "a unit where minutes are counted": ("judge: {settled_minutes: ?}", "7m", "7"),
    "a weight with a fraction of zero": ("steps: [weight: ?]", "15.0", "15"),
    "a weight with a plus sign": ("steps: [weight: ?]", "+15", "15"),
    "thousands": ("steps: [mirror: {percent: 5, requests: ?}]", "12_000", "12000"),
    "another way to write a boolean": ("deployment: {autoscale: ?}", "No", "false"),
    "a choice in capitals": ("newer_version: ?", "REPLACE", "replace"),
    "a choice with a dash": ("judge: {gates: {errors: {}, client_errors: {role: ?}}}", "Non-Blocking", "non_blocking"),
    "a day in full": ("freeze: [{why: x, days: [?]}]", "Thursday", "thu"),
    "an hour without a leading zero": ("freeze: [{why: x, days: [sat], to: ?}]", "9:30", '"09:30"'),
    "a 12-hour time": ("freeze: [{why: x, days: [sat], to: ?}]", "7 pm", '"19:00"'),
    "the end of the day": ("freeze: [{why: x, days: [sat], to: ?}]", "24:00", '"00:00"'),
    "a German date": ("freeze: [{why: x, since: ?, until: 2027-01-01}]", "3.12.2026", "2026-12-03"),
    "a date with slashes": ("freeze: [{why: x, since: ?, until: 2027-01-01}]", "2026/12/3", "2026-12-03"),
    "a model with its version": ("models: [name: ?]", "azureml:prices:12", "prices"),
    "an endpoint's address": ("endpoint: ?", "https://prices.westeurope.inference.ml.azure.com/score", "prices"),
    "an endpoint's ARM id": ("endpoint: ?", "/subscriptions/s/resourceGroups/g/onlineEndpoints/prices", "prices"),
    "a Windows path": ("steps: [smoke: {schema: ?}]", r"smoke\a.json", "smoke/a.json"),
    "a shell variable": ("endpoint: ?", "$STAGE-prices", "${STAGE}-prices"),
    "an Azure Pipelines variable": ("workspace: ?", "ml-$(STAGE)", "ml-${STAGE}"),
}


def policy(*lines: str) -> str:
    """Return a policy with these lines, and the shortest valid ones for the keys that they omit."""
    text = "\n".join(lines) + "\n"
    return text + "".join(part for part in PARTS if part.split(":")[0] not in {line.split(":")[0] for line in lines})


@pytest.mark.parametrize(("line", "value", "meant"), VALUES.values(), ids=VALUES)
def test_the_value_that_was_meant_is_suggested(
    folder: Path, find_problems: FindProblems, line: str, value: str, meant: str
) -> None:
    """The suggestion is valid in that place."""
    (folder / "smoke" / "a.json").write_text("{}")
    (folder / "churn.yaml").write_text(policy(line.replace("?", value)))
    [problem] = find_problems(folder)
    assert problem.endswith(f"; did you mean {meant}?")
    (folder / "churn.yaml").write_text(policy(line.replace("'?'", "?").replace("?", meant)))
    assert read_policies(folder, {"STAGE": "dev"}).valid()


UNCERTAIN = [
    ("keep_blue: ?", "600"),
    ("keep_blue: ?", "1:30"),
    ("keep_blue: ?", "P2M"),
    ("keep_blue: ?", "5 sprints"),
    ("keep_blue: ?", "400 days"),
    ("keep_blue: ?", "1h " * 3000 + "x"),
    ("newer_version: ?", "$LATER" * 3000),
    ("judge: {gates: {errors: {}, latency: {worse_than: ?}}}", "25%"),
    ("steps: [weight: ?]", "250%"),
    ("freeze: [{why: x, since: ?, until: 2027-01-01}]", "12/03/2026"),
    ("endpoint: ?", "churn_prod"),
    ("newer_version: ?", "later"),
    ("freeze: [{why: x, days: [?]}]", "sat-sun"),
]


@pytest.mark.parametrize(("line", "value"), UNCERTAIN, ids=[value[:20] for _, value in UNCERTAIN])
def test_nothing_is_suggested_that_would_be_a_guess(
    folder: Path, find_problems: FindProblems, line: str, value: str
) -> None:
    """A wrong suggestion is worse than none, so an ambiguous or invalid one is not made."""
    (folder / "churn.yaml").write_text(policy(line.replace("?", value)))
    [problem] = find_problems(folder)
    assert "did you mean" not in problem


QUOTED = ["steps: [weight: '20']", "deployment: {autoscale: 'false'}", "deployment: {instance_count: '2'}"]


@pytest.mark.parametrize("line", QUOTED)
def test_quotes_around_a_number_or_boolean_are_pointed_out(
    folder: Path, find_problems: FindProblems, line: str
) -> None:
    """The value is right, but it is text."""
    (folder / "churn.yaml").write_text(policy(line))
    [problem] = find_problems(folder)
    assert problem.endswith("; leave out the quotes")


PLACES = {
    "a judge key at the top level": (
        "patience: 2h",
        "patience: belongs in judge or steps.weight, like judge: {patience: 1h}",
    ),
    "gates at the top level": (
        "gates: {errors: {}}",
        "gates: belongs in judge or steps.weight, like judge: {gates: {errors: {}}}",
    ),
    "a gate directly under judge": (
        "judge: {latency: {worse_than: 2}}",
        "judge.latency: belongs in gates, like gates: {errors: {}, latency: {worse_than: 1.25}}",
    ),
    "a key of another section": ("judge: {lag: 5m}", "judge.lag: belongs in telemetry, like telemetry: {lag: 5m}"),
    "a top-level key in a section": ("judge: {keep_blue: 5h}", "judge.keep_blue: belongs at the top level"),
    "a percentile directly under latency": (
        "judge: {gates: {errors: {}, latency: {p95: 90ms}}}",
        "judge.gates.latency.p95: belongs in at_most, like at_most: {p95: 300ms}",
    ),
    "a step's key next to the step": (
        "steps: [{weight: 5, patience: 2h}]",
        "steps[0].patience: belongs in weight, like weight: {to: 10, patience: 1h}",
    ),
    "a key in several places": (
        "for: 2h",
        "for: belongs in keep_blue, steps.mirror or steps.pause, like keep_blue: {for: 24h}",
    ),
    "a key in too many places": ("role: critical", "role: unknown key; known keys: endpoint"),
    "a deployment file among the policies": (
        "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json",
        "'$schema': belongs in an `az ml` file, which goes into a subfolder; name it here, like deployment: {",
    ),
    "a shorter name for instance_count": (
        "deployment: {instances: 3}",
        "deployment.instances: unknown key; did you mean instance_count?",
    ),
    "a no-break space": (
        "newer_version\u00a0: wait",
        r"'newer_version\xa0': unknown key containing NO-BREAK SPACE (U+00A0); did you mean newer_version?",
    ),
    "a zero-width character": (
        "on_roll\u200bback: keep",
        r"'on_roll\u200bback': unknown key containing ZERO WIDTH SPACE (U+200B); did you mean on_rollback?",
    ),
}


@pytest.mark.parametrize(("line", "message"), PLACES.values(), ids=PLACES)
def test_a_misplaced_key_is_distinguished_from_a_misspelt_one(
    folder: Path, find_problems: FindProblems, line: str, message: str
) -> None:
    """The message says where the key belongs, with an example that has what is required there."""
    (folder / "churn.yaml").write_text(policy(line))
    [problem] = find_problems(folder)
    assert problem.split(": ", 1)[1].startswith(message)


BROKEN = {
    "a tab": ("steps:\n\t- weight: 5", "2:1", "; this is a tab, and YAML is indented with spaces"),
    "a special character": ("name: @fast", "1:7", "; put text that begins with @ in quotes"),
    "a placeholder from another tool": (
        "endpoint: {{ stage }}-churn",
        "1:22",
        "write a variable as '${NAME}', in quotes",
    ),
    "an unclosed quote": ("endpoint: 'churn", "4:1", ", while scanning a quoted scalar that begins on line 1"),
    "an unclosed brace": (
        "steps:\n  - weight: {to: 5\n  - weight: 9",
        "3:11",
        ", while parsing a flow mapping that begins on line 2",
    ),
    "an unquoted colon": (
        "name: fast: yes",
        "1:11",
        "put text that contains a colon in quotes, or check the indentation and the colon of the line before",
    ),
}


@pytest.mark.parametrize(("text", "place", "hint"), BROKEN.values(), ids=BROKEN)
def test_invalid_yaml_is_explained(folder: Path, find_problems: FindProblems, text: str, place: str, hint: str) -> None:
    """The parser's own words are followed by a remedy, or by where the mistake begins."""
    (folder / "churn.yaml").write_text(policy(text))
    [problem] = find_problems(folder)
    assert problem.startswith(f"policies/churn.yaml:{place}: not valid YAML: ")
    assert problem.endswith(hint)


FILES = [
    ("policies/smoke/churn.jsonl", "smoke/churn.jsonl"),
    ("smoke/churn.json", "smoke/churn.jsonl"),
    ("requests/chrun.jsonl", "smoke/churn.jsonl"),
    ("smoke/prices.json", None),
]


@pytest.mark.parametrize(("path", "meant"), FILES)
def test_the_file_that_was_meant_is_suggested(
    folder: Path, find_problems: FindProblems, path: str, meant: str | None
) -> None:
    """Paths begin below the policies folder; a file with almost the same name may be meant."""
    (folder / "churn.yaml").write_text(policy(f"steps: [smoke: {path}]"))
    [problem] = find_problems(folder)
    suggestion = f"; did you mean {meant}?" if meant else ""
    assert problem.endswith(f"steps[0].smoke.requests: {path}: no such file{suggestion}")
