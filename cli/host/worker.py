"""The interface between the host and a Python worker. Holds no implementation.

Values are exchanged as `azure.functions.meta.Datum`, which the official converters and Microsoft's runtime both use, so
either can serve as the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.functions.meta import Datum

    from cli.host.metadata import FunctionMetadata


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of one function: its input by binding name, and the trigger's metadata."""

    function: str
    id: str
    inputs: Mapping[str, Datum]
    trigger_metadata: Mapping[str, Datum] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function returned: the value of `$return`, and what it set on its other outputs."""

    returned: Datum | None
    outputs: Mapping[str, Datum]


class InvocationFailedError(Exception):
    """The function, or the conversion of its values, raised an exception; `traceback` is the text for the log."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class IndexingError(Exception):
    """The worker cannot find or load the app's functions; the message says why."""


class Worker(Protocol):
    """Runs the functions of one app."""

    def index(self) -> Sequence[FunctionMetadata]:
        """Import the app and return its functions. Raises IndexingError."""

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one function to its end. Raises InvocationFailedError."""

    def close(self) -> None:
        """Stop the threads; running calls are abandoned."""
