"""How a policy configures the judge, its telemetry, and the deadlines."""

from __future__ import annotations

from datetime import timedelta

from shared.core.judge.verdict import Risk
from shared.core.policy import Deadlines, JudgeSettings
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import between, choice, whole
from shared.core.schema.texts import waiting
from shared.core.schema.times import DAY, MINUTE, SECOND, duration, spell
from shared.core.steps.patience import check_patience
from shared.core.telemetry import Latency, Requests, source_kind, sources_of
from shared.policies.tables.gates import gates

RISK = Risk()
# Identifying single requests costs memory for each one, so their history is shorter.
LONGEST_ONCE = timedelta(hours=6)


def _check_judge(judge: Part) -> None:
    keys = ("judge.patience", "deadlines.step", "telemetry.lag", "judge.settled_minutes")
    check_patience(judge, judge["patience"], judge["settled_minutes"], keys)


def _check_telemetry(telemetry: Part) -> None:
    if telemetry["retries"] != "once":
        return
    if not source_kind(telemetry["errors"] or "logs").counts_once:
        remedy = "write telemetry: {errors: logs, retries: once}, or leave it out"
        telemetry.add("retries", f"metrics do not identify single requests; {remedy}")
    if (telemetry["history"] or LONGEST_ONCE) > LONGEST_ONCE:
        words = f"with retries: once at most {spell(LONGEST_ONCE)}, since every single request is identified"
        telemetry.add("history", words)


def _check_deadlines(deadlines: Part) -> None:
    whole = deadlines["rollout"]
    if whole is None:
        return
    for key in ("provisioning", "step"):
        if deadlines.writes(key) and (deadlines[key] or whole) > whole:
            deadlines.add(key, f"{spell(deadlines[key])} is longer than deadlines.rollout, {spell(whole)}")
    pauses = sum((_pause(step) for step in deadlines.find("steps") or []), timedelta())
    if pauses >= whole:
        words = f"{spell(whole)} is not enough for the pauses, which take {spell(pauses)} together"
        deadlines.findings.add(deadlines.findings.written("deadlines.rollout", "steps"), words)


def _pause(step: dict[str, dict[str, timedelta | None] | None] | None) -> timedelta:
    return ((step or {}).get("pause") or {}).get("for") or timedelta()


def _undecided() -> tuple[Field, ...]:
    """Return the keys that say what happens while green can be neither certified nor rolled back."""
    return (
        Field(
            "patience",
            waiting("1h"),
            "How long a weight may stay inconclusive; then `inconclusive` applies.",
        ),
        Field(
            "inconclusive",
            choice("pause", "advance"),
            "What happens when patience runs out: pause for an operator, or advance uncertified.",
        ),
        Field(
            "failing_blue",
            choice("hold", "replace"),
            "What happens while blue fails, or is slow, far beyond its own past: hold the rollout as an incident, or "
            "let a green without that problem replace blue. An overload holds in either case.",
        ),
        Field(
            "traffic_mismatch",
            choice("report", "hold"),
            "What happens while green's share of the live requests does not match its weight: report it, or also "
            "hold the rollout until it does.",
        ),
    )


def judging() -> Table:
    """Return the schema of `judge`, with every registered kind of gate."""
    return Table(
        fields=(
            Field(
                "rollback_risk",
                between(0, 0.5, "0.01"),
                "The chance of ever rolling back a green that is no worse than blue.",
                default=RISK.rollback,
            ),
            Field(
                "advance_risk",
                between(0, 0.5, "0.05"),
                "The chance, per step, of advancing a green that exceeds the budget.",
                default=RISK.advance,
            ),
            Field(
                "settled_minutes",
                whole(1, 1440, "minutes", "3"),
                "The minimum number of complete minutes with traffic at each weight before the next.",
                default=RISK.settled_minutes,
            ),
            Field(
                "budget",
                between(0, 0.5, "0.005"),
                "The share of all requests that may fail on top of blue's. Without it, two more failed requests per "
                "minute at blue's traffic, but at least 0.1 % and at most 1 %.",
                otherwise="depends on blue's traffic",
            ),
            *_undecided(),
            gates(),
        ),
        example="{rollback_risk: 0.01}",
        makes=JudgeSettings,
        make=dict,
        check=_check_judge,
    )


TELEMETRY = Table(
    fields=(
        Field(
            "errors",
            choice(*sources_of(Requests)),
            "Where requests and errors are counted: in the request log (exact, minutes late) or by the platform's "
            "metrics (no set-up, about a minute late).",
            attribute="errors_from",
        ),
        Field(
            "latency",
            choice(*sources_of(Latency)),
            "Where latency is read: of each request in the log, or percentiles per minute in the metrics.",
            attribute="latency_from",
        ),
        Field(
            "retries",
            choice("each", "once"),
            "Whether a request that its caller retries within a minute counts each time, or once (as failed if any try "
            "failed). Use `once` if retries come in storms: they are recognised by the header "
            "`x-ms-client-request-id`, which must be the same for all tries of a request and differ between requests. "
            "Only with `errors: logs`.",
        ),
        Field(
            "lag",
            duration(30 * SECOND, timedelta(hours=1), "5m"),
            "How old a minute must be before its telemetry is considered complete.",
            attribute="telemetry_lag",
        ),
        Field(
            "history",
            duration(10 * MINUTE, 7 * DAY, "6h"),
            "How much of blue's past the judge is calibrated from.",
        ),
    ),
    example="{lag: 5m}",
    makes=JudgeSettings,
    make=dict,
    check=_check_telemetry,
)

DEADLINE = duration(MINUTE, 90 * DAY, "2h")
DEADLINES = Table(
    fields=(
        Field("provisioning", DEADLINE, "Until green is ready."),
        Field("step", DEADLINE, "One step, not counting pauses."),
        Field("rollback", DEADLINE, "Until all traffic is back on blue; then manual intervention is required."),
        Field("rollout", DEADLINE, "The whole rollout, counting pauses."),
    ),
    example="{step: 2h}",
    makes=Deadlines,
    check=_check_deadlines,
)
