"""Translates Azure's exceptions to ours: Temporary if the same call may succeed later, Permanent if it never will.

This is the only place that does so. It keeps the service's code and message, which operators need, but not headers and
bodies, which contain keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError

from shared.errors import Conflict, Permanent, TealError, Temporary, Unstorable
from shared.redaction import redacted

LONGEST_MESSAGE = 500
# Timeout, busy with another operation (in ARM a 409 does not mean a competing writer of ours), too many requests.
_BUSY = frozenset({408, 409, 429})
# Storage: the row already exists, or was deleted or changed since it was read.
_STALE = frozenset({404, 409, 412})
# Storage: a row or a transaction is too large, or contains something that no row may contain.
_UNSTORABLE = frozenset({400, 413})
_NOT_A_RIVAL = frozenset({"TableNotFound", "TableBeingDeleted", "AccountBeingCreated"})

# What the SDKs raise when a proxy or a truncated response gives them something they cannot parse.
_GARBLED = (AttributeError, KeyError, TypeError, ValueError)


@contextmanager
def azure_faults(doing: str) -> Iterator[None]:
    """Translate Azure's exceptions to Temporary or Permanent; `doing` completes "cannot ...": "read endpoint churn"."""
    try:
        yield
    except AzureError as error:
        raise translated(error, doing) from error
    except _GARBLED as error:
        raise Temporary(
            f"cannot {doing}: the answer cannot be read ({redacted(repr(error))[:LONGEST_MESSAGE]})"
        ) from error


@contextmanager
def write_faults(doing: str) -> Iterator[None]:
    """Like azure_faults, for conditional writes: raises Conflict if another writer was first."""
    with azure_faults(doing):
        try:
            yield
        except HttpResponseError as error:
            if error.status_code in _STALE and _code(error) not in _NOT_A_RIVAL:
                raise Conflict(f"cannot {doing}: another was first ({_words(error)})") from error
            if error.status_code in _UNSTORABLE:
                raise Unstorable(f"cannot {doing}: {_words(error)}") from error
            raise


def translated(error: AzureError, doing: str) -> TealError:
    """Return our error for one of Azure's.

    Without an HTTP status there was no response, or no token from an identity that is not ready yet: both are
    temporary.
    """
    status = error.status_code if isinstance(error, HttpResponseError) else None
    kind = Permanent if status is not None and 400 <= status < 500 and status not in _BUSY else Temporary
    return kind(f"cannot {doing}: {_words(error)}")


def _words(error: AzureError) -> str:
    """Return status, code and message on one line, cut to a length that fits a record."""
    parts = []
    if isinstance(error, HttpResponseError):
        parts = [str(error.status_code or ""), _code(error)]
    parts.append(redacted(" ".join(_message(error).split()))[:LONGEST_MESSAGE])
    return " ".join(part for part in parts if part)


def _code(error: HttpResponseError) -> str:
    # Tables put the code on the exception, ARM and Log Analytics in the body.
    own = getattr(error, "error_code", None)
    found = own if own is not None else getattr(error.error, "code", None)
    return str(getattr(found, "value", found) or "")


def _message(error: AzureError) -> str:
    body = error.error if isinstance(error, HttpResponseError) else None
    if body is None or not body.message:
        return error.message or type(error).__name__
    # The outer message is general; the inner ones often have the actual problem.
    further = [detail.message for detail in body.details] + [dict(body.innererror or {}).get("message")]
    return "; ".join([body.message, *(str(text) for text in further if text)])
