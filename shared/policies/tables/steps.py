"""The steps of a policy as a file writes them."""

from __future__ import annotations

from datetime import timedelta

from shared.core.steps import SmokeStep
from shared.policies.grammar import Document, Field, Sequence, Table, Variants
from shared.policies.kinds import Choice, Whole
from shared.policies.tables.texts import GATE_NAME, path_like
from shared.policies.times import Duration

MILLISECOND = timedelta(milliseconds=1)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
SMOKE_DEFAULTS = SmokeStep()
# Azure's longest scoring request, and the most that it mirrors.
LONGEST_ANSWER = 180 * SECOND
MOST_MIRRORED = 50

SMOKE = Table(
    fields=(
        Field(
            "requests",
            path_like("smoke/churn.jsonl"),
            "A JSON Lines file (one request body a line) inside the policies folder. Without it, the sample that the "
            "endpoint's own API description gives is sent.",
            default=SMOKE_DEFAULTS.requests,
            otherwise="the endpoint's sample",
        ),
        Field(
            "status",
            Whole(100, 599, "HTTP status", "200"),
            "The status that every answer must have.",
            default=SMOKE_DEFAULTS.status,
        ),
        Field(
            "timeout",
            Duration(SECOND, LONGEST_ANSWER, "10s"),
            "How long one answer may take before it counts as none.",
            default=SMOKE_DEFAULTS.timeout,
        ),
        Field(
            "schema",
            path_like("smoke/answer.schema.json"),
            "A JSON Schema file inside the policies folder that every answer must fit.",
            default=SMOKE_DEFAULTS.schema,
        ),
        Field(
            "contains",
            Document("{result: ok}"),
            "What every answer must contain: of a mapping these keys with these values, of anything else all of it.",
            default=SMOKE_DEFAULTS.contains,
        ),
        Field(
            "slowest",
            Duration(MILLISECOND, LONGEST_ANSWER, "500ms"),
            "How long the slowest answer of the last round may take.",
            default=SMOKE_DEFAULTS.slowest,
        ),
        Field(
            "repeat",
            Whole(1, 1000, "rounds", "3"),
            "How often all requests are sent. All rounds but the last are warm-up.",
            default=SMOKE_DEFAULTS.repeat,
        ),
    ),
    example="{requests: smoke/churn.jsonl}",
    short="requests",
)

MIRROR = Table(
    fields=(
        Field(
            "percent",
            Whole(1, MOST_MIRRORED, "per cent of the live traffic; Azure ML copies no more", "20"),
            "Per cent of the live traffic that is copied to green; its answers are thrown away.",
        ),
        Field(
            "for",
            Duration(MINUTE, 30 * DAY, "30m"),
            "How long to mirror. Without `for` and `requests`: until the judge certifies the first weight.",
            default=None,
        ),
        Field(
            "requests",
            Whole(1, 100_000_000, "requests", "2000"),
            "How many copies green is to answer. With `for` too, whichever comes first ends the step.",
            default=None,
        ),
    ),
    example="20 or {percent: 20, for: 1h}",
    short="percent",
    expects="a whole number from 1 to 50 (per cent) or a mapping",
    hints={"duration": "unknown key; the duration is `for`", "weight": "unknown key; write percent"},
)

WEIGHT = Table(
    fields=(
        Field(
            "to",
            Whole(1, 100, "per cent of the live traffic, without a sign", "10"),
            "Per cent of the live traffic to green, until the judge certifies the next step. Weights rise.",
        ),
        Field(
            "settled_minutes",
            Whole(1, 1440, "minutes", "3"),
            "The least number of complete minutes with traffic at this weight.",
            default=None,
            otherwise="as `judge` says",
        ),
        Field(
            "patience",
            Duration(MINUTE, 30 * DAY, "1h"),
            "How long this weight may stay inconclusive.",
            default=None,
            otherwise="as `judge` says",
        ),
        Field(
            "inconclusive",
            Choice(("pause", "advance")),
            "What follows here when patience ends.",
            default=None,
            otherwise="as `judge` says",
        ),
        Field(
            "gates",
            Sequence(GATE_NAME, "[errors, latency]", least=0),
            "The gates of this policy whose certificates this step needs. `[]`: none, the step passes by its settled "
            "minutes alone; green is rolled back for harm all the same.",
            default=None,
            otherwise="the critical ones",
        ),
    ),
    example="10 or {to: 10, patience: 2h}",
    short="to",
    expects="a whole number from 1 to 100 (per cent) or a mapping",
    hints={"percent": "unknown key; write to", "weight": "unknown key; write to"},
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
    short="for",
    hints={"duration": "unknown key; the duration is `for`"},
)

STEP = Variants(
    noun="step",
    fields=(
        Field("smoke", SMOKE, "Requests that green must answer before it gets live traffic."),
        Field(
            "mirror",
            MIRROR,
            "A copy of a part of the live traffic to green; its answers are thrown away but judged. Comes before any "
            "weight; ended and read back before the next step. Not on Kubernetes.",
        ),
        Field("weight", WEIGHT, "A part of the live traffic to green, until the judge certifies the next step."),
        Field("pause", PAUSE, "Wait: for a person, or for a time."),
    ),
    example="{weight: 10}",
    hints={
        "shadow": "unknown key; did you mean mirror?",
        "setWeight": "unknown key; did you mean weight?",
        "traffic": "unknown key; did you mean weight?",
        "wait": "unknown key; did you mean pause?",
    },
)
