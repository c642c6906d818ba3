"""What the real host rejects and a Python worker does not notice: all problems of an app, found before it starts.

The rules are those of the Functions host (Utility, WorkerFunctionMetadataProvider, ScriptHost).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.host import binding_checks, options
from cli.host.metadata import FunctionMetadata, Json, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_FUNCTION_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,127}")
_BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,127}|\$return")
_WITHOUT_BUNDLE = {"httptrigger", "http", "timertrigger", "warmuptrigger"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to reject the app: the function ("" for the whole app), the problem, the remedy."""

    function: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.function or 'the app'}: {self.wrong}; {self.right}"


def problems(functions: Sequence[FunctionMetadata], host_json: Json, settings: Mapping[str, str]) -> list[Problem]:
    """Return every reason why the real host would reject these functions, or why this host cannot run them."""
    found = [
        *_of_host_json(host_json, functions),
        *_of_names(functions),
        *(Problem(function.name, wrong, right) for function in functions for wrong, right in _of(function, settings)),
        *(Problem(name, wrong, right) for name, wrong, right in binding_checks.route_conflicts(functions)),
    ]
    return list(dict.fromkeys(found))


def warnings(functions: Iterable[FunctionMetadata]) -> Iterator[str]:
    """Yield what the real host only warns about: retry policies that have no effect."""
    for function in functions:
        if function.retry and kind(function.trigger) != "timertrigger":
            yield f"{function.name}: a retry policy has no effect on {function.trigger['type']}"


def _of_host_json(host_json: Json, functions: Iterable[FunctionMetadata]) -> Iterator[Problem]:
    if host_json.get("version") != "2.0":
        yield Problem("", f"host.json has version {host_json.get('version')!r}", 'it must be "2.0"')
    try:
        options.read(host_json)
    except ValueError as error:
        yield Problem("", f"host.json: {error}", "see the host.json reference")
    bundle = host_json.get("extensionBundle") or {}
    needing = sorted({binding["type"] for function in functions for binding in function.bindings if _needs(binding)})
    if needing and not (bundle.get("id") and bundle.get("version")):
        yield Problem("", f"host.json has no extensionBundle, but {', '.join(needing)} needs it", "name id and version")


def _needs(binding: Json) -> bool:
    return kind(binding) not in _WITHOUT_BUNDLE


def _of_names(functions: Iterable[FunctionMetadata]) -> Iterator[Problem]:
    counts = Counter(function.name.lower() for function in functions)
    for name, count in counts.items():
        if count > 1:
            yield Problem(
                name, f"{count} functions have this name", "function names are unique, without regard to case"
            )


def _of(function: FunctionMetadata, settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _FUNCTION_NAME.fullmatch(function.name) or function.name.lower() == "host":
        yield (
            f"{function.name!r} is not a valid function name",
            "a letter, then up to 127 letters, digits, _ or -; and not 'host'",
        )
    if len(function.triggers) != 1:
        yield f"it has {len(function.triggers)} triggers", "a function has exactly one"
    counts = Counter(str(binding.get("name")).lower() for binding in function.bindings)
    for name, count in counts.items():
        if count > 1:
            yield f"{count} bindings are named {name!r}", "binding names are unique in a function"
    for binding in function.bindings:
        yield from _of_binding(function, binding, settings)


def _of_binding(function: FunctionMetadata, binding: Json, settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name = str(binding.get("name"))
    if not _BINDING_NAME.fullmatch(name):
        yield f"{name!r} is not a valid binding name", "a letter, then up to 127 letters or digits: no underscore"
    check: Callable[[Json, Mapping[str, str]], Iterator[tuple[str, str]]] | None = binding_checks.CHECKS.get(
        kind(binding)
    )
    if check is None:
        yield f"the binding type {binding.get('type')} is not emulated", "run this app with Core Tools"
    else:
        yield from check(binding, settings)
    if function.retry and kind(binding) == "timertrigger":
        yield "retry policies are not emulated", "run this app with Core Tools, or let the next tick try again"
