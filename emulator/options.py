"""The options of the emulated cloud: what exists in it and how it behaves. Fixed at startup."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emulator.resource_manager.settings import Durations, Limits
from emulator.storage import azurite

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Options:
    """`state` is the directory for all files while the cloud runs; everything else has a sensible default.

    `speed` is how much faster than the wall clock the virtual clock runs. `log_lag` is how long logs take to arrive, in
    virtual seconds. `log_every_endpoint` gives each new endpoint a diagnostic setting; otherwise nothing is logged
    until someone sets one. `functions` is the address of a local function host, `event_key` its system key for Event
    Grid.
    """

    state: Path
    speed: float = 1.0
    log_lag: float = 180.0
    log_every_endpoint: bool = False
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
