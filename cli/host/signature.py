"""Matches a Python function's parameters to its bindings, and rejects what the worker rejects. Runs nothing.

The rules are those of the Python worker: parameter and binding names match exactly, `Out` marks outputs, and the
binding's converter must accept the annotation.
"""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import azure.functions as func
from azure.functions.meta import get_binding_registry

from cli.host.converters import TextConverter
from cli.host.metadata import FunctionMetadata, Json, is_output
from cli.host.worker import IndexingError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Port:
    """One parameter (or the return value): its converter and its annotated type."""

    converter: Any
    annotation: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """A function as the worker sees it."""

    inputs: dict[str, Port]
    outputs: dict[str, Port]
    returned: Port | None
    wants_context: bool


def of(function: Callable[..., object], metadata: FunctionMetadata) -> Signature:
    """Return the signature. Raises IndexingError naming what does not match."""
    hints = typing.get_type_hints(function)
    bindings = {str(binding["name"]): binding for binding in metadata.bindings}
    returned = bindings.pop("$return", None)
    parameters = set(inspect.signature(function).parameters)
    wants_context = "context" in parameters - set(bindings)
    _compare(metadata.name, parameters - ({"context"} if wants_context else set()), set(bindings))
    inputs = {name: _port(metadata.name, item, hints) for name, item in bindings.items() if not is_output(item)}
    outputs = {name: _port(metadata.name, item, hints) for name, item in bindings.items() if is_output(item)}
    return Signature(inputs, outputs, _returned(metadata.name, returned, hints), wants_context)


def _compare(function: str, parameters: set[str], bindings: set[str]) -> None:
    if parameters - bindings:
        raise IndexingError(f"{function}: parameters without a binding: {', '.join(sorted(parameters - bindings))}")
    if bindings - parameters:
        raise IndexingError(f"{function}: bindings without a parameter: {', '.join(sorted(bindings - parameters))}")


def _port(function: str, binding: Json, hints: dict[str, Any]) -> Port:
    name = str(binding["name"])
    annotation = hints.get(name)
    is_out = annotation is func.Out or typing.get_origin(annotation) is func.Out
    if annotation is func.Out:
        raise IndexingError(f"{function}: {name} must say what it puts out, like func.Out[str]")
    if name in hints and is_out != is_output(binding):
        raise IndexingError(f"{function}: {name} is an {'output' if is_output(binding) else 'input'}, its type is not")
    inner = typing.get_args(annotation)[0] if is_out else annotation
    converter = TextConverter if inner in (str, bytes) else _converter(binding)
    accepts = converter.check_output_type_annotation if is_out else converter.check_input_type_annotation
    if name in hints and not _accepts(accepts, inner):
        raise IndexingError(f"{function}: {name} cannot be {annotation} for the binding {binding['type']}")
    return Port(converter, inner)


def _accepts(check: Callable[[Any], object], annotation: object) -> bool:
    try:
        return bool(check(annotation))
    except TypeError:  # a generic such as list[str] where the converter expects a class
        return False


def _returned(function: str, binding: Json | None, hints: dict[str, Any]) -> Port | None:
    if binding is None:
        return None
    converter = _converter(binding)
    if "return" in hints and not _accepts(converter.check_output_type_annotation, hints["return"]):
        raise IndexingError(f"{function}: it cannot return {hints['return']} to the binding {binding['type']}")
    return Port(converter, hints.get("return"))


def _converter(binding: Json) -> Any:  # noqa: ANN401 - converters share no type
    return get_binding_registry().get(str(binding["type"])) or TextConverter
