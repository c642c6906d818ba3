"""Lists as Azure's clients request them: filters, order and pages.

A parameter that Azure has and the emulator lacks is refused by name: a list that ignores it would be a wrong answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote, urlencode

from emulator.arm_errors import not_emulated
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import Json

PAGE = 30  # Azure does not say how long its pages are
_ALWAYS = frozenset({"api-version", "$skip"})
_LIMITS = ("$top", "count")
_ORDERS = ("$orderby", "orderby")
# The parameters of each list, in lower case, as azure-ai-ml's own client has them.
ENDPOINTS = frozenset({"name", "count", "computetype", "tags", "properties", "orderby"})
DEPLOYMENTS = frozenset({"$orderby", "$top"})
DATASTORES = frozenset({"count", "isdefault", "names", "orderbyasc"})  # there is only one, so the order does not matter
COMPUTES: frozenset[str] = frozenset()
CONTAINERS = frozenset({"count", "listviewtype"})
VERSIONS = {
    "models": frozenset({"$orderby", "$top", "version", "tags", "properties", "stage", "listviewtype"}),
    "environments": frozenset({"$orderby", "$top", "stage", "listviewtype"}),
    "codes": frozenset({"$orderby", "$top", "hash", "hashversion"}),
    "data": frozenset({"$orderby", "$top", "$tags", "stage", "listviewtype"}),
}


def listed(call: Call, place: str, oldest_first: Iterable[Json], known: frozenset[str]) -> Reply:
    """Return one page of the documents that the query selects; `place` is the path of the list below the workspace.

    They come in the given order unless the query has another. `$top` and `count` limit the whole list. Raises ArmError
    501 for a parameter that is not in `known`.
    """
    query = {name.lower(): value for name, value in call.query.items()}
    for name in query:
        if name not in known | _ALWAYS:
            raise not_emulated(f"The parameter {name} of the list {place}")
    shown = [each for each in oldest_first if _selected(each, query)]
    shown = _ordered(shown, next((query[name] for name in _ORDERS if name in query), ""))
    for name in _LIMITS:
        if query.get(name, "").isdigit():
            return Reply(body={"value": shown[: int(query[name])]})
    return _page(call, place, shown)


def _page(call: Call, place: str, shown: list[Json]) -> Reply:
    skip = call.query.get("$skip", "")
    first = int(skip) if skip.isdigit() else 0
    last = first + PAGE
    if last >= len(shown):
        return Reply(body={"value": shown[first:]})
    query = urlencode({**call.query, "$skip": last}, quote_via=quote)
    link = f"https://management.azure.com{call.workspace.id}/{quote(place)}?{query}"
    return Reply(body={"value": shown[first:last], "nextLink": link})


def _ordered(documents: list[Json], order: str) -> list[Json]:
    match order.lower().replace(" ", ""):
        case "" | "createdtimeasc":
            return documents
        case "createdtimedesc":
            return documents[::-1]
        case "updatedtimeasc":
            return sorted(documents, key=_updated)
        case "updatedtimedesc":
            return sorted(documents, key=_updated, reverse=True)
        case _:
            raise not_emulated(f"The order {order!r} of a list")


def _updated(document: Json) -> str:
    return str(document["systemData"]["lastModifiedAt"])


def _selected(document: Json, query: dict[str, str]) -> bool:
    view = {"listviewtype": "ActiveOnly"} if "isArchived" in document["properties"] else {}
    return all(_FILTERS[name](document, value) for name, value in (view | query).items() if name in _FILTERS)


def _in_view(document: Json, view: str) -> bool:
    return view == "All" or document["properties"]["isArchived"] is (view == "ArchivedOnly")


def _tagged(document: Json, wanted: str) -> bool:
    """Return whether the document has all the tags: names, or names with values, separated by commas."""
    return _has(document.get("tags") or document["properties"].get("tags") or {}, wanted)


def _with_properties(document: Json, wanted: str) -> bool:
    return _has(document["properties"].get("properties") or {}, wanted)


def _has(pairs: Json, wanted: str) -> bool:
    for each in filter(None, wanted.split(",")):
        name, separator, value = each.partition("=")
        if name not in pairs or (separator and pairs[name] != value):
            return False
    return True


def _on(document: Json, kind: str) -> bool:
    return kind.lower() == ("kubernetes" if document["properties"].get("compute") else "managed")


_FILTERS: dict[str, Callable[[Json, str], bool]] = {
    "name": lambda document, value: bool(document["name"].lower() == value.lower()),
    "names": lambda document, value: document["name"] in value.split(","),
    "isdefault": lambda document, value: str(document["properties"]["isDefault"]).lower() == value.lower(),
    "version": lambda document, value: bool(document["name"] == value),
    "stage": lambda document, value: bool(document["properties"].get("stage") == value),
    "hash": lambda document, value: bool((document["properties"].get("properties") or {}).get("hash_sha256") == value),
    "computetype": _on,
    "tags": _tagged,
    "$tags": _tagged,
    "properties": _with_properties,
    "listviewtype": _in_view,
}
