"""How Event Grid behaves: its retry policy, and faults on request. Plain data, which may change while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Virtual seconds before each retry, as Azure documents them; the last one repeats.
RETRY_SCHEDULE = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0)

Spelling = Literal["documented", "observed"]


@dataclass(slots=True)
class EventGridOptions:
    """Settings of the topic and its one subscription. Times are virtual seconds, except `answer_seconds`.

    `function` is the Event Grid function that the subscription targets. `answer_seconds` is the timeout of one attempt
    in wall-clock time, because that is the time a function host runs in. `jitter` delays each retry by up to this
    fraction. `duplicates` is the number of extra deliveries of each event; `delay` holds every event back, and
    `reordering` holds each back by a random time up to this. `spelling` is the form of the payload: `documented` has
    PascalCase keys and an integer version, `observed` has camelCase keys, a string version and a more precise time.
    `null_tags` sends null for empty tags and properties. `seed` makes the randomness repeatable.
    """

    function: str = "model_registered"
    attempts: int = 30
    time_to_live: float = 86400.0
    answer_seconds: float = 30.0
    jitter: float = 0.1
    duplicates: int = 0
    delay: float = 0.0
    reordering: float = 0.0
    spelling: Spelling = "documented"
    null_tags: bool = False
    seed: int | None = None
