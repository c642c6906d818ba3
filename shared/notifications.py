"""Sends every history entry, once it is saved, through each configured channel.

A channel that fails is logged and skipped: a notification must never block what it reports.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.errors import TealError
from shared.ports import Channel
from shared.words import sentence

log = logging.getLogger("teal.notifications")


@dataclass(frozen=True, slots=True)
class LogChannel:
    """The channel that is always present: one line in the app's log per history entry."""

    def notify(self, rollout: Rollout, entry: Entry) -> None:
        """Log the entry as one line, with its code for programs and its summary for people."""
        overruled = f" judge_overruled_by={rollout.override.by!r}" if rollout.override else ""
        log.info(
            "rollout=%s endpoint=%s from=%s to=%s actor=%r reason=%s summary=%r%s",
            *(rollout.id, rollout.endpoint, entry.before, entry.after, entry.actor, entry.reason.code),
            sentence(entry.reason),
            overruled,
        )


def notify(channels: Iterable[Channel], rollout: Rollout, entries: Iterable[Entry]) -> None:
    """Send each entry through each channel, in order."""
    for entry in entries:
        for channel in channels:
            try:
                channel.notify(rollout, entry)
            except TealError as error:
                log.warning("not notified rollout=%s channel=%s: %s", rollout.id, type(channel).__name__, error)
            except Exception:  # a library may raise anything, and the other channels must still be told
                log.exception("not notified rollout=%s channel=%s", rollout.id, type(channel).__name__)
