"""The limits that the code sets, as Markdown for docs/limits.md.

Every constant whose name says that it is a bound is in a table or in `INTERNAL`; a test compares both with the code.
"""

# ruff: noqa: E501 -- a line is a row of a table

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.policies.template_rules import LIMITS
from shared.words.numbers import duration

ROOT = Path(__file__).resolve().parent.parent
SECONDS, BYTES, CHARACTERS = "s", "bytes", "characters"

# title: (constant, unit, what it bounds)
TABLES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Policies": (
        ("shared.policies.document:LARGEST_FILE", BYTES, "a policy file"),
        ("shared.policies.document:MOST_NODES", "", "values in a policy file, aliases expanded"),
        ("shared.policies.document:DEEPEST", "", "levels of nesting in a policy file"),
        ("shared.policies.request_files:LARGEST_FILE", BYTES, "a file of smoke requests"),
        ("shared.policies.request_files:MOST_FILES", "", "files in a folder of smoke requests"),
        ("shared.policies.template:LARGEST_FILE", BYTES, "a deployment template"),
        ("shared.policies.files:LARGEST_QUERY", BYTES, "the KQL of a custom gate"),
        ("shared.core.schema.texts:LONGEST_PATTERN", CHARACTERS, "a regular expression"),
        ("shared.redaction:LONGEST_LINE", CHARACTERS, "a line that `redact` is applied to (the rest of a longer one is left out), and a text or name in an answer that a schema's `pattern` is applied to"),
        ("shared.core.gates.predictions:MOST_LABELS", "", "classes or bins of the gate `predictions`, with one each for other and unreadable predictions"),
        ("shared.core.telemetry.predictions:LONGEST_LABEL", CHARACTERS, "the label of a class"),
        ("shared.policies.tables.judging:LONGEST_ONCE", "", "`telemetry.history` with `retries: once`"),
    ),
    "A reconcile": (
        ("shared.core.rollout.leases:LONGEST", "", "how long one process may act on an endpoint; a crashed one blocks others for no longer"),
        ("shared.adapters.clients:CONNECT_SECONDS", SECONDS, "connecting to an Azure service"),
        ("shared.adapters.clients:READ_SECONDS", SECONDS, "waiting for its answer"),
        ("shared.adapters.log_analytics:SERVER_SECONDS", SECONDS, "one log query, on the service"),
        ("shared.telemetry:MOST_SECONDS", SECONDS, "reading other sources than the request log in one reconcile; gates after that are judged in a later one"),
        ("shared.adapters.scoring:OVERALL", "", "all smoke requests of one attempt together"),
        ("shared.core.schema.texts:LONGEST_ANSWER", "", "the answer to one smoke request (`timeout`)"),
        ("shared.core.reconcile.plan:LONGEST", "", "telemetry that one reconcile reads; the next continues"),
        ("shared.collected_answers:MOST_READ", "", "collected answers per deployment, or pairs, in one read"),
        ("shared.collected_answers:MOST_CHARACTERS", CHARACTERS, "the same, in text"),
        ("shared.collected_answers:MOST_LABELS", "", "different labels per deployment in one read"),
        ("shared.adapters.answers:MOST_BYTES", BYTES, "collected answers that one read downloads"),
        ("shared.adapters.metrics_query:MOST_SERIES", "", "series in one query of the platform metrics"),
        ("shared.adapters.queues:LIFETIME_SECONDS", SECONDS, "how long a wake-up stays in the queue"),
    ),
    "Waiting and patience": (
        ("shared.core.reconcile.judging:ARM_WAIT", "", "how long a minute waits for one deployment's missing rows (or `telemetry.lag`, if longer)"),
        ("shared.core.reconcile.judging:TRAILING", "", "how long a judged minute is watched for late rows"),
        ("shared.core.reconcile.observed_time:GAP", "", "how long a gap between observations must be before no deadline counts it"),
        ("shared.core.reconcile.external_edits:SETTLED", "", "how long green may be without traffic that somebody took away before the rollout is rolled back"),
        ("shared.core.reconcile.returning:GROW", "", "how long a rollback waits for a blue that was scaled down to grow"),
        ("shared.core.reconcile.proving:GRACE", "", "after `telemetry.lag`: when a missing smoke request in the log is reported"),
        ("shared.core.reconcile.promoting:UNSEEN", "", "how long telemetry may be missing in a bake before it is reported"),
        ("shared.core.missed:GRACE", "", "how old a registered version without a rollout is when it is reported"),
        ("shared.core.admission.admit:MOST_REPLACED", "", "rollouts in a row that `newer_version: replace` may replace; the next is allowed to finish"),
    ),
    "The HTTP API": (
        ("functions.requests:LARGEST_BODY", BYTES, "a request's body"),
        ("functions.inputs:LONGEST_TEXT", CHARACTERS, "`by`, `reason` and `idempotency_key`"),
        ("functions.reading:MOST_ENTRIES", "", "history entries in one response, the newest"),
        ("functions.reading:MOST_HALTS", "", "halts in one response, the newest"),
        ("shared.listing:MOST_READ", "", "rollouts that one page of a filtered list examines"),
        ("shared.core.rollout.requests:MOST_WAITING", "", "requests that wait to be carried out; one that is safer than all of them is still accepted"),
        ("shared.repetitions:LATELY", "", "how long after the first a repeated request is recognized once its rollout has ended"),
        ("shared.repetitions:MOST", "", "an endpoint's newest ended rollouts that are searched for a repeated request"),
        ("shared.core.rollout.requests:MOST_KEYS", "", "idempotency keys that a rollout remembers, the newest"),
    ),
    "What is stored": (
        ("shared.core.bounds:LONGEST_TEXT", CHARACTERS, "a text in a history entry"),
        ("shared.core.bounds:LONGEST_ITEM", CHARACTERS, "a text within a list of an entry"),
        ("shared.core.bounds:MOST_ITEMS", "", "items of a list in an entry"),
        ("shared.observer:LOG_LINES", "", "lines of the container's log that are kept when a deployment fails"),
        ("shared.observer:LONGEST_LINE", CHARACTERS, "one of these lines"),
        ("shared.observer:LONGEST_LOG", CHARACTERS, "all of these lines"),
        ("shared.adapters.faults:LONGEST_MESSAGE", CHARACTERS, "an error message of Azure's"),
        ("shared.core.missed:MOST_REPORTED", "", "registered versions without a rollout that are kept per endpoint"),
    ),
    "Health": (
        ("shared.health:TICK_LATE", "", "without a tick: reported"),
        ("shared.rollout_health:UNSEEN", "", "without an observation of an open rollout: reported"),
        ("shared.rollout_health:WAITING", "", "that a rollout has waited for an operator, or for lack of evidence: reported"),
        ("shared.health:DEEP", "", "messages in the queue: more are reported"),
        ("shared.health:MOST_SECONDS", SECONDS, "checking all endpoints"),
        ("shared.adapters.backlog:MOST_COUNTED", "", "dead letters that are counted; the number shown goes no higher"),
    ),
    "Azure": (
        ("shared.core.reconcile.limits:MOST_DEPLOYMENTS", "", "deployments of an endpoint ([quotas](https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas))"),
        ("shared.core.schema.texts:MOST_INSTANCES", "", "instances of a managed deployment, in a policy"),
        ("shared.core.steps.mirror:MOST", "%", "traffic that can be mirrored"),
        ("shared.core.admission.admit:LONGEST_NAME", CHARACTERS, "the name of a deployment; longer model names are shortened"),
    ),
}  # fmt: skip
# Bounds that no one can meet from outside: parts of algorithms, of output, and of protocols.
INTERNAL = frozenset(
    {
        "shared.health:LONGEST",  # of an unexpected error in a finding
        "shared.repetitions:MOST",  # rollouts that may have accepted a repeated request
        "shared.adapters.arm:MOST_PAGES",
        "shared.adapters.logs:MOST_TRIES",
        "shared.adapters.queries:LONGEST_VALUE",
        "shared.adapters.scoring:LONGEST_TEXT",
        "shared.adapters.table:MOST_OPERATIONS",
        "shared.adapters.table_rows:LONGEST_COLUMN",
        "shared.adapters.table_rows:MOST_PIECES",
        "shared.core.admission.events:LONGEST",
        "shared.core.gates.latency:MOST_BURSTINESS",
        "shared.core.judge.incident:LONGEST_CALM",
        "shared.core.judge.incident:LONGEST_UNSURE",
        "shared.core.judge.incident:MOST",
        "shared.core.judge.incident:MOST_UNKNOWN",
        "shared.core.observation.observation:LONGEST_PROBLEM",
        "shared.core.reconcile.rereading:LONGEST_LAG",
        "shared.core.schema.matching:MOST_WAYS",
        "shared.core.telemetry.predictions:MOST_PREDICTIONS",
        "shared.core.wording:MOST_DECIMALS",
        "shared.observer:LONGEST_QUOTA_PROBLEM",
        "shared.policies.files:MOST_SHOWN",
        "shared.policies.intended:LONGEST_VALUE",
        "shared.policies.missing_files:MOST_SEARCHED",
        "shared.policies.numbers:LONGEST",
        "shared.policies.request_files:MOST_SHOWN",
        "shared.policies.unknown_keys:MOST_PLACES",
        "functions.inputs:MOST_STEPS",
    }
)


def code_limits() -> str:
    """Return a table for each part of the app, with the values in the code."""
    parts = []
    for title, rows in TABLES.items():
        lines = [f"| {shown(constant(place), unit)} | {about} |" for place, unit, about in rows]
        parts.append("\n".join([f"### {title}", "", "| limit | of |", "|---|---|", *lines]))
    return "\n" + "\n\n".join([*parts, template_limits()]) + "\n\n"


def template_limits() -> str:
    """Return what Azure ML accepts in a deployment template, as `teal policy check` knows it."""
    lines = [
        f"| `{limit.path}` | {_range(limit.least, limit.most, limit.unit)} "
        f"| {_range(limit.least, limit.on_kubernetes or limit.most, limit.unit)} |"
        for limit in LIMITS
    ]
    return "\n".join(["### Deployment templates", "", "| key | managed | Kubernetes |", "|---|---|---|", *lines])


def host_limits() -> str:
    """Return the limits that host.json and the templates set."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    queues = host["extensions"]["queues"]
    app, event = (
        (ROOT / f"infra/modules/{name}.bicep").read_text(encoding="utf-8") for name in ("app", "subscription")
    )
    rows = (
        (_clock(host["functionTimeout"]), "one run of a function (`host.json`)"),
        (queues["batchSize"], "endpoints that an instance reconciles at once (`host.json`)"),
        (queues["maxDequeueCount"], "attempts at a message before it goes to `reconcile-poison` (`host.json`)"),
        (_clock(queues["visibilityTimeout"]), "between these attempts (`host.json`)"),
        (_number(app, "maximumInstanceCount"), "instances of the app (`infra/modules/app.bicep`)"),
        (_number(event, "maxDeliveryAttempts"), "attempts of Event Grid to deliver a registration"),
        (duration(60 * _number(event, "eventTimeToLiveInMinutes")), "how long it tries, before the event is a dead letter"),
    )  # fmt: skip
    return "\n".join(["| limit | of |", "|---|---|", *(f"| {value} | {about} |" for value, about in rows)]) + "\n"


def constant(place: str) -> Any:  # noqa: ANN401 -- a number or a duration
    """Return the value of `module:NAME`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def shown(value: Any, unit: str) -> str:  # noqa: ANN401 -- as above
    """Return a limit with its unit."""
    if isinstance(value, timedelta):
        return duration(value.total_seconds())
    if unit == SECONDS:
        return duration(value)
    if unit == BYTES:
        return _size(value)
    return f"{value:,}{'' if unit in {'', '%'} else ' '}{unit}"


def _size(count: int) -> str:
    for size, name in ((1024 * 1024, "MiB"), (1_000_000, "MB"), (1024, "KiB")):
        if count % size == 0:
            return f"{count // size} {name}"
    return f"{count:,} bytes"


def _range(least: int, most: int | None, unit: str) -> str:
    return f"{least:,} to {most:,}{unit}" if most is not None else f"{least:,} or more{unit}"


def _clock(text: str) -> str:
    hours, minutes, seconds = map(int, text.split(":"))
    return duration(3600 * hours + 60 * minutes + seconds)


def _number(text: str, name: str) -> int:
    found = re.search(rf"\b{name}: (\d+)", text)
    if found is None:
        raise ValueError(f"the template has no {name}")
    return int(found[1])
