"""How Event Grid behaves: its retry policy, and the misbehaviour that can be asked for. Only data; settable live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Virtual seconds before each further attempt, as Azure documents them; the last step repeats.
RETRY_SCHEDULE = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0)

Spelling = Literal["documented", "observed"]


@dataclass(slots=True)
class EventGridOptions:
    """Settings of the topic and its one subscription. Times are virtual seconds but for `answer_seconds`.

    `function` is the Event Grid function that the subscription names. `answer_seconds` is how long an answer may take,
    in wall time, because a function host answers in wall time. `jitter` is the share by which a retry comes later at
    most. `duplicates` is how many more times each event is delivered after it was taken; `delay` holds every event
    back, `reordering` each by a random part of it. `spelling` is the payload's form: `documented` has PascalCase keys
    and a whole number as version, `observed` camelCase keys, the version as text and a longer time. `null_tags` sends
    null for empty tags and properties. `seed` fixes what is random.
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
