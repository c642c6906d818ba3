"""The messages for invalid policies: each row is a file and every line that it must give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from shared.errors import Misconfigured
from shared.policies.policy_set import read_policies
from shared.policies.problems import PolicyError, Problem

HEAD = "endpoint: churn\nmodels: [{name: churn-model}]\n"
STEPS = "steps: [{weight: 10}]\n"

SHAPE = {
    "an empty file": (
        "",
        [("1:1: empty; write it like {endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}")],
    ),
    "only a comment": (
        "# later\n",
        [("1:1: empty; write it like {endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}")],
    ),
    "a list": (
        "- weight: 10\n",
        [
            (
                "1:1: a list is not a mapping; write it like "
                "{endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}"
            )
        ],
    ),
    "bare text": (
        "churn\n",
        [
            (
                "1:1: 'churn' is not a mapping; write it like "
                "{endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}"
            )
        ],
    ),
    "not YAML": (
        HEAD + "steps: weight: 10\n",
        [
            (
                "3:14: not valid YAML: mapping values are not allowed in this context; put text that contains a colon "
                "in quotes, or check the indentation and the colon of the line before"
            )
        ],
    ),
    "a tab": (
        HEAD + "steps:\n\t- weight: 10\n",
        [
            (
                "4:1: not valid YAML: found character that cannot start any token, while scanning for the next token; "
                "this is a tab, and YAML is indented with spaces"
            )
        ],
    ),
    "a control character": (HEAD + "steps: \x07\n", ["3:8: not valid YAML: character U+0007"]),
    "two documents": (
        HEAD + STEPS + "---\n" + HEAD,
        ["4:1: a second YAML document starts here; use one document per file"],
    ),
    "everything missing": (
        "{}\n",
        [
            "1:1: endpoint: missing; write it like endpoint: churn",
            "1:1: models: missing; write it like models: [{name: churn-model}]",
            "1:1: steps: missing; write it like steps: [{weight: 10}, {weight: 50}]",
        ],
    ),
    "a duplicate key": (HEAD + STEPS + "endpoint: other\n", ["4:1: endpoint: duplicate key; first used on line 1"]),
    "a misspelt key": (HEAD + STEPS + "dedlines: {}\n", ["4:1: dedlines: unknown key; did you mean deadlines?"]),
    "a key unlike any other": (
        HEAD + STEPS + "telemetry: {colour: red}\n",
        ["4:13: telemetry.colour: unknown key; known keys: errors, latency, retries, lag, history"],
    ),
    "a key with a line break": (
        HEAD + STEPS + 'telemetry: {"a\\nb": 1}\n',
        [r"4:13: telemetry.'a\nb': unknown key; known keys: errors, latency, retries, lag, history"],
    ),
    "a number as a key": (
        HEAD + STEPS + "7: x\n",
        ["4:1: YAML reads 7 as a number, which cannot be a key; put it in quotes"],
    ),
    "a list as a key": (HEAD + STEPS + "[7]: x\n", ["4:1: a list cannot be a key"]),
    "a merge": (
        HEAD + STEPS + "<<: {keep_blue: 1h}\n",
        ["4:1: merging with << is not supported; write the keys out"],
    ),
    "a Python object": (
        "endpoint: !!python/object/apply:os.getcwd []\nmodels: [{name: m}]\n" + STEPS,
        [
            (
                "1:1: endpoint: a list is not a valid endpoint name (3 to 32 letters, digits and dashes; starts "
                "with a letter, does not end with a dash); write it like churn"
            )
        ],
    ),
}

VALUES = {
    "an invalid endpoint name": (
        "endpoint: 7-churn\nmodels: [{name: m}]\n" + STEPS,
        [
            (
                "1:1: endpoint: '7-churn' is not a valid endpoint name (3 to 32 letters, digits and dashes; "
                "starts with a letter, does not end with a dash); write it like churn"
            )
        ],
    ),
    "no model": (
        "endpoint: churn\nmodels: []\n" + STEPS,
        ["2:1: models: empty; write it like [{name: churn-model}]"],
    ),
    "one model instead of a list": (
        "endpoint: churn\nmodels: {name: m}\n" + STEPS,
        ["2:1: models: a mapping is not a list; write it like [{name: churn-model}]"],
    ),
    "a model without a name": (
        "endpoint: churn\nmodels: [{tags: {a: b}}]\n" + STEPS,
        ["2:10: models[0].name: missing; write it like name: churn-model"],
    ),
    "a model name with a version": (
        "endpoint: churn\nmodels: [{name: 'm:3'}]\n" + STEPS,
        [
            (
                "2:11: models[0].name: 'm:3' (in quotes) is not a valid model name without a version (letters, "
                "digits, dots, dashes, underscores); write it like churn-model; did you mean m?"
            )
        ],
    ),
    "a model named like a number": (
        "endpoint: churn\nmodels: [{name: 1.10}]\n" + STEPS,
        ["2:11: models[0].name: YAML reads 1.10 as a number, not as text; put it in quotes"],
    ),
    "a tag that YAML reads as a boolean": (
        "endpoint: churn\nmodels: [{name: m, tags: {live: yes}}]\n" + STEPS,
        ["2:27: models[0].tags.live: YAML reads yes as a boolean, not as text; put it in quotes"],
    ),
    "a duplicate model": (
        "endpoint: churn\nmodels: [{name: m}, {name: n}, {name: m, tags: {}}]\n" + STEPS,
        ["2:32: models[2]: duplicate of models[0]"],
    ),
    "two invalid registries": (
        "endpoint: churn\nmodels: [{name: m, registry: a b}, {name: m, registry: c d}]\n" + STEPS,
        [
            (
                f"2:{column}: models[{index}].registry: {name} is not a valid registry name (letters, digits, dashes, "
                "underscores); write it like shared"
            )
            for index, (column, name) in enumerate(((20, "'a b'"), (46, "'c d'")))
        ],
    ),
    "two invalid names": (
        "endpoint: churn\nmodels: [{name: a b}, {name: 'c*'}]\n" + STEPS,
        [
            (
                f"2:{column}: models[{index}].name: {name} is not a valid model name without a version (letters, "
                "digits, dots, dashes, underscores); write it like churn-model"
            )
            for index, (column, name) in enumerate(((11, "'a b'"), (24, "'c*' (in quotes)")))
        ],
    ),
    "tags of a registry's model": (
        "endpoint: churn\nmodels: [{name: m, registry: shared, tags: {a: b}}]\n" + STEPS,
        [
            (
                "2:38: models[0].tags: Teal cannot read the tags of a registry's models, and an operator starts them; "
                "leave tags out"
            )
        ],
    ),
    "a model in two places": (
        "endpoint: churn\nmodels: [{name: m, version: '1*'}, {name: m, registry: shared}]\n" + STEPS,
        ["2:46: models[1].registry: m is listed twice, in different places; one policy takes it from one place"],
    ),
    "a registry's address": (
        "endpoint: churn\nmodels: [{name: m, registry: 'azureml://registries/r'}]\n" + STEPS,
        [
            (
                "2:20: models[0].registry: 'azureml://registries/r' (in quotes) is not a valid registry name (letters, "
                "digits, dashes, underscores); write it like shared"
            )
        ],
    ),
    "a template": (
        HEAD + STEPS + "deployment: {from: template}\n",
        [
            (
                "4:14: deployment.from: 'template' is not live; "
                "for a template write deployment: {template: deployments/churn.yml}"
            )
        ],
    ),
    "two sources": (
        HEAD + STEPS + "deployment: {from: live, template: none.yml}\n",
        [
            "4:26: deployment.template: none.yml: no such file",
            "4:26: deployment.template: use either `from: live` or a template, not both",
        ],
    ),
    "invalid instances": (
        HEAD
        + STEPS
        + "deployment: {instance_count: 51, autoscale: yes, instance_type: a b}\nkeep_blue: {instances: 0}\n",
        [
            (
                "4:14: deployment.instance_count: 51 is not same or proportional, "
                "or a whole number from 1 to 50 (instances); write it like 3"
            ),
            "4:34: deployment.autoscale: yes is not true or false; did you mean true?",
            (
                "4:50: deployment.instance_type: 'a b' is not a valid instance type (letters, digits, _ . -); "
                "write it like Standard_NC6s_v3"
            ),
            "5:13: keep_blue.instances: 0 is not a whole number from 1 to 50 (instances); write it like 1",
        ],
    ),
    "keys in the wrong place": (
        HEAD + STEPS + "instance_count: 2\ntemplate: a.yml\ncreate: {}\nmodel: m\n",
        [
            ("4:1: instance_count: belongs in deployment, like deployment: {from: live, instance_count: same}"),
            "5:1: template: belongs in deployment, like deployment: {template: deployments/churn.yml}",
            "6:1: create: belongs in endpoint, like endpoint: {name: churn, create: {auth_mode: key}}",
            "7:1: model: unknown key; did you mean models: [{name: churn-model}]?",
        ],
    ),
    "creating an endpoint": (
        "endpoint: {create: {auth_mode: token, identity: me}}\nmodels: [{name: m}]\n" + STEPS,
        [
            "1:1: endpoint.name: missing; write it like name: churn",
            (
                "1:12: endpoint.create: a new endpoint has no deployment to copy; add a template, like "
                "deployment: {template: deployments/churn.yml}"
            ),
            (
                "1:21: endpoint.create.auth_mode: 'token' is not key, aml_token or aad_token; write aml_token "
                "or aad_token"
            ),
            (
                "1:39: endpoint.create.identity: 'me' is not system or the ARM id of a user-assigned identity; "
                "write it like system"
            ),
        ],
    ),
    "creating an endpoint without a template": (
        "endpoint: {name: churn, create: {}}\nmodels: [{name: m}]\n" + STEPS,
        [
            (
                "1:25: endpoint.create: a new endpoint has no deployment to copy; add a template, like "
                "deployment: {template: deployments/churn.yml}"
            )
        ],
    ),
    "an invalid name": (
        HEAD + STEPS + "name: skip\n",
        [
            (
                "4:1: name: 'skip' is not a valid policy name (lowercase letters, digits, dashes; not skip); "
                "write it like careful"
            )
        ],
    ),
    "an invalid version": (
        "endpoint: churn\nmodels: [{name: m, version: [2]}]\n" + STEPS,
        ['2:20: models[0].version: a list is not a valid version or version pattern; write it like "2.*"'],
    ),
    "an invalid choice": (
        HEAD + STEPS + "on_rollback: off\n",
        ["4:1: on_rollback: off is not delete or keep"],
    ),
    "a duration without a unit": (
        HEAD + STEPS + "keep_blue: 30\n",
        ["4:1: keep_blue: 30 is not a valid duration; write it like 24h (units d, h, m, s; or 1h30m)"],
    ),
    "a duration in words": (
        HEAD + STEPS + "keep_blue: 30 minutes\n",
        [
            (
                "4:1: keep_blue: '30 minutes' is not a valid duration; write it like 24h (units d, h, m, s; or "
                "1h30m); did you mean 30m?"
            )
        ],
    ),
    "a duration too long to count": (
        HEAD + STEPS + "keep_blue: 999999d\n",
        ["4:1: keep_blue: 999999d is not a duration from 0s to 90d; write it like 24h"],
    ),
    "an empty value": (
        HEAD + STEPS + "judge:\n",
        ["4:1: judge: an empty value is not a mapping; write it like {rollback_risk: 0.01}"],
    ),
    "a pattern that matches everywhere": (
        HEAD + STEPS + "redact: ['[0-9]*']\n",
        ["4:10: redact[0]: '[0-9]*' (in quotes) matches the empty text, so it would match everywhere"],
    ),
    "a pattern that can take forever": (
        HEAD + STEPS + "redact: ['(a+)+b']\n",
        [
            (
                "4:10: redact[0]: '(a+)+b' (in quotes) can take forever on text that does not match, because it can "
                "divide the same text in many ways; let something that a repeat does not match follow it, as in "
                "`[a-z]+@`, or limit it, as in `.{1,20}`"
            )
        ],
    ),
    "risks out of bounds": (
        HEAD + STEPS + "judge: {rollback_risk: 0.5, advance_risk: 0}\n",
        [
            "4:9: judge.rollback_risk: 0.5 is not a number above 0 and below 0.5; write it like 0.01",
            "4:29: judge.advance_risk: 0 is not a number above 0 and below 0.5; write it like 0.05",
        ],
    ),
    "risks that are not numbers": (
        HEAD + STEPS + "judge: {rollback_risk: 1%, advance_risk: .nan, budget: '0.1'}\n",
        [
            "4:9: judge.rollback_risk: '1%' is not a number above 0 and below 0.5; write it like 0.01",
            "4:28: judge.advance_risk: .nan is not a number above 0 and below 0.5; write it like 0.05",
            (
                "4:48: judge.budget: '0.1' (in quotes) is not a number above 0 and below 0.5; write it like 0.005; "
                "leave out the quotes"
            ),
        ],
    ),
}


@pytest.mark.parametrize(
    ("text", "lines"),
    [pytest.param(*row, id=name) for table in (SHAPE, VALUES) for name, row in table.items()],
)
def test_a_problem_is_reported_with_its_place(
    folder: Path, find_problems: Callable[[Path], list[str]], text: str, lines: list[str]
) -> None:
    """Each problem gives exactly one line, with place, key and remedy."""
    (folder / "churn.yaml").write_text(text)
    assert find_problems(folder) == [f"policies/churn.yaml:{line}" for line in lines]


def test_every_problem_of_every_file_is_reported_together(
    folder: Path, find_problems: Callable[[Path], list[str]]
) -> None:
    """One run lists everything, in the order of files and lines."""
    (folder / "churn.yaml").write_text(
        dedent("""\
            endpoint: churn
            modles: [{name: churn-model}]
            steps:
              - smoke: {requests: smoke/none.jsonl}
              - weight: 25
              - weight: 10
            keep_blue: 1 day
            """)
    )
    (folder / "fraud.yml").write_text("endpoint: f\nmodels: [{name: m}]\nsteps: [weight: 5]\n")
    (folder / "price.yaml").write_text("endpoint: [\n")
    found = find_problems(folder)
    assert [line.split(": ")[:2] for line in found] == [
        ["policies/churn.yaml:1:1", "models"],
        ["policies/churn.yaml:2:1", "modles"],
        ["policies/churn.yaml:4:13", "steps[0].smoke.requests"],
        ["policies/churn.yaml:6:5", "steps[2].weight"],
        ["policies/churn.yaml:7:1", "keep_blue"],
        ["policies/fraud.yml:1:1", "endpoint"],
        ["policies/price.yaml:2:1", "not valid YAML"],
    ]


def test_problems_are_available_as_data(folder: Path) -> None:
    """Each has file, line, column, key and message, for other ways to show them."""
    (folder / "churn.yaml").write_text(HEAD + "steps:\n  - weight: 101\n")
    with pytest.raises(Misconfigured) as caught:
        read_policies(folder).valid()
    assert isinstance(caught.value, PolicyError)
    [problem] = caught.value.problems
    assert problem == Problem(str(folder / "churn.yaml"), 4, 5, "steps[0].weight", problem.message)
