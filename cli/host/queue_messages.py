"""Converts queue messages to and from functions: encoding, splitting, trigger metadata. Pure."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.functions.meta import Datum

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage


def encoded(content: str | bytes, *, as_base64: bool) -> str:
    """Return the text to put on the queue."""
    if as_base64:
        return base64.b64encode(content.encode() if isinstance(content, str) else content).decode("ascii")
    return content if isinstance(content, str) else content.decode()


def decoded(content: str, *, as_base64: bool) -> str:
    """Return the text of a message. Raises ValueError if it is not encoded as the app's settings say."""
    return base64.b64decode(content, validate=True).decode() if as_base64 else content


def split(datum: Datum) -> list[str | bytes]:
    """Return the messages in one output value: one per item for a list, or for text that is a JSON array.

    Text that is a JSON object is printed again, with indents, as the real host does.

    Raises NotImplementedError for QueueMessage objects, whose handling in the real host is not emulated.
    """
    if datum.type == "bytes":
        return [datum.value]
    if datum.type == "string":
        value = _parsed(datum.value)
        if isinstance(value, dict):
            return [json.dumps(value, indent=2, ensure_ascii=False)]
        return [_text(item) for item in value] if isinstance(value, list) else [datum.value]
    items = json.loads(datum.value)
    if datum.type != "json" or not isinstance(items, list) or any(isinstance(item, dict) for item in items):
        raise NotImplementedError("a QueueMessage as output is not emulated by the development host: set text")
    return [_text(item) for item in items]


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _text(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item, separators=(",", ":"))


def trigger_metadata(message: QueueMessage, text: str) -> dict[str, Datum]:
    """Return the metadata of a message as the real host passes it to the worker.

    If the message is a JSON object, its properties are merged in and override the host's, ignoring case:
    a payload field `id` hides the message's id, and `dequeueCount: "seven"` makes the invocation fail.
    """
    values = {
        "QueueTrigger": Datum(text, "string"),
        "Id": Datum(message.id, "string"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "DequeueCount": Datum(json.dumps(message.dequeue_count), "json"),
        "InsertionTime": _time(message.inserted_on),
        "ExpirationTime": _time(message.expires_on),
        "NextVisibleTime": _time(message.next_visible_on),
    }
    names = {name.lower(): name for name in values}
    for key, value in _properties(text).items():
        values[names.get(key.lower(), key)] = Datum(value, "string") if isinstance(value, str) else _json(value)
    return values


def _properties(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(payload, dict):
        return {}
    return {key: value for key, value in payload.items() if value is not None and not isinstance(value, list)}


def _json(value: object) -> Datum:
    return Datum(json.dumps(value), "json")


def _time(moment: datetime | None) -> Datum:
    return _json((moment or datetime.now(UTC)).astimezone(UTC).isoformat())
