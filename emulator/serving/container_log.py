"""A deployment's container log: one file that all its processes append to. Its size is bounded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

READ_BYTES = 256 * 1024
KEEP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """The log file at `path`."""

    path: Path

    def append_handle(self) -> BinaryIO:
        """Open the file for appending, to be a process's standard output. The caller closes it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab")

    def clear(self) -> None:
        """Delete what an earlier deployment of the same name wrote."""
        self.path.unlink(missing_ok=True)

    def tail(self, lines: int) -> str:
        """Return the last `lines` lines, from the last 256 KiB at most; empty if there is no log."""
        try:
            with self.path.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(0, size - READ_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""

    def trim(self) -> None:
        """Truncate the file to its last lines once it exceeds 16 MiB. Writers append, so they are not disturbed."""
        if not self.path.exists() or self.path.stat().st_size <= KEEP_BYTES:
            return
        kept = self.tail(1000)
        os.truncate(self.path, 0)
        with self.append_handle() as log:
            log.write(kept.encode() + b"\n")
