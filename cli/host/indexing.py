"""Finds the functions of an app as the Python worker does: imports function_app.py and takes its only FunctionApp."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING

import azure.functions as func

from cli.host.worker import IndexingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from azure.functions.decorators.function_app import Function


def load(app: Path) -> Sequence[Function]:
    """Import `app`/function_app.py with `app` first on the module path and return its functions.

    Raises IndexingError. As in the real worker, an app can be loaded only once per process.
    """
    if not (app / "function_app.py").exists():  # otherwise another one further down the module path might be imported
        raise IndexingError(f"{app / 'function_app.py'} does not exist")
    sys.path.insert(0, str(app))
    try:
        module = importlib.import_module("function_app")
    except Exception as error:
        raise IndexingError(f"function_app.py cannot be imported:\n{traceback.format_exc()}") from error
    return functions_of(module.__dict__)


def functions_of(namespace: dict[str, object]) -> Sequence[Function]:
    """Return the functions of the one function app among these names. Raises IndexingError."""
    apps = {id(value): value for value in namespace.values() if isinstance(value, func.FunctionRegister)}
    if len(apps) != 1:
        raise IndexingError(f"function_app.py must hold one FunctionApp at its top level; it holds {len(apps)}")
    (app,) = apps.values()
    try:
        functions: Sequence[Function] = app.get_functions()
    except Exception as error:
        raise IndexingError(f"the functions cannot be listed: {error}") from error
    return functions
