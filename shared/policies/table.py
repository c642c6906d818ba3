"""What a policy file may hold: every key with its kind, default and meaning, once. Defaults are the core's own.

Reading, suggestions and the reference in docs/policies.md all follow from POLICY; nothing else may name a key's bounds.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from shared.core.policy import Deadlines, JudgeSettings, Policy, SmokeStep
from shared.policies.grammar import Field, Labels, Sequence, Table, Variants, complete
from shared.policies.kinds import Choice, Duration, Share, Text, Whole

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
JUDGE, DEADLINES = JudgeSettings(), Deadlines()
NOT_YET = "not supported yet"

# Azure's own rule for the names of endpoints, and its longest scoring request of 180 s.
ENDPOINT_NAME = Text(
    pattern=r"(?=.{3,32}\Z)[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]",
    rule="an endpoint's name (3 to 32 letters, digits and dashes, a letter first, no dash last)",
    example="churn",
)
LONGEST_ANSWER = 180 * SECOND

MODEL = Table(
    fields=(
        Field(
            "name",
            Text(
                r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}",
                "a model's name without version (letters, digits, dot, dash, underscore)",
                "churn-model",
            ),
            "The model's exact name. Every newly registered version of it sets off a rollout.",
        ),
        Field(
            "tags",
            Labels(Text(r"[^\x00-\x1f\x7f]{0,256}", "text of at most 256 characters", '"production"'), "{stage: prod}"),
            "Tags that the version must all have, with these values.",
            default=MappingProxyType({}),
        ),
    ),
    example="{name: churn-model}",
)

SMOKE = Table(
    fields=(
        Field(
            "requests",
            Text(r"[^\x00-\x1f\x7f\\]+", "a path with / between its parts", "smoke/churn.jsonl"),
            "A JSON Lines file (one request body a line), relative to the policy and inside the policies folder.",
        ),
        Field(
            "status",
            Whole(100, 599, "HTTP status", "200"),
            "The status that every answer must have.",
            default=SmokeStep("").status,
        ),
        Field(
            "timeout",
            Duration(SECOND, LONGEST_ANSWER, "10s"),
            "How long one answer may take.",
            default=SmokeStep("").timeout,
        ),
    ),
    example="{requests: smoke/churn.jsonl}",
)

PAUSE = Table(
    fields=(
        Field(
            "for",
            Duration(MINUTE, 30 * DAY, "30m"),
            "How long to wait. Without it, the rollout waits until a person resumes or promotes.",
            default=None,
        ),
    ),
    example="{} or {for: 30m}",
)

STEP = Variants(
    noun="step",
    fields=(
        Field("smoke", SMOKE, "Requests that green must answer before it gets live traffic."),
        Field(
            "weight",
            Whole(1, 100, "per cent of the live traffic, without a sign", "10"),
            "Per cent of the live traffic to green, until the judge certifies the next step. Weights rise.",
        ),
        Field("pause", PAUSE, "Wait: for a person, or for a time."),
    ),
    example="{weight: 10}",
    planned={"mirror": NOT_YET},
)

GATES = Table(
    fields=(
        Field(
            "errors",
            Table(fields=(), example="{}"),
            "The share of failed requests: 5xx, 424 (the model's container failed), 408, 429.",
        ),
    ),
    example="{errors: {}}",
    planned={"latency": NOT_YET, "client_errors": NOT_YET, "predictions": NOT_YET},
)

JUDGING = Table(
    fields=(
        Field(
            "rollback_risk",
            Share(0, 0.5, "0.01"),
            "The chance of ever rolling back a green that is no worse than blue.",
            default=JUDGE.risk.rollback,
        ),
        Field(
            "advance_risk",
            Share(0, 0.5, "0.05"),
            "The chance, per step, of advancing a green that exceeds the budget.",
            default=JUDGE.risk.advance,
        ),
        Field(
            "settled_minutes",
            Whole(1, 1440, "minutes", "3"),
            "The least number of complete minutes with traffic at each weight before the next.",
            default=JUDGE.risk.settled_minutes,
        ),
        Field(
            "budget",
            Share(0, 0.5, "0.005"),
            "The share of all requests that may fail on top of blue's. Without it, two more failed requests a minute "
            "at blue's traffic, but at least 0.1 % and at most 1 %.",
            default=JUDGE.budget,
        ),
        Field(
            "patience",
            Duration(MINUTE, 30 * DAY, "1h"),
            "How long a weight may stay inconclusive; then `inconclusive` applies.",
            default=JUDGE.patience,
        ),
        Field(
            "inconclusive",
            Choice(("pause", "advance")),
            "What follows when patience ends: pause for a person, or advance uncertified.",
            default=JUDGE.inconclusive,
        ),
        Field("gates", GATES, "What is judged.", default=MappingProxyType({"errors": MappingProxyType({})})),
    ),
    example="{rollback_risk: 0.01}",
)

TELEMETRY = Table(
    fields=(
        Field(
            "lag",
            Duration(30 * SECOND, timedelta(hours=1), "5m"),
            "How old a minute must be before its log rows are taken to be complete.",
            default=JUDGE.telemetry_lag,
        ),
        Field(
            "history",
            Duration(10 * MINUTE, 7 * DAY, "6h"),
            "How much of blue's past the judge is set by.",
            default=JUDGE.history,
        ),
    ),
    example="{lag: 5m}",
)

DEADLINE = Duration(MINUTE, 90 * DAY, "2h")
TIMES = Table(
    fields=(
        Field("provisioning", DEADLINE, "From the order until green is ready.", default=DEADLINES.provisioning),
        Field("step", DEADLINE, "One step, pauses not counted.", default=DEADLINES.step),
        Field(
            "rollback",
            DEADLINE,
            "Until all traffic is seen back on blue; then a person is called.",
            default=DEADLINES.rollback,
        ),
        Field("rollout", DEADLINE, "The whole, from the order on, pauses counted.", default=DEADLINES.rollout),
    ),
    example="{step: 2h}",
)

POLICY = Table(
    fields=(
        Field("endpoint", ENDPOINT_NAME, "The online endpoint. One policy an endpoint; case does not matter."),
        Field("models", Sequence(MODEL, "[{name: churn-model}]"), "The models whose new versions are rolled out here."),
        Field(
            "deployment",
            Table(
                fields=(
                    Field(
                        "from",
                        Choice(("live",), planned=("template",)),
                        "`live`: a copy of the deployment that serves, with the new model in it.",
                        default="live",
                    ),
                ),
                example="{from: live}",
                planned={"template": f"{NOT_YET}; green is made `from: live`"},
            ),
            "Where green comes from.",
            default=MappingProxyType({"from": "live"}),
        ),
        Field(
            "steps",
            Sequence(STEP, "[{weight: 10}, {weight: 50}]"),
            "What happens, in this order. After the last step green is promoted: it gets all traffic.",
        ),
        Field("judge", JUDGING, "How green is judged while it has live traffic.", default=complete(JUDGING)),
        Field("telemetry", TELEMETRY, "Where the judge looks in time.", default=complete(TELEMETRY)),
        Field("deadlines", TIMES, "How long each part may take before it is rolled back.", default=complete(TIMES)),
        Field(
            "keep_blue",
            Duration(timedelta(), 90 * DAY, "24h"),
            "How long the old deployment stays after the promotion, so that it can be gone back to.",
            default=Policy("", (), ()).keep_blue,
        ),
        Field(
            "on_rollback",
            Choice(("delete", "keep")),
            "What becomes of green when it was rolled back.",
            default=Policy("", (), ()).on_rollback,
        ),
    ),
    example="{endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}",
    planned={"newer_version": f"{NOT_YET}; the newest version waits until the open rollout has ended"},
)
