"""The messages for invalid steps and times: each row is a policy file and all lines that it gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies

HEAD = "endpoint: churn\nmodels: [{name: churn-model}]\n"
STEPS = "steps: [{weight: 10}]\n"

STEPPING = {
    "no steps": (HEAD + "steps: []\n", ["3:1: steps: empty; write it like [{weight: 10}, {weight: 50}]"]),
    "weights that do not increase": (
        HEAD + "steps:\n  - weight: 25\n  - weight: 10\n  - pause: {}\n  - weight: 25\n",
        [
            "5:5: steps[1].weight: 10 comes after 25; weights must increase",
            "7:5: steps[3].weight: 25 comes after 25; weights must increase",
        ],
    ),
    "invalid weights": (
        HEAD + "steps:\n- weight: 0\n- weight: 101\n- weight: 10%\n- weight: 12.5\n- weight: 010\n- weight: {}\n",
        [
            f"{line}:3: steps[{line - 4}].weight: {shown} is not a whole number from 1 to 100 "
            "(percent of live traffic, without a sign); write it like 10"
            for line, shown in enumerate(("0", "101", "'10%'", "12.5", "010"), start=4)
        ]
        + ["9:3: steps[5].weight.to: missing; write it like to: 10"],
    ),
    "smoke test after traffic": (
        HEAD + "steps:\n  - weight: 10\n  - smoke: {requests: smoke/churn.jsonl}\n",
        ["5:5: steps[1].smoke: comes after a weight; green is tested before it gets live traffic"],
    ),
    "a smoke timeout beyond Azure's limit": (
        HEAD + "steps: [smoke: {requests: smoke/churn.jsonl, timeout: 4m, status: 42}]\n",
        [
            "3:46: steps[0].smoke.timeout: 4m is not a duration from 1s to 3m; write it like 10s",
            "3:59: steps[0].smoke.status: 42 is not a whole number from 100 to 599 (HTTP status); write it like 200",
        ],
    ),
    "a slowest beyond the timeout": (
        HEAD + "steps: [smoke: {slowest: 11s}, smoke: {slowest: 1m, timeout: 1m}, weight: 10]\n",
        ["3:17: steps[0].smoke.slowest: 11s is longer than timeout, 10s, which applies first"],
    ),
    "invalid mirrors": (
        HEAD + "steps:\n- mirror: 51\n- mirror: 0%\n- mirror: []\n- mirror: {for: 30m}\n"
        "- mirror: {percent: 5, duration: 1h}\n",
        [
            *(
                f"{line}:3: steps[{line - 4}].mirror: {shown} is not a whole number from 1 to 50 "
                "(percent of live traffic; Azure ML mirrors no more); write it like 20"
                for line, shown in ((4, "51"), (5, "'0%'"))
            ),
            (
                "6:3: steps[2].mirror: a list is not a whole number from 1 to 50 (percent) or a mapping; "
                "write it like 20 or {percent: 20, for: 1h}"
            ),
            "7:3: steps[3].mirror.percent: missing; write it like percent: 20",
            "8:24: steps[4].mirror.duration: unknown key; the duration is `for`",
        ],
    ),
    "a mirror after a weight": (
        HEAD + "steps:\n  - weight: 10\n  - mirror: 20\n  - mirror: 20\n",
        [
            f"{line}:5: steps[{line - 4}].mirror: comes after a weight; Azure ML cannot mirror while green has live "
            "traffic, so mirror before any weight"
            for line in (5, 6)
        ],
    ),
    "a pointless second mirror": (
        HEAD + "steps:\n  - mirror: 20\n  - smoke: {}\n  - mirror: {percent: 10, for: 15m}\n  - mirror: 30\n",
        ["6:5: steps[2].mirror: 10 comes after 20; mirror again only with more, or use one longer step"],
    ),
    "the same mirror again": (
        HEAD + "steps: [mirror: 20, mirror: 20]\n",
        ["3:21: steps[1].mirror: 20 comes after 20; mirror again only with more, or use one longer step"],
    ),
    "a weight's own settings": (
        HEAD + "steps:\n  - weight: {to: 10, patience: soon, gates: [7, errors], inconclusive: wait, x: 1}\n",
        [
            (
                "4:22: steps[0].weight.patience: 'soon' is not a valid duration; write it like 1h (units d, h, "
                "m, s; or 1h30m)"
            ),
            "4:46: steps[0].weight.gates[0]: YAML reads 7 as a number, not as text; put it in quotes",
            "4:58: steps[0].weight.inconclusive: 'wait' is not pause or advance",
            ("4:78: steps[0].weight.x: unknown key; known keys: to, settled_minutes, patience, inconclusive, gates"),
        ],
    ),
    "keys of other tools": (
        HEAD + "steps:\n  - setWeight: 10\n  - shadow: 10\n  - wait: 1h\n",
        [
            "4:5: steps[0].setWeight: unknown key; did you mean weight?",
            "5:5: steps[1].shadow: unknown key; did you mean mirror?",
            "6:5: steps[2].wait: unknown key; did you mean pause?",
        ],
    ),
    "invalid expectations of answers": (
        HEAD + "steps: [smoke: {slowest: 0s, repeat: 0, contains: {a: 0x10, b: yes, c: [2026-01-01]}}]\n",
        [
            "3:17: steps[0].smoke.slowest: 0s is not a duration from 1ms to 3m; write it like 500ms",
            "3:30: steps[0].smoke.repeat: 0 is not a whole number from 1 to 1000 (rounds); write it like 3",
            (
                "3:52: steps[0].smoke.contains.a: YAML reads 0x10 as a number, which JSON does not; put it in "
                "quotes, or write it as in JSON"
            ),
            (
                "3:61: steps[0].smoke.contains.b: YAML reads yes as a boolean, which JSON does not; put it in "
                "quotes, or write it as in JSON"
            ),
            (
                "3:69: steps[0].smoke.contains.c[0]: YAML reads 2026-01-01 as a date, which JSON does not; put "
                "it in quotes, or write it as in JSON"
            ),
        ],
    ),
    "an unknown step": (HEAD + "steps: [wieght: 20]\n", ["3:9: steps[0].wieght: unknown key; did you mean weight?"]),
    "two steps in one": (
        HEAD + "steps: [{weight: 10, pause: {}}]\n",
        ["3:9: steps[0]: weight and pause in one step; start each with a dash of its own"],
    ),
    "an empty step": (HEAD + "steps: [{}]\n", ["3:9: steps[0]: an empty step; write it like {weight: 10}"]),
    "a step without a value": (
        HEAD + "steps:\n  - pause\n",
        ["4:5: steps[0]: 'pause' is not a step; write it like {weight: 10}"],
    ),
    "a pause without braces": (
        HEAD + "steps:\n  - pause:\n",
        ["4:5: steps[0].pause: an empty value is not a mapping; write it like {} or {for: 30m}"],
    ),
    "a pause shorter than the tick": (
        HEAD + "steps: [pause: {for: 10s}]\n",
        ["3:17: steps[0].pause.for: 10s is not a duration from 1m to 30d; write it like 30m"],
    ),
}

TIMES = {
    "patience that ends before a verdict": (
        HEAD + STEPS + "judge: {patience: 8m}\n",
        [
            (
                "4:9: judge.patience: patience of 8m runs out before any verdict; with 3 settled minutes and a "
                "lag of 5m the first one comes after 9m"
            )
        ],
    ),
    "settled minutes that are not a number, with patience set": (
        HEAD + STEPS + "judge: {settled_minutes: many, patience: 1h}\n",
        [
            "4:9: judge.settled_minutes: 'many' is not a whole number from 1 to 1440 (minutes); write it like 3",
        ],
    ),
    "a lag that outlasts patience": (
        HEAD + STEPS + "telemetry: {lag: 58m}\n",
        [
            (
                "4:13: telemetry.lag: patience of 1h runs out before any verdict; with 3 settled minutes and a "
                "lag of 58m the first one comes after 1h2m"
            )
        ],
    ),
    "a deadline within patience": (
        HEAD + STEPS + "deadlines: {step: 1h}\n",
        [
            (
                "4:13: deadlines.step: patience of 1h must be shorter than deadlines.step, 1h; otherwise a "
                "quiet endpoint is rolled back"
            )
        ],
    ),
    "a part longer than the whole": (
        HEAD + STEPS + "deadlines: {provisioning: 3h, rollout: 2h}\n",
        ["4:13: deadlines.provisioning: 3h is longer than deadlines.rollout, 2h"],
    ),
    "pauses longer than the whole": (
        HEAD + "steps: [pause: {for: 20h}, weight: 1, pause: {for: 4h}]\n",
        ["3:1: steps: 1d is not enough for the pauses, which take 1d together"],
    ),
    "one weight's patience": (
        HEAD + "steps:\n  - weight: {to: 10, settled_minutes: 90}\n  - weight: {to: 50, patience: 3h}\n",
        [
            (
                "4:22: steps[0].weight.settled_minutes: patience of 1h runs out before any verdict; with 90 "
                "settled minutes and a lag of 5m the first one comes after 1h36m"
            ),
            (
                "5:22: steps[1].weight.patience: patience of 3h must be shorter than deadlines.step, 2h; "
                "otherwise a quiet endpoint is rolled back"
            ),
        ],
    ),
    "a mirror shorter than the log lag": (
        HEAD + "steps: [mirror: {percent: 5, for: 6m}, mirror: {percent: 10, for: 1h}]\n",
        [
            (
                "3:30: steps[0].mirror.for: 6m ends before the first mirrored minute is in the logs; with a lag "
                "of 5m that takes 7m"
            ),
            (
                "3:62: steps[1].mirror.for: 1h plus patience of 1h must be shorter than deadlines.step, 2h; "
                "otherwise a quiet endpoint is rolled back"
            ),
        ],
    ),
    "no lag at all": (
        HEAD + STEPS + "telemetry: {lag: 0s, history: 1m}\n",
        [
            "4:13: telemetry.lag: 0s is not a duration from 30s to 1h; write it like 5m",
            "4:22: telemetry.history: 1m is not a duration from 10m to 7d; write it like 6h",
        ],
    ),
}


@pytest.mark.parametrize(
    ("text", "lines"),
    [pytest.param(*row, id=name) for table in (STEPPING, TIMES) for name, row in table.items()],
)
def test_invalid_steps_and_times_are_reported_with_their_place(
    folder: Path, find_problems: Callable[[Path], list[str]], text: str, lines: list[str]
) -> None:
    """Each invalid step or time gives exactly one line, with place, key and remedy."""
    (folder / "churn.yaml").write_text(text)
    assert find_problems(folder) == [f"policies/churn.yaml:{line}" for line in lines]


JUST_ENOUGH = {
    "patience until the first verdict": STEPS + "judge: {patience: 9m}\n",
    "a mirror until its first minute is in the logs": "steps: [mirror: {percent: 5, for: 7m}, weight: 10]\n",
    "a part as long as the whole": STEPS + "deadlines: {provisioning: 5h, rollout: 5h}\n",
}


@pytest.mark.parametrize("lines", JUST_ENOUGH.values(), ids=JUST_ENOUGH)
def test_just_enough_time_is_enough(folder: Path, lines: str) -> None:
    """The shortest time that a message names is accepted."""
    (folder / "churn.yaml").write_text(HEAD + lines)
    assert read_policies(folder).valid().policies
