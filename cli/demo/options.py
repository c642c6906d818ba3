"""What can be chosen about the demo, and what is fixed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/diabetes"

ENDPOINT = "diabetes"
MODEL = "diabetes"
LOG_LAG = 40  # virtual seconds until a request can be queried; Azure takes 3 to 10 minutes
DURATIONS = 0.2  # times what operations on deployments take on Azure
LEAST_RATE = 50.0  # requests a second at full speed that must really have been sent
OPERATOR = "anna@example.com"
ROLLBACK_REASON = "support reports odd predictions for two patients"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """speed: how many times as fast as the wall's the demo's clock runs, at most. out: where the results go.

    rate: requests a second at that speed; on a slowed clock it sends as many a minute of the clock. serving and
    azurite: what `make setup` leaves behind when it is done.
    """

    keep: bool = False
    speed: float = 40.0
    rate: float = 70.0
    out: Path = ROOT / "out/demo"
    state: Path = ROOT / ".state/demo"
    serving: Path = ROOT / ".serving/bin/python"
    azurite: Path = ROOT / ".azurite/.installed"

    @property
    def rate_per_minute(self) -> float:
        """Requests a minute of the demo's clock."""
        return self.per_minute(self.rate)

    def per_minute(self, rate: float) -> float:
        """Return how many a minute of the demo's clock `rate` a second at full speed is."""
        return 60 * rate / self.speed

    @property
    def missing(self) -> list[Path]:
        """What `make setup` should have made but is missing."""
        return [path for path in (self.serving, self.azurite) if not path.exists()]

    @property
    def logs(self) -> Path:
        """Where every process writes its log; kept after the end."""
        return self.out / "logs"

    @property
    def trained(self) -> Path:
        """Where the models of the example are trained to."""
        return self.state / "trained"
