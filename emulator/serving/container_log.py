"""A deployment's container log: one file that all its processes append to. Reads and keeps a bounded amount."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

READ_BYTES = 256 * 1024
KEEP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """The log file at `path`."""

    path: Path

    def append_handle(self) -> BinaryIO:
        """Open the file for appending, as the standard output of a process; the caller closes it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab")

    def clear(self) -> None:
        """Forget what an earlier deployment of the same name wrote."""
        self.path.unlink(missing_ok=True)

    def tail(self, lines: int) -> str:
        """Return the last `lines` lines, of the last 256 KiB at most; empty when there is no log."""
        try:
            with self.path.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(0, size - READ_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""

    def trim(self) -> None:
        """Start the file again when it has grown beyond 16 MiB, keeping its end. The writers append, so they go on."""
        if not self.path.exists() or self.path.stat().st_size <= KEEP_BYTES:
            return
        kept = self.tail(1000)
        os.truncate(self.path, 0)
        with self.append_handle() as log:
            log.write(kept.encode() + b"\n")
