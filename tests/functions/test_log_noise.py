"""The clients' own messages do not fill the logs, which are billed."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from shared.wiring import quiet_client_logs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("logger", "kept", "dropped"),
    [
        pytest.param("azure.core.pipeline.policies.http_logging_policy", logging.WARNING, logging.INFO, id="requests"),
        pytest.param("urllib3.connectionpool", logging.ERROR, logging.WARNING, id="a full pool of connections"),
    ],
)
def test_the_clients_log_only_what_is_wrong(logger: str, kept: int, dropped: int) -> None:
    """Twenty requests at once need ten more connections than are kept, which is normal and not logged."""
    quiet_client_logs()
    found = logging.getLogger(logger)
    assert (found.isEnabledFor(kept), found.isEnabledFor(dropped)) == (True, False)


def test_the_host_does_not_log_each_token() -> None:
    """Most lines of a cold start came from the host's own identity library."""
    levels = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]["logLevel"]
    assert levels == {"default": "Information", "Azure.Core": "Warning", "Azure.Identity": "Warning"}
