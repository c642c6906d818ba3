"""The messages for invalid gates: each row is a part of a policy file and all lines that it gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies

FindProblems = Callable[[Path], list[str]]
HEAD = "endpoint: churn\nmodels: [{name: churn-model}]\n"
STEPS = "steps: [{weight: 10}]\n"
QUERY = "name: fraud, query: gates/fraud.kql"
OTHER = "name: latency, query: gates/fraud.kql"
WEIGHED = "judge: {gates: {errors: {weight: 0, at_most: 2%}, "
SIX_QUERIES = ", ".join(f"{{name: q{number}, query: gates/fraud.kql}}" for number in range(6))

ALONE = {
    "no gate": ("judge: {gates: {}}\n", ["4:9: judge.gates.errors: missing; write it like errors: {}"]),
    "unknown gates": (
        "judge: {gates: {errors: {}, latencies: {}, custom: []}}\n",
        [
            "4:29: judge.gates.latencies: unknown key; did you mean latency?",
            ("4:44: judge.gates.custom: unknown key; did you mean queries: [{name: fraud, query: gates/fraud.kql}]?"),
        ],
    ),
    "gates without braces": (
        "judge: {gates: {errors: , latency: 300ms}}\n",
        [
            "4:17: judge.gates.errors: an empty value is not a mapping; write it like {}",
            "4:27: judge.gates.latency: '300ms' is not a mapping; write it like {worse_than: 1.25}",
        ],
    ),
    "retries that cannot be recognized": (
        "telemetry: {errors: metrics, retries: once}\n",
        [
            (
                "4:30: telemetry.retries: metrics do not identify single requests; write telemetry: {errors: "
                "logs, retries: once}, or leave it out"
            )
        ],
    ),
    "retries over too long a history": (
        "telemetry: {retries: once, history: 7h}\n",
        [("4:28: telemetry.history: with retries: once at most 6h, since every single request is identified")],
    ),
    "too many queries": (
        f"judge: {{gates: {{errors: {{}}, queries: [{SIX_QUERIES}]}}}}\n",
        ["4:29: judge.gates.queries: 6 entries; at most 5 are allowed"],
    ),
    "errors that could not roll back": (
        "judge: {gates: {errors: {role: dry_run}}}\n",
        [
            (
                "4:26: judge.gates.errors.role: 'dry_run' is not critical or non_blocking; this gate must be "
                "able to roll back: a green that fails every request is invisible to the others"
            )
        ],
    ),
    "invalid roles": (
        "judge: {gates: {errors: {}, client_errors: {role: dry}, predictions: {role: critical}}}\n",
        [
            "4:45: judge.gates.client_errors.role: 'dry' is not critical, non_blocking or dry_run",
            (
                "4:71: judge.gates.predictions.role: 'critical' is not non_blocking or dry_run; "
                "no step can wait for it, since it has no certificate"
            ),
        ],
    ),
    "numbers out of bounds": (
        WEIGHED + "latency: {worse_than: 1}, predictions: {shift: 1, bins: []}}}\n",
        [
            "4:26: judge.gates.errors.weight: 0 is not a number above 0 and below 1000; write it like 5",
            "4:37: judge.gates.errors.at_most: '2%' is not a number above 0 and below 1; write it like 0.02",
            "4:61: judge.gates.latency.worse_than: 1 is not a number above 1 and below 100; write it like 1.25",
            "4:91: judge.gates.predictions.shift: 1 is not a number above 0 and below 1; write it like 0.02",
            "4:101: judge.gates.predictions.bins: empty; write it like [0.2, 0.5, 0.8]",
        ],
    ),
    "invalid latency limits": (
        "judge: {gates: {errors: {}, latency: {at_most: {p45: 1s, p95: 4m, P99: 1s, p99.95: 1s}}}}\n",
        [
            f"4:{column}: judge.gates.latency.at_most.{key}: {message}"
            for column, key, message in (
                (49, "p45", "'p45' is not a valid percentile (p50 to p99.9); write it like p95"),
                (58, "p95", "4m is not a duration from 1ms to 3m; write it like 300ms"),
                (67, "P99", "'P99' is not a valid percentile (p50 to p99.9); write it like p95"),
                (76, "'p99.95'", "'p99.95' is not a valid percentile (p50 to p99.9); write it like p95"),
            )
        ],
    ),
    "one limit instead of percentiles": (
        "judge: {gates: {errors: {}, latency: {at_most: 1s}}}\n",
        [
            (
                "4:39: judge.gates.latency.at_most: '1s' is not a mapping of percentiles to durations; "
                "write it like {p95: 300ms, p99: 1s}"
            )
        ],
    ),
    "decreasing limits": (
        "judge: {gates: {errors: {}, latency: {at_most: {p99.9: 1s, p50: 1s, p95: 1m}}}}\n",
        [("4:69: judge.gates.latency.at_most.p95: 1m is more than p99.9 allows, 1s; limits must not decrease")],
    ),
    "limits that metrics cannot check": (
        "telemetry: {latency: metrics}\njudge: {gates: {errors: {}, latency: {at_most: {p90: 1s}}}}\n",
        [
            (
                "5:39: judge.gates.latency.at_most: metrics have only a few percentiles, not how many responses "
                "took longer; leave it out, or read logs, like telemetry: {latency: logs}"
            )
        ],
    ),
    "invalid sources": (
        "telemetry: {errors: metric, latency: traces}\n",
        [
            "4:13: telemetry.errors: 'metric' is not logs or metrics",
            "4:29: telemetry.latency: 'traces' is not logs or metrics",
        ],
    ),
    "an invalid pointer": (
        "judge: {gates: {errors: {}, predictions: {at: label}}}\n",
        [
            (
                "4:43: judge.gates.predictions.at: 'label' is not a valid JSON Pointer (empty, or starting with "
                "/; ~ is written ~0); write it like /label"
            )
        ],
    ),
    "bins that do not increase": (
        "judge: {gates: {errors: {}, predictions: {bins: [0.5, 0.2, .2, x, 0.1]}}}\n",
        [
            "4:55: judge.gates.predictions.bins[1]: 0.2 comes after 0.5; bins must increase",
            "4:60: judge.gates.predictions.bins[2]: 0.2 comes after 0.2; bins must increase",
            (
                "4:64: judge.gates.predictions.bins[3]: 'x' is not a number from -999999999 to 999999999; "
                "write it like 0.5"
            ),
        ],
    ),
    "too many bins": (
        "judge: {gates: {errors: {}, predictions: {bins: [1, 2, 3, 4, 5, 6, 7, 8]}}}\n",
        ["4:43: judge.gates.predictions.bins: 8 entries; at most 7 are allowed"],
    ),
    "disagreement without a mirror": (
        "judge: {gates: {errors: {}, disagreement: {tolerance: -1}}}\n",
        [
            (
                "4:29: judge.gates.disagreement: compares responses to mirrored requests, and no step mirrors; "
                "add one, like {mirror: 20}"
            ),
            ("4:44: judge.gates.disagreement.tolerance: -1 is not a number from 0 to 999999999; write it like 0.01"),
        ],
    ),
    "queries without required keys": (
        "judge: {gates: {errors: {}, queries: [{name: Fraud}, {query: gates/fraud.kql}]}}\n",
        [
            (
                "4:40: judge.gates.queries[0].name: 'Fraud' is not a valid gate name (lowercase letters, "
                "digits, dashes and underscores; starts with a letter); write it like fraud"
            ),
            "4:39: judge.gates.queries[0].query: missing; write it like query: gates/fraud.kql",
            "4:54: judge.gates.queries[1].name: missing; write it like name: fraud",
        ],
    ),
    "queries with the same name": (
        f"judge: {{gates: {{errors: {{}}, queries: [{{{QUERY}}}, {{{QUERY}}}, {{{OTHER}}}]}}}}\n",
        [
            "4:79: judge.gates.queries[1].name: fraud is already the name of queries[0]; choose another name",
            ("4:118: judge.gates.queries[2].name: latency is the name of one of Teal's own gates; choose another name"),
        ],
    ),
}


@pytest.mark.parametrize(("text", "lines"), [pytest.param(*row, id=name) for name, row in ALONE.items()])
def test_invalid_gates_are_reported_with_their_place(
    queried: Path, find_problems: FindProblems, text: str, lines: list[str]
) -> None:
    """Each invalid gate gives exactly one line, with place, key and remedy."""
    (queried / "churn.yaml").write_text(HEAD + STEPS + text)
    assert sorted(find_problems(queried)) == sorted(f"policies/churn.yaml:{line}" for line in lines)


NEEDED = {
    "unknown gates": (
        "steps: [weight: {to: 10, gates: [latncy, latency, fruad, x1]}]\n",
        "{errors: {}, queries: [{name: fraud, query: gates/fraud.kql}]}",
        [
            "3:34: steps[0].weight.gates[0]: latncy is not a gate of this policy; it has errors, fraud",
            (
                "3:42: steps[0].weight.gates[1]: latency is not judged; add it to judge.gates, "
                "like latency: {worse_than: 1.25}, or leave it out"
            ),
            "3:51: steps[0].weight.gates[2]: fruad is not a gate of this policy; did you mean fraud?",
            "3:58: steps[0].weight.gates[3]: x1 is not a gate of this policy; it has errors, fraud",
        ],
    ),
    "gates without a certificate": (
        "steps: [mirror: 20, weight: {to: 10, gates: [predictions, disagreement, errors, errors]}]\n",
        "{errors: {}, disagreement: {}}",
        [
            f"3:{place}: {name} has no certificate that a step could wait for; leave it out"
            for place, name in (
                ("46: steps[1].weight.gates[0]", "predictions"),
                ("59: steps[1].weight.gates[1]", "disagreement"),
            )
        ]
        + ["3:81: steps[1].weight.gates[3]: errors is listed twice"],
    ),
    "dry-run gates": (
        "steps: [weight: {to: 10, gates: [latency]}]\n",
        "{errors: {}, latency: {role: dry_run}}",
        [
            (
                "3:34: steps[0].weight.gates[0]: latency is a dry run and changes nothing; make it non_blocking "
                "or critical in judge.gates, or leave it out"
            )
        ],
    ),
    "a gate that is itself invalid": (
        "steps: [weight: {to: 10, gates: [latency, errors]}]\n",
        "{errors: {}, latency: {role: x}}",
        ["4:39: judge.gates.latency.role: 'x' is not critical, non_blocking or dry_run"],
    ),
    "a weight without a critical gate": (
        "steps: [weight: {to: 5, gates: []}, weight: {to: 10, gates: [errors]}, weight: 20, weight: 100]\n",
        "{errors: {role: non_blocking}}",
        [
            (
                "4:9: judge.gates: no gate is critical, but steps[2].weight waits for one; make errors "
                "critical, or list the gates it needs"
            )
        ],
    ),
    "a mirror without a critical gate": (
        "steps: [mirror: {percent: 5, for: 20m}, mirror: 10, weight: 100]\n",
        "{errors: {role: non_blocking}}",
        [
            (
                "4:9: judge.gates: no gate is critical, but steps[1].mirror waits for one; make errors "
                "critical, or end it with `for` or `requests`"
            )
        ],
    ),
    "steps that wait for no gate": (
        "steps: [mirror: {percent: 5, for: 20m}, weight: {to: 10, gates: []}, weight: 100]\n",
        "{errors: {role: non_blocking}}",
        [],
    ),
}


@pytest.mark.parametrize(("steps", "gates", "lines"), [pytest.param(*row, id=name) for name, row in NEEDED.items()])
def test_steps_wait_only_for_gates_with_certificates(
    queried: Path, find_problems: FindProblems, steps: str, gates: str, lines: list[str]
) -> None:
    """A step that would wait forever, or implicitly for no gate, is a problem."""
    (queried / "churn.yaml").write_text(f"{HEAD}{steps}judge: {{gates: {gates}}}\n")
    if lines:
        assert find_problems(queried) == [f"policies/churn.yaml:{line}" for line in lines]
    else:
        assert read_policies(queried).valid().policies
