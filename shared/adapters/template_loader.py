"""Microsoft's own loader of `az ml` deployment files, used offline: it only reads a file and what lies next to it.

The rollout and `teal policy check` load templates with it, so that a template that passes the check also loads later.
azure-ai-ml costs a second and 100 MB to import, so it is imported only when a template is loaded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.adapters.faults import LONGEST_MESSAGE
from shared.adapters.quiet import quietly
from shared.redaction import redacted

_NOISE = re.compile(r"\x1b\[[0-9;]*m|<_io\.StringIO object at 0x[0-9a-f]+>")  # colors, and our stream instead of a file
_WHOLE = "_schema"  # marshmallow's key for a message about a value as a whole
# Messages without a key, by a part of their text.
_ABOUT = (
    ("ScaleSettings", "scale_settings"),
    ("scoring script", "code_configuration"),
    ("DataCollector", "data_collector"),
    ("K8SDeployment", "model"),
)


class LoaderProblem(NamedTuple):
    """One problem that the loader found. keys: the path of the value in the file; empty for the whole file."""

    keys: tuple[str | int, ...]
    message: str


def load_deployment(text: str, origin: Path, overrides: Mapping[str, str]) -> Any:  # noqa: ANN401 -- a class of the SDK
    """Return the SDK's deployment for a template with its variables filled in; call it within `quietly()`.

    origin: the template's path, to which local paths in it are relative. overrides: keys with other values than in the
    file. Raises whatever the SDK raises.
    """
    from azure.ai.ml import load_online_deployment  # noqa: PLC0415 -- see the module's docstring

    params = [{key: value} for key, value in overrides.items()]
    return load_online_deployment(io.StringIO(text), relative_origin=str(origin), params_override=params)


def loader_problems(text: str, origin: Path, overrides: Mapping[str, str]) -> tuple[LoaderProblem, ...]:
    """Return what the SDK would reject when it loads a filled template and builds its request, without a network.

    Arguments as for `load_deployment`. Never raises for a template, whatever is in it.
    """
    with quietly():
        try:
            deployment = load_deployment(text, origin, overrides)
            deployment._to_rest_object(location="")  # noqa: SLF001 -- the last check of `az ml` before it sends
        except Exception as error:  # noqa: BLE001 -- wrong types in a template end in any of Python's errors
            found = tuple(_problems(error)) or (LoaderProblem((), sdk_message(error)),)
            return tuple(each if each.keys else each._replace(keys=_about(each.message)) for each in found)
    return ()


def sdk_message(error: BaseException) -> str:
    """Return the SDK's message on one line, without terminal colors."""
    return redacted(" ".join(_NOISE.sub("", str(error)).split()))[:LONGEST_MESSAGE]


def _problems(error: BaseException) -> Iterator[LoaderProblem]:
    """Yield the messages of marshmallow's innermost error, which has them by key; the outer ones have them as text."""
    from marshmallow import ValidationError  # noqa: PLC0415 -- a dependency of azure-ai-ml

    messages: Any = None
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ValidationError) and isinstance(inner.messages, dict):
            messages = inner.messages
        inner = inner.__cause__ or inner.__context__
    if messages is not None:
        yield from _flat(messages, ())


def _flat(messages: Any, keys: tuple[str | int, ...]) -> Iterator[LoaderProblem]:  # noqa: ANN401 -- nested as it likes
    """Yield nested messages by key. A list with mappings has one for each alternative that the value could be."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flat(inner, keys if key == _WHOLE else (*keys, key))
    elif isinstance(messages, list) and any(isinstance(each, dict) for each in messages):
        yield from _nearest([list(_flat(each, keys)) for each in messages], keys)
    else:
        words = messages if isinstance(messages, list) else [messages]
        yield from (LoaderProblem(keys, _one_line(word)) for word in words)


def _nearest(alternatives: list[list[LoaderProblem]], keys: tuple[str | int, ...]) -> Iterator[LoaderProblem]:
    """Yield the problems of the alternative that fits best: one with the value's structure, and the fewest problems.

    If the value has the structure of none, every alternative says what it would have expected.
    """
    structured = [found for found in alternatives if all(len(each.keys) > len(keys) for each in found)]
    if structured:
        yield from min(structured, key=len)
        return
    words = dict.fromkeys(
        each.message for found in alternatives for each in found if "cannot be a string" not in each.message
    )
    yield LoaderProblem(keys, "; or: ".join(words)[:LONGEST_MESSAGE])


def _about(message: str) -> tuple[str, ...]:
    return next(((key,) for part, key in _ABOUT if part in message), ())


def _one_line(message: object) -> str:
    return " ".join(str(message).split()).rstrip(":")
