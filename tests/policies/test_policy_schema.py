"""The JSON Schema of policy files: editors accept and reject the same files as the reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft7Validator

from shared.core.policy import Policy
from shared.policies.schema import policy_schema, text_of
from tests.policies.drawn import policies, written

ROOT = Path(__file__).parents[2]
FILE = ROOT / "policies" / "policy.schema.json"
SHIPPED = sorted([*(ROOT / "policies").glob("*.yaml"), *(ROOT / "examples" / "policies").glob("[!p]*.yaml")])
HEAD = "endpoint: churn\nmodels: [{name: m}]\n"
GATED = HEAD + "steps: [pause: {}]\njudge:\n  gates: "


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    """Return a validator, as an editor uses it."""
    Draft7Validator.check_schema(policy_schema())
    return Draft7Validator(policy_schema())


def test_committed_schema_is_up_to_date() -> None:
    """The file next to the policies is the one generated from the tables."""
    assert FILE.read_text(encoding="utf-8") == text_of(policy_schema()), "run: python -m docs.generate"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_policies_match_and_name_their_schema(path: Path, validator: Draft7Validator) -> None:
    """Each shipped policy is valid in an editor, and its first line points the editor at the schema."""
    text = path.read_text(encoding="utf-8")
    named = text.split("\n")[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == FILE
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


@settings(deadline=None, max_examples=60)  # no promise about speed: the machine may be busy
@given(policy=policies())
def test_any_valid_policy_matches(validator: Draft7Validator, policy: Policy) -> None:
    """Editors do not underline what the reader accepts."""
    document = yaml.safe_load(yaml.safe_dump(written(policy)))
    assert [error.message for error in validator.iter_errors(document)] == []


STRUCTURES = [
    ("{}", "required"),
    (HEAD, "steps"),
    (HEAD + "steps: []", "[]"),
    (HEAD + "steps: [weight: 10, dance: 1]", "dance"),
    (HEAD + "steps: [{weight: 10, pause: {}}]", "weight"),
    (HEAD + "steps: [{}]", "{}"),
    (HEAD + "steps: [weight: 101]", "101"),
    (HEAD + "steps: [weight: 10%]", "10%"),
    (HEAD + "steps: [mirror: 51]", "51"),
    (HEAD + "steps: [mirror: {for: 1h}]", "for"),
    (HEAD + "steps: [pause: soon]", "soon"),
    (HEAD + "steps: [smoke: {status: ok}]", "ok"),
    (HEAD + "steps: [weight: {to: 10, gates: [Latency]}]", "Latency"),
    (HEAD + "steps: [pause: {}]\nnewer_version: ignore", "ignore"),
    (HEAD + "steps: [pause: {}]\nkeep_blue: 24", "24"),
    (HEAD + "steps: [pause: {}]\njudge: {rollback_risk: 0.5}", "0.5"),
    (HEAD + "steps: [pause: {}]\ndeployment: {instance_count: many}", "many"),
    (HEAD + "steps: [pause: {}]\ndeployment: {autoscale: 'yes'}", "yes"),
    (HEAD + "steps: [pause: {}]\nname: skip", "skip"),
    (HEAD + "steps: [pause: {}]\nfreeze: [{days: [sat]}]", "why"),
    (HEAD + "steps: [pause: {}]\ncolour: red", "colour"),
    (GATED + "{latency: {}}", "errors"),
    (GATED + "{errors: {role: dry_run}}", "dry_run"),
    (GATED + "{errors: {weight: 0}}", "0"),
    (GATED + "{errors: {at_most: 1}}", "1"),
    (GATED + "{errors: {}, latency: {worse_than: 1}}", "1"),
    (GATED + "{errors: {}, latency: {at_most: {p49: 1s}}}", "p49"),
    (GATED + "{errors: {}, latency: {at_most: {p99: 4 s}}}", "4 s"),
    (GATED + "{errors: {}, predictions: {role: critical}}", "critical"),
    (GATED + "{errors: {}, predictions: {at: label}}", "label"),
    (GATED + "{errors: {}, predictions: {bins: []}}", "[]"),
    (GATED + "{errors: {}, disagreement: {tolerance: -1}}", "-1"),
    (GATED + "{errors: {}, queries: [{name: fraud}]}", "query"),
    (GATED + "{errors: {}, queries: [{name: Fraud, query: a.kql}]}", "Fraud"),
    (GATED + "{errors: {}, colour: {}}", "colour"),
    (HEAD + "steps: [pause: {}]\ntelemetry: {latency: traces}", "traces"),
    ("endpoint: 7up\nmodels: [{name: m}]\nsteps: [pause: {}]", "7up"),
]


@pytest.mark.parametrize(("text", "shown"), STRUCTURES)
def test_invalid_structure_is_rejected_by_editor_and_reader(
    folder: Path, find_problems: Callable[[Path], list[str]], validator: Draft7Validator, text: str, shown: str
) -> None:
    """A value that is invalid regardless of the rest of the file is already underlined in the editor."""
    errors = [error.message for error in validator.iter_errors(yaml.safe_load(text))]
    (folder / "churn.yaml").write_text(text)
    assert find_problems(folder)
    assert any(shown in message for message in errors)


def test_variables_are_allowed_anywhere(validator: Draft7Validator) -> None:
    """An editor cannot know a variable's value, so it does not complain."""
    text = "endpoint: ${A}\nmodels: [{name: 'a-${B}'}]\nsteps: [weight: '${C}']\nkeep_blue: ${D}\n"
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


def fields(schema: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- whatever JSON has
    """Return the schema of every key at any depth."""
    found: list[dict[str, Any]] = []
    if isinstance(schema, dict):
        found += schema.get("properties", {}).values()
        found += [inner for value in schema.values() for inner in fields(value)]
    elif isinstance(schema, list):
        found += [inner for value in schema for inner in fields(value)]
    return found


def test_every_key_has_a_description() -> None:
    """Editors have text to show for each key."""
    described = [field.get("description", "") for field in fields(policy_schema())]
    assert len(described) > 50
    assert all(len(words) > 10 for words in described)


def test_defaults_are_those_of_the_reader() -> None:
    """The defaults shown by an editor are in policy notation."""
    known = json.loads(FILE.read_text(encoding="utf-8"))["properties"]
    assert known["judge"]["default"]["patience"] == "1h"
    assert known["newer_version"]["default"] == "wait"
    assert known["deadlines"]["properties"]["step"]["default"] == "2h"
