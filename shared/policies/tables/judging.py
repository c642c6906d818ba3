"""How a policy sets the judge, where it looks in time, and how long each part may take."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from shared.core.policy import Deadlines, JudgeSettings
from shared.policies.grammar import Field, Table
from shared.policies.kinds import Choice, Share, Whole
from shared.policies.times import Duration

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
JUDGE, DEADLINES = JudgeSettings(), Deadlines()
NOT_YET = "not supported yet"

GATES = Table(
    fields=(
        Field(
            "errors",
            Table(fields=(), example="{}"),
            "The share of failed requests: 5xx, 424 (the model's container failed), 408, 429.",
        ),
    ),
    example="{errors: {}}",
    hints={"latency": NOT_YET, "client_errors": NOT_YET, "predictions": NOT_YET},
    unsupported=("latency", "client_errors", "predictions"),
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
            otherwise="by blue's traffic",
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
