"""The path of an ARM request, parsed. ARM compares paths case-insensitively."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from emulator.arm_errors import not_emulated
from emulator.resources import PROVIDER

INSIGHTS = "microsoft.insights"
LOGS = "microsoft.operationalinsights"
AUTHORIZATION = "microsoft.authorization"
_ANYWHERE = {  # what may be below any resource: (provider, kind)
    *((INSIGHTS, kind) for kind in ("metrics", "metricdefinitions", "metricnamespaces")),
    *((AUTHORIZATION, kind) for kind in ("roleassignments", "roledefinitions")),
}
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
        given = segments(raw)
        lowered = [segment.lower() for segment in given]
        at = lowered.index("providers") if "providers" in lowered else len(given)
        if lowered[at + 1 : at + 2] not in ([each] for each in _PROVIDERS):
            raise not_emulated("/" + "/".join(given))
        scope = dict(zip(lowered[0:at:2], given[1:at:2], strict=False))
        below = given[at + 2 :]
        if below:
            below[0] = below[0].lower()
        if below[:1] == ["locations"] and len(below) == 4:
            below[2] = below[2].lower()
        return ResourcePath(scope.get("subscriptions", ""), scope.get("resourcegroups", ""), lowered[at + 1], below)


@dataclass(frozen=True, slots=True)
class ExtensionPath:
    """The path of something that any resource can have, such as a metric: the resource's own id, and the rest."""

    scope: str
    below: list[str]

    @staticmethod
    def parse(given: list[str]) -> ExtensionPath | None:
        """Return the path with these segments, or None if it is of another kind."""
        lowered = [segment.lower() for segment in given]
        if "providers" not in lowered:
            return None
        at = len(lowered) - 1 - lowered[::-1].index("providers")
        if tuple(lowered[at + 1 : at + 3]) not in _ANYWHERE:
            return None
        return ExtensionPath("".join(f"/{segment}" for segment in given[:at]), given[at + 2 :])


def segments(raw: str) -> list[str]:
    """Return the decoded segments of a raw path."""
    return [unquote(segment) for segment in raw.strip("/").split("/")]
