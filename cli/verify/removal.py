"""What was created and must be removed again, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError

from cli.verify.report import UnexpectedError
from shared.errors import TealError


@dataclass(slots=True)
class Removals:
    """The pending removals, by what they remove. Each is added before its resource is created, and may find nothing."""

    tell: Callable[[str], None]
    pending: dict[str, Callable[[], None]] = field(default_factory=dict)

    def add(self, what: str, remove: Callable[[], None]) -> None:
        """Have something removed at the end."""
        self.pending[what] = remove

    def run(self) -> bool:
        """Remove everything, newest first; return whether nothing is left. What is left is printed."""
        for what, remove in reversed(list(self.pending.items())):
            try:
                remove()
            except (TealError, AzureError, UnexpectedError) as error:
                self.tell(f"left behind: {what}: {error}")
            except KeyboardInterrupt:
                break
            else:
                del self.pending[what]
                self.tell(f"removed {what}")
        if self.pending:
            self.tell(f"remove it yourself: {', '.join(self.pending)}")
        return not self.pending
