"""The path of an ARM request, taken apart. ARM compares paths without regard to case; so does what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from emulator.resource_manager.errors import not_emulated
from emulator.resource_manager.state import PROVIDER

INSIGHTS = "microsoft.insights"
_PROVIDERS = (PROVIDER.lower(), INSIGHTS)


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """Subscription and group (empty: none named) as they were spelt, the provider in lower case, and the rest.

    Of `below` the first part is in lower case; so is an operation's kind.
    """

    subscription: str
    group: str
    provider: str
    below: list[str]

    @staticmethod
    def of(raw: str) -> ResourcePath:
        """Take a raw path apart. Raises ArmError 501 for a provider that is not emulated."""
        parts = [unquote(part) for part in raw.strip("/").split("/")]
        lowered = [part.lower() for part in parts]
        at = lowered.index("providers") if "providers" in lowered else len(parts)
        if lowered[at + 1 : at + 2] not in ([each] for each in _PROVIDERS):
            raise not_emulated("/" + "/".join(parts))
        scope = dict(zip(lowered[0:at:2], parts[1:at:2], strict=False))
        below = parts[at + 2 :]
        if below:
            below[0] = below[0].lower()
        if below[:1] == ["locations"] and len(below) == 4:
            below[2] = below[2].lower()
        return ResourcePath(scope.get("subscriptions", ""), scope.get("resourcegroups", ""), lowered[at + 1], below)
