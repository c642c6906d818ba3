"""The demo's options and fixed settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/diabetes"

ENDPOINT = "diabetes"
MODEL = "diabetes"
LOG_LAG = 40  # virtual seconds until a request can be queried; Azure takes 3 to 10 minutes
DURATIONS = 0.2  # factor on how long deployment operations take on Azure
LEAST_RATE = 50.0  # requests per second at full speed that must actually have been sent
OPERATOR = "anna@example.com"
ROLLBACK_REASON = "support reports odd predictions for two patients"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """speed: the most that the demo's clock runs faster than the wall clock, as a factor. out: the results directory.

    rate: requests per second at full speed; a slowed clock keeps the requests per clock minute. serving, azurite: files
    that `make setup` creates when it is done.
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
        """Requests per minute of the demo's clock."""
        return self.per_minute(self.rate)

    def per_minute(self, rate: float) -> float:
        """Convert `rate`, per second at full speed, to a rate per minute of the demo's clock."""
        return 60 * rate / self.speed

    @property
    def missing(self) -> list[Path]:
        """The files that `make setup` should have created but are missing."""
        return [path for path in (self.serving, self.azurite) if not path.exists()]

    @property
    def logs(self) -> Path:
        """The directory for the log of every process; kept afterwards."""
        return self.out / "logs"

    @property
    def trained(self) -> Path:
        """The directory for the example's trained models."""
        return self.state / "trained"
