"""One endpoint after another: a failure at one does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from shared.core.endpoint_id import EndpointId
from shared.errors import TealError

log = logging.getLogger("teal.audit")


def each_safely(endpoints: Iterable[EndpointId], look: Callable[[EndpointId], object], failure: str) -> None:
    """Look at each endpoint. Any exception is logged as this failure, and the next night tries again."""
    for endpoint in endpoints:
        try:
            look(endpoint)
        except TealError as error:
            log.warning("%s endpoint=%s: %s", failure, endpoint, error)
        except Exception:
            log.exception("defect: %s endpoint=%s", failure, endpoint)
