"""The two known forms of Azure ML's ModelRegistered event. Pure; other events are left unchanged.

Microsoft's reference shows `data.ModelName` and an integer version; the payloads in the tests of its SDKs have
`data.modelName`, a string version, `dataVersion` "2" and seven fractional digits in the time.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from emulator.event_grid.options import EventGridOptions
from emulator.resources import Json

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"


def payload(event: Json, options: EventGridOptions) -> Json:
    """Return a copy of the event in the form that `options` select."""
    if event.get("eventType") != MODEL_REGISTERED:
        return dict(event)
    data = {name: None if options.null_tags and value == {} else value for name, value in event["data"].items()}
    match options.spelling:
        case "documented":
            return event | {"data": data | {"ModelVersion": _number(data["ModelVersion"])}}
        case "observed":
            return event | {"data": _observed(data), "dataVersion": "2", "eventTime": _seven_digits(event["eventTime"])}
        case _:
            assert_never(options.spelling)


def _observed(data: Json) -> Json:
    """Return the data with camelCase keys and the version as a string."""
    camel = {f"{name[0].lower()}{name[1:]}": value for name, value in data.items()}
    return camel | {"modelVersion": str(camel["modelVersion"])}


def _number(version: object) -> object:
    """Return a numeric version as an integer; Azure ML allows others, which stay strings."""
    text = str(version)
    return int(text) if text.isdecimal() else text


def _seven_digits(moment: str) -> str:
    """Return an ISO 8601 time with seven fractional digits and the zone as an offset."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")
