"""Microsoft's own worker: indexes and invokes through azure-functions-runtime, where that is installed.

The runtime is built to sit behind gRPC. Indexing takes the message classes as arguments, so plain stand-ins suffice;
invocation has an entry point without messages. No part of the runtime is replaced.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cli.host.metadata import FunctionMetadata, described
from cli.host.worker import IndexingError, Invocation, InvocationFailedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class _Message(SimpleNamespace):
    """Stands in for any gRPC message: keeps the fields it is created with."""

    Failure, Success = 0, 1


class _BindingInfo(_Message):
    undefined, out, inout = None, 1, 2


class _Messages:
    """Stands in for the module of gRPC messages: every class in it is a `_Message`."""

    BindingInfo = _BindingInfo

    def __getattr__(self, name: str) -> type[_Message]:
        return _Message


class MicrosoftWorker:
    """Runs the app in the directory `app`; `threads` None leaves the number of threads to the runtime."""

    def __init__(self, app: Path, threads: int | None) -> None:
        self._app = app
        if threads is not None:
            os.environ["PYTHON_THREADPOOL_THREAD_COUNT"] = str(threads)
        self._ids: dict[str, str] = {}
        self._callers = ThreadPoolExecutor(1000, thread_name_prefix="invocation")  # as in the host
        self._loop = asyncio.new_event_loop()
        self._loop_thread = threading.Thread(target=self._run_loop, name="async-functions", daemon=True)
        self._loop_thread.start()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def index(self) -> Sequence[FunctionMetadata]:
        """Have the runtime import and index the app. Raises IndexingError with the runtime's message."""
        from azure_functions_runtime.utils.threadpool import start_threadpool_executor  # noqa: PLC0415 - optional

        start_threadpool_executor()
        sys.path.insert(0, str(self._app))
        results = asyncio.run_coroutine_threadsafe(self._metadata(), self._loop).result()
        self._ids = {result.name: result.function_id for result in results}
        return [described(result.name, result.raw_bindings) for result in results]

    async def _metadata(self) -> list[Any]:
        from azure_functions_runtime import handle_event  # noqa: PLC0415 - optional

        start = SimpleNamespace(function_app_directory=str(self._app), capabilities={})
        request = SimpleNamespace(
            properties={"host": "127.0.0.1", "protos": _Messages()},
            request=SimpleNamespace(worker_init_request=start),
        )
        answer = await handle_event.worker_init_request(request)
        if answer.result.status != _Message.Success:
            raise IndexingError(str(answer.result.exception.message))
        return list((await handle_event.functions_metadata_request(request)).function_metadata_results or [])

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one function to its end. Raises InvocationFailedError."""
        handled, *result = await asyncio.get_running_loop().run_in_executor(self._callers, self._invoke, invocation)
        if not handled:
            running = asyncio.run_coroutine_threadsafe(self._invoke_async(invocation), self._loop)
            result = await asyncio.wrap_future(running)
        succeeded, returned, outputs, message, traceback = result
        if not succeeded:
            raise InvocationFailedError(str(message), str(traceback or ""))
        return Outcome(returned, dict(outputs))

    def _invoke(self, invocation: Invocation) -> list[Any]:
        from azure_functions_runtime import native_invocation  # noqa: PLC0415 - optional

        return list(native_invocation.run_invocation_sync(*self._call(invocation)))

    async def _invoke_async(self, invocation: Invocation) -> list[Any]:
        from azure_functions_runtime import native_invocation  # noqa: PLC0415 - optional

        return list(await native_invocation.invocation_request_native(*self._call(invocation)))

    def _call(self, invocation: Invocation) -> tuple[Any, ...]:
        inputs = list(invocation.inputs.items())
        return invocation.id, self._ids[invocation.function], inputs, dict(invocation.trigger_metadata)

    def close(self) -> None:
        """Stop the threads; running calls are abandoned."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop_thread.join(timeout=1)
        self._callers.shutdown(wait=False, cancel_futures=True)
