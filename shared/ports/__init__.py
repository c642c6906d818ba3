"""The ports: narrow interfaces to everything outside Teal. They know no adapter and no Azure type.

The ports for Azure ML, telemetry and scoring belong to one workspace and take an endpoint's name; all others belong to
the app and take the full endpoint id.

Every method may raise `errors.Temporary` or `errors.Permanent` and nothing else; none waits for an Azure operation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shared.core.observation import Halt, HaltEnd, HaltEntry
from shared.ports.azure_ml import Answer, Endpoints, Models, Scoring
from shared.ports.messages import Backlog, BacklogCounts, Channel, Wakeups
from shared.ports.policies import JsonSchema, Policies
from shared.ports.store import Changes, Numbered, Store, Stored
from shared.ports.telemetry import Answers, AnswerSeen, Fetch, Seen, Telemetry, TelemetryPaths, TelemetrySource

Clock = Callable[[], datetime]

__all__ = [
    "Answer",
    "AnswerSeen",
    "Answers",
    "Backlog",
    "BacklogCounts",
    "Changes",
    "Channel",
    "Clock",
    "Endpoints",
    "Fetch",
    "Halt",
    "HaltEnd",
    "HaltEntry",
    "JsonSchema",
    "Models",
    "Numbered",
    "Policies",
    "Scoring",
    "Seen",
    "Store",
    "Stored",
    "Telemetry",
    "TelemetryPaths",
    "TelemetrySource",
    "Wakeups",
]
