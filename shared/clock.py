"""The app's clock. The wall's, or in a rehearsal one that runs faster; nobody else may ask for the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from shared.errors import Misconfigured
from shared.ports import Clock


def read_clock(setting: str | None) -> Clock:
    """Return the clock of the setting TEAL_CLOCK: `<speed>@<origin in unix seconds>`, or the wall's for None or "".

    Time starts with the wall's at the origin and then runs `speed` times as fast. Raises Misconfigured.
    """
    if not setting:
        return lambda: datetime.now(UTC)
    try:
        speed, origin = (float(part) for part in setting.split("@"))
    except ValueError as error:
        raise Misconfigured(f"TEAL_CLOCK must be <speed>@<unix seconds>, such as 60@1763622000, not {setting!r}") from (
            error
        )
    return lambda: datetime.fromtimestamp(origin + (time.time() - origin) * speed, UTC)
