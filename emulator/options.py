"""What the emulated cloud is made of and how it behaves: chosen once, at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emulator.resource_manager.settings import Durations, Limits
from emulator.storage import azurite

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Options:
    """`state` is where everything is kept while the cloud runs; the rest has defaults fit for a first try.

    `speed` is how much faster than the wall's the clock runs, `log_lag` how long (virtual seconds) logs take to arrive.
    `functions` is the address of a local function host, `event_key` its key for Event Grid.
    """

    state: Path
    speed: float = 1.0
    log_lag: float = 180.0
    subscription: str = "00000000-0000-0000-0000-00000000e0a1"
    resource_group: str = "teal-emulated"
    workspace: str = "teal-emulated"
    region: str = "westeurope"
    storage_account: str = "tealemulated"
    workspace_storage_account: str = "tealemulatedml"
    functions: str | None = None
    event_key: str | None = None
    port: int = 0
    seed: int | None = None
    durations: Durations = field(default_factory=Durations)
    limits: Limits = field(default_factory=Limits)
    serving_python: Path = ROOT / ".serving/bin/python"
    azurite: Path = azurite.HOME
