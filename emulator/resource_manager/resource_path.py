"""The path of an ARM request, parsed. ARM compares paths case-insensitively."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from emulator.arm_errors import not_emulated
from emulator.resources import PROVIDER

INSIGHTS = "microsoft.insights"
LOGS = "microsoft.operationalinsights"
_PROVIDERS = (PROVIDER.lower(), INSIGHTS, LOGS)


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """The subscription and group as given (empty if there is none), the provider in lower case, and the rest.

    The first segment of `below` is in lower case, and so is the kind of an operation.
    """

    subscription: str
    group: str
    provider: str
    below: list[str]

    @staticmethod
    def parse(raw: str) -> ResourcePath:
        """Parse a raw path. Raises ArmError 501 for a provider that is not emulated."""
        segments = [unquote(segment) for segment in raw.strip("/").split("/")]
        lowered = [segment.lower() for segment in segments]
        at = lowered.index("providers") if "providers" in lowered else len(segments)
        if lowered[at + 1 : at + 2] not in ([each] for each in _PROVIDERS):
            raise not_emulated("/" + "/".join(segments))
        scope = dict(zip(lowered[0:at:2], segments[1:at:2], strict=False))
        below = segments[at + 2 :]
        if below:
            below[0] = below[0].lower()
        if below[:1] == ["locations"] and len(below) == 4:
            below[2] = below[2].lower()
        return ResourcePath(scope.get("subscriptions", ""), scope.get("resourcegroups", ""), lowered[at + 1], below)
