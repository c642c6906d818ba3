"""A policy file as a whole: what it may hold at the top, with the tables below it."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from shared.core.policy import Policy
from shared.policies.grammar import Field, Sequence, Table, complete
from shared.policies.kinds import Choice, Text, Whole
from shared.policies.tables.judging import JUDGING, TELEMETRY, TIMES
from shared.policies.tables.serving import DEPLOYMENT, ENDPOINT_TABLE, MODEL, MOST_INSTANCES
from shared.policies.tables.steps import STEP
from shared.policies.tables.texts import LINE
from shared.policies.times import Duration, Moment, TimeOfDay, Zone

PLAIN = Policy("", (), ())
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SKIP = "skip"

FREEZE = Table(
    fields=(
        Field("why", LINE, "What people read while it holds."),
        Field(
            "days",
            Sequence(Choice(DAYS), "[sat, sun]"),
            "The days of the week on which it begins.",
            default=(),
        ),
        Field("from", TimeOfDay("18:00"), "When it begins on each of these days.", default=None, otherwise="midnight"),
        Field(
            "to",
            TimeOfDay("08:00"),
            "When it ends; a time before `from` is on the next day.",
            default=None,
            otherwise="the next midnight",
        ),
        Field(
            "zone",
            Zone("Europe/Berlin"),
            "The time zone of all times here that have none of their own.",
            default="UTC",
        ),
        Field("since", Moment("2026-12-20T00:00Z"), "The moment at which it begins. Instead of `days`.", default=None),
        Field("until", Moment("2027-01-03T00:00Z"), "The moment at which it ends.", default=None),
    ),
    example='{why: weekend, days: [fri], from: "18:00", to: "08:00", zone: Europe/Berlin}',
)

KEEPING = Table(
    fields=(
        Field("for", Duration(timedelta(), timedelta(days=90), "24h"), "How long it stays.", default=PLAIN.keep_blue),
        Field(
            "instances",
            Whole(1, MOST_INSTANCES, "instances", "1"),
            "How many instances it is scaled down to while it stays.",
            default=None,
            otherwise="as many as it has",
        ),
    ),
    example="24h or {for: 24h, instances: 1}",
    short="for",
    expects="a duration from 0s to 90d or a mapping",
)

WITHIN = "belongs into deployment, like deployment: {from: live, %s}"
POLICY = Table(
    fields=(
        Field("endpoint", ENDPOINT_TABLE, "The online endpoint: its name, or how to make it too."),
        Field(
            "name",
            Text(r"(?!skip$)[a-z0-9][a-z0-9-]{0,62}", "a name (small letters, digits, dashes; not skip)", "careful"),
            "For an endpoint with several policies: all but one have a name, and a model whose tag `teal` says that "
            "name gets this policy.",
            default=PLAIN.name,
        ),
        Field("models", Sequence(MODEL, "[{name: churn-model}]"), "The models whose new versions are rolled out here."),
        Field("deployment", DEPLOYMENT, "Where green comes from.", default=complete(DEPLOYMENT)),
        Field(
            "steps",
            Sequence(STEP, "[{weight: 10}, {weight: 50}]"),
            "What happens, in this order. After the last step green is promoted: it gets all traffic.",
        ),
        Field("judge", JUDGING, "How green is judged while it has live traffic.", default=complete(JUDGING)),
        Field("telemetry", TELEMETRY, "Where the judge looks, and when.", default=complete(TELEMETRY)),
        Field("deadlines", TIMES, "How long each part may take before it is rolled back.", default=complete(TIMES)),
        Field(
            "newer_version",
            Choice(("wait", "replace")),
            "What a version does that is registered while a rollout is open: the newest waits until it has ended, or "
            "it replaces it.",
            default=PLAIN.newer_version,
        ),
        Field(
            "freeze",
            Sequence(FREEZE, "[{why: weekend, days: [sat, sun]}]", least=0),
            "When no rollout goes forward. Rolling back is never frozen.",
            default=(),
        ),
        Field(
            "keep_blue",
            KEEPING,
            "How long the old deployment stays after the promotion, so that it can be gone back to.",
            default=MappingProxyType(complete(KEEPING)),
        ),
        Field(
            "on_rollback",
            Choice(("delete", "keep")),
            "What becomes of green when it was rolled back.",
            default=PLAIN.on_rollback,
        ),
    ),
    example="{endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}",
    hints={
        "instance_count": WITHIN % "instance_count: same",
        "instance_type": WITHIN % "instance_type: Standard_DS3_v2",
        "autoscale": WITHIN % "autoscale: true",
        "template": "belongs into deployment, like deployment: {template: deployments/churn.yml}",
        "create": "belongs into endpoint, like endpoint: {name: churn, create: {auth_mode: key}}",
        "model": "unknown key; did you mean models: [{name: churn-model}]?",
        "freezes": "unknown key; did you mean freeze?",
    },
)
