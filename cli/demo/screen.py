"""What the terminal shows: scrolling lines, and below them a panel that is redrawn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.demo.checks import Check
from cli.demo.gates import Distance
from cli.demo.pace import Pace

BLUE, GREEN = "#56B4E9", "#009E73"  # distinguishable with any kind of colour vision
WIDTH = 140
TITLES = (
    "An endpoint with version 1",
    "Live traffic",
    "Version 2, which is better",
    "Version 3, which fails on some patients",
    "Version 4, rolled back manually",
)


def console() -> Console:
    """Return a console for the terminal, or one with a fixed width for a log."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=WIDTH)


@dataclass(slots=True)
class Now:
    """What the panel shows. rate: requests per minute of the demo's clock."""

    weights: dict[str, int] = field(default_factory=dict)
    phase: str = ""
    reason: str = ""
    distances: list[Distance] = field(default_factory=list)
    rate: float = 0.0
    requests: int = 0
    failed: int = 0


@dataclass(slots=True)
class Screen:
    """Draws on a console. speed: the clock's full speed. scene: the number (from 1) of the current scene."""

    console: Console
    speed: float
    scene: int = 0
    now: Now = field(default_factory=Now)
    began: float = field(default_factory=time.monotonic)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Start at full speed."""
        self.pace = Pace(self.speed)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Show the panel during the block, if this is a terminal."""
        if not self.console.is_terminal:
            yield
            return
        with Live(self, console=self.console, refresh_per_second=4, transient=True):
            yield

    def opening(self) -> None:
        """Print what is about to happen, and that time is accelerated."""
        faster = (
            f"Time runs {self.speed:g} times as fast, less on a busy machine: a minute takes {60 / self.speed:.1f} s."
        )
        self.console.print(f"[bold]Everything runs on this machine; nothing leaves it.[/bold] {faster}")
        self.say("training four versions of a model; starting a small Azure")

    def begin(self, scene: int) -> None:
        """Print a scene's title."""
        self.scene = scene
        self.console.print(f"\n[bold]{scene}. {TITLES[scene - 1]}[/bold]")

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        line = Text(f"{time.monotonic() - self.began:6.1f} s  ", style="dim")
        self.console.print(line.append(text, style="default"))

    def note_time(self, wall: float, virtual: float) -> None:
        """Record both clocks' readings (seconds), and print a line if the demo's clock has slowed down or recovered."""
        news = self.pace.note(wall, virtual)
        if news:
            self.say(news)

    def failed(self, problem: str, logs: Path) -> None:
        """Print the problem and where the logs are."""
        self.console.print(Text(f"\nThis failed:\n{problem}\nThe logs are in {logs}", style="bold red"))

    def checked(self, check: Check) -> None:
        """Print the result of a check."""
        mark, style = ("✓", "green") if check.passed else ("✗", "bold red")
        self.console.print(Text(f"          {mark} {check.words()}", style=style))

    def __rich__(self) -> RenderableType:
        """Draw the panel."""
        passed = time.monotonic() - self.began
        counts = f"{self.now.rate:.0f} requests/min, {self.now.requests:,} sent, {self.now.failed:,} failed"
        title = TITLES[self.scene - 1] if self.scene else "Starting"
        rows: list[RenderableType] = [Text(counts)]
        rows += [_weight_bar(name, share) for name, share in sorted(self.now.weights.items())]
        rows.append(Text(self.now.phase))
        if self.now.distances:
            rows.append(_distance_bars(self.now.distances))
        rows.append(Text(self.now.reason))
        return Panel(
            Group(*rows),
            title=f"{self.scene}/{len(TITLES)}  {title}",
            subtitle=f"{passed:.0f} s, time running at {self.pace.speed:.0f}x",
            height=12,
        )


def _weight_bar(name: str, share: int) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    colour = BLUE if share >= 50 else GREEN
    grid.add_row(
        f"{name:<14}", f"{share:>3} %", ProgressBar(total=100, completed=share, width=40, complete_style=colour)
    )
    return grid


def _distance_bars(distances: list[Distance]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    for each in distances:
        bar = "" if each.gone is None else ProgressBar(total=1, completed=each.gone, width=20)
        grid.add_row(each.what, bar, each.odds)
    return grid
