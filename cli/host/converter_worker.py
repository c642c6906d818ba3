"""The worker of the development host: calls functions through the official converters of azure-functions.

Sync functions run on a thread pool, async functions on one shared event loop. As in the real worker, a blocking call in
an async function delays every other async function, but never the host itself.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.host import indexing, signature
from cli.host.context import Context, Output, mark_thread
from cli.host.metadata import FunctionMetadata, described
from cli.host.worker import IndexingError, Invocation, InvocationFailedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from azure.functions.meta import Datum

    from cli.host.signature import Port, Signature

_THREADS = 1000


@dataclass(frozen=True, slots=True)
class _Loaded:
    call: Callable[..., Any]
    signature: Signature


class ConverterWorker:
    """Runs the app in the directory `app`, by default on as many threads as the real host gives a worker."""

    def __init__(self, app: Path, threads: int | None) -> None:
        self._app = app
        self._functions: dict[str, _Loaded] = {}
        self._pool = ThreadPoolExecutor(threads or _THREADS, thread_name_prefix="function")
        self._loop = asyncio.new_event_loop()
        self._loop_thread = threading.Thread(target=self._run_loop, name="async-functions", daemon=True)
        self._loop_thread.start()

    def index(self) -> Sequence[FunctionMetadata]:
        """Import the app and return its functions. Raises IndexingError with everything that the worker rejects."""
        found, errors = [], []
        for function in indexing.load(self._app):
            retry = function.get_settings_dict("retry_policy")
            metadata = described(str(function.get_function_name()), function.get_raw_bindings(), retry)
            call = function.get_user_function()
            try:
                self._functions[metadata.name] = _Loaded(call, signature.of(call, metadata))
            except IndexingError as error:
                errors.append(str(error))
            found.append(metadata)
        if errors:
            raise IndexingError("\n".join(errors))
        return found

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one function to its end. Raises InvocationFailedError."""
        loaded = self._functions[invocation.function]
        try:
            arguments, outputs = _arguments(loaded.signature, invocation, str(self._app))
            result = await self._call(loaded.call, arguments, invocation.id)
            return _outcome(loaded.signature, result, outputs)
        except Exception as error:
            raise InvocationFailedError(f"{type(error).__name__}: {error}", traceback.format_exc()) from error

    async def _call(self, call: Callable[..., Any], arguments: dict[str, Any], invocation_id: str) -> object:
        if inspect.iscoroutinefunction(call):
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(**arguments), self._loop))

        def call_on_thread() -> object:
            mark_thread(invocation_id)
            return call(**arguments)

        return await asyncio.get_running_loop().run_in_executor(self._pool, call_on_thread)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def close(self) -> None:
        """Stop the threads; running sync calls are abandoned, running async calls are cancelled."""
        self._loop.call_soon_threadsafe(self._loop.create_task, self._stop_loop())
        self._loop_thread.join(timeout=1)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _stop_loop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()


def _arguments(
    signature_: Signature, invocation: Invocation, directory: str
) -> tuple[dict[str, Any], dict[str, Output]]:
    arguments: dict[str, Any] = {
        name: port.converter.decode(invocation.inputs[name], trigger_metadata=invocation.trigger_metadata)
        for name, port in signature_.inputs.items()
    }
    outputs = {name: Output() for name in signature_.outputs}
    arguments.update(outputs)
    if signature_.wants_context:
        arguments["context"] = Context(invocation.id, invocation.function, directory)
    return arguments, outputs


def _outcome(signature_: Signature, result: object, outputs: dict[str, Output]) -> Outcome:
    if result is not None and signature_.returned is None:
        raise RuntimeError("the function returned a value, but has no $return binding")
    values = {
        name: _encoded(port, outputs[name].get())
        for name, port in signature_.outputs.items()
        if outputs[name].get() is not None
    }
    return Outcome(_encoded(signature_.returned, result) if signature_.returned else None, values)


def _encoded(port: Port, value: object) -> Datum:
    try:
        encoded: Datum = port.converter.encode(value, expected_type=port.annotation)
    except NotImplementedError:
        raise TypeError(f"{port.converter.__name__} cannot encode a {type(value).__name__}") from None
    return encoded
