"""Telemetry per minute, as data: needs, the sources that serve them, and how predictions are read from answers."""

from __future__ import annotations

from shared.core.telemetry.needs import Disagreements, Latency, Need, Predictions, Requests, Tallies
from shared.core.telemetry.predictions import PredictionReading
from shared.core.telemetry.query import TelemetryQuery, Window
from shared.core.telemetry.sources import (
    SOURCE_KINDS,
    SourceKind,
    UnknownSource,
    register_source,
    source_kind,
    sources_of,
)

__all__ = [
    "SOURCE_KINDS",
    "Disagreements",
    "Latency",
    "Need",
    "PredictionReading",
    "Predictions",
    "Requests",
    "SourceKind",
    "Tallies",
    "TelemetryQuery",
    "UnknownSource",
    "Window",
    "register_source",
    "source_kind",
    "sources_of",
]
