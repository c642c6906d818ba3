"""What green is deployed next to: a serving blue, or nothing yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Autoscale = Literal["unknown", "wanted", "done"]


@dataclass(frozen=True, slots=True)
class Beside:
    """Green is deployed next to `blue`, the serving deployment that it is a copy of.

    instances: blue's instance count at that time; None if Azure does not report it. autoscale: whether green still
    needs a copy of blue's autoscale settings.
    """

    blue: str
    instances: int | None = None
    autoscale: Autoscale = "unknown"
    kind: Literal["beside"] = "beside"

    @property
    def like(self) -> str:
        """The deployment that green is a copy of."""
        return self.blue


@dataclass(frozen=True, slots=True)
class First:
    """Nothing serves yet, so green is the first. like: an idle deployment that green is copied from, if any."""

    like: str | None = None
    kind: Literal["first"] = "first"


Placement = Beside | First
