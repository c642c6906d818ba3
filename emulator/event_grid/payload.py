"""The two forms in which Azure ML's events are seen, made from one. Pure; what is not ModelRegistered stays as it is.

Microsoft's reference shows `data.ModelName` and a whole number as version; the payloads in its SDKs' tests have
`data.modelName`, the version as text, `dataVersion` "2" and seven digits of a second.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.event_grid.options import EventGridOptions
    from emulator.resources import Json

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"


def spelt(event: Json, options: EventGridOptions) -> Json:
    """Return the event in the form that `options` ask for; the given one is left alone."""
    if event.get("eventType") != MODEL_REGISTERED:
        return dict(event)
    data = {name: _emptied(value, options) for name, value in event["data"].items()}
    if options.spelling == "observed":
        return event | {"data": _observed(data), "dataVersion": "2", "eventTime": _seven_digits(event["eventTime"])}
    return event | {"data": data | {"ModelVersion": _number(data["ModelVersion"])}}


def _emptied(value: object, options: EventGridOptions) -> object:
    """Return null for an empty object, if that is asked."""
    return None if options.null_tags and value == {} else value


def _observed(data: Json) -> Json:
    """Return the keys in camelCase and the version as text."""
    camel = {f"{name[0].lower()}{name[1:]}": value for name, value in data.items()}
    return camel | {"modelVersion": str(camel["modelVersion"])}


def _number(version: object) -> object:
    """Return a version of digits as a number; Azure ML allows others, which stay text."""
    text = str(version)
    return int(text) if text.isdecimal() else text


def _seven_digits(moment: str) -> str:
    """Write an ISO 8601 time with seven digits of a second and the zone as an offset."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")
