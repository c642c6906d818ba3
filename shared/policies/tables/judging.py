"""How a policy sets the judge, where and when it looks, and how long each part may take. Gates are in `gates`."""

from __future__ import annotations

from datetime import timedelta

from shared.core.policy import Deadlines, JudgeSettings
from shared.core.telemetry import Latency, Requests, sources_of
from shared.policies.grammar import Field, Table
from shared.policies.kinds import Choice, Share, Whole
from shared.policies.tables.gates import DEFAULT_GATES, GATES
from shared.policies.times import Duration

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
JUDGE, DEADLINES = JudgeSettings(), Deadlines()

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
        Field(
            "gates",
            GATES,
            "What is judged. Written, it says all that is: gates that it leaves out are not judged.",
            default=DEFAULT_GATES,
            otherwise="`errors` and `latency`",
        ),
    ),
    example="{rollback_risk: 0.01}",
)

TELEMETRY = Table(
    fields=(
        Field(
            "errors",
            Choice(sources_of(Requests)),
            "Where requests and errors are counted: in the request log (exact, minutes late) or by the platform's "
            "metrics (nothing to set up, about a minute late).",
            default=JUDGE.errors_from,
        ),
        Field(
            "latency",
            Choice(sources_of(Latency)),
            "Where latency is read: each request's in the log, or percentiles of each minute in the metrics.",
            default=JUDGE.latency_from,
        ),
        Field(
            "retries",
            Choice(("each", "once")),
            "Whether a request that its caller tried again within a minute counts each time, or once (as failed if any "
            "try failed). Once, if retries come in storms: they are told by the header `x-ms-client-request-id`, which "
            "must be the same for all tries of a request and differ between requests. Only with `errors: logs`.",
            default=JUDGE.retries,
        ),
        Field(
            "lag",
            Duration(30 * SECOND, timedelta(hours=1), "5m"),
            "How old a minute must be before what is known of it is taken to be complete.",
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
