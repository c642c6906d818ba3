"""App settings: the environment, then local.settings.json. Never logs a value."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Settings = dict[str, str]

_REFERENCE = re.compile(r"%([^%]+)%")


class MissingSettingError(LookupError):
    """A `%NAME%` in a binding refers to a setting, `name`, that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the app setting {name} does not exist")
        self.name = name


def load(app: Path, environment: Mapping[str, str]) -> Settings:
    """Return the app's settings; the environment overrides the file, as under Core Tools.

    Raises ValueError if local.settings.json is invalid.
    """
    return {**_local(app / "local.settings.json"), **environment}


def _local(path: Path) -> Settings:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    values = content.get("Values", {}) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise ValueError(f'{path} must be {{"Values": {{name: value}}}}')  # noqa: TRY004  # of a file, not an argument
    if content.get("IsEncrypted"):
        raise ValueError(f"{path.name} is encrypted; only Core Tools can read it")
    return {name: str(value) for name, value in values.items()}


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Return the text with each `%NAME%` replaced by that setting. Raises MissingSettingError."""

    def value(match: re.Match[str]) -> str:
        try:
            return settings[match[1]]
        except KeyError:
            raise MissingSettingError(match[1]) from None

    return _REFERENCE.sub(value, text)


def connection(name: str, settings: Mapping[str, str]) -> Settings:
    """Return a connection's settings without their prefix: `""` is a connection string, other keys identity settings.

    Like the WebJobs SDK, this looks up `AzureWebJobs<name>` before `<name>`. Empty if the connection is unknown.
    """
    for prefix in (f"AzureWebJobs{name}", name):
        found = {
            key.removeprefix(f"{prefix}__"): value for key, value in settings.items() if key.startswith(f"{prefix}__")
        }
        if settings.get(prefix):
            return {"": settings[prefix], **found}
        if found:
            return found
    return {}


def is_disabled(function: str, settings: Mapping[str, str]) -> bool:
    """Return whether `AzureWebJobs.<function>.Disabled` is on (or the same with `__` for dots, for shells)."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs__{function}__Disabled")
    return any(settings.get(name, "").lower() in {"1", "true"} for name in names)
