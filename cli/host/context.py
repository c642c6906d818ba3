"""What a function gets as its `context` parameter, and behind an `Out` parameter. Plain values."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

_THREAD = threading.local()


def mark_thread(invocation_id: str) -> None:
    """Leave the invocation's id where code on this thread finds it: in the context's thread-local storage."""
    _THREAD.invocation_id = invocation_id


class Output(func.Out[object]):
    """Keeps what a function sets on an output binding."""

    def __init__(self) -> None:
        self._value: object = None

    def set(self, val: object) -> None:
        """Keep the value; the last one counts."""
        self._value = val

    def get(self) -> object:
        """Return what was set last, or None."""
        return self._value


@dataclass(frozen=True, slots=True)
class TraceContext:
    """No distributed trace reaches a development host, so this one is empty."""

    trace_state: str = ""
    trace_parent: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryContext:
    """Where the invocation stands in its retry policy; 0 of 0 without one."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


@dataclass(frozen=True, slots=True)
class Context(func.Context):
    """The invocation as the function may see it."""

    invocation_id: str
    function_name: str
    function_directory: str
    thread_local_storage: Any = _THREAD
    trace_context: Any = field(default_factory=TraceContext)
    retry_context: Any = field(default_factory=RetryContext)
