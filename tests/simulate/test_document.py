"""docs/simulate.md matches the simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.simulate.curves import Constant, Day
from cli.simulate.profile import Answering, Latency, Profile
from cli.simulate.profile_reading import read_profile
from cli.simulate.profile_table import PROFILE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulate.md"


def test_the_pages_profile_is_valid_and_has_every_key(tmp_path: Path) -> None:
    """The profile on the page can be copied, and no key is missing from it."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    file = tmp_path / "profile.yaml"
    file.write_text(found[1])
    profile = read_profile(file)
    assert isinstance(profile.requests, Day)
    assert [fault.begins.total_seconds() / 60 for fault in profile.faults] == [15, 30, 45]
    assert profile.faults[2].applied_to(Answering(0.1, 0.01, 100.0)) == pytest.approx((0.1, 0.02, 130.0))
    assert set(re.findall(r"^(\w+):", found[1], re.MULTILINE)) == {field.key for field in PROFILE.fields}


def test_the_pages_defaults_are_the_defaults() -> None:
    """The values on the page are the actual defaults."""
    page, usual = PAGE.read_text(), Profile()
    assert "\nlatency: {median: 80ms, spread: 0.4, noise: 0.03}" in page
    assert usual.latency == Latency(80.0, 0.4, 0.03)
    assert "\nclient_errors: 0.5%" in page
    assert usual.client_errors == Constant(0.005)
    for words, value in {
        "provisioning: 8m": usual.provisioning,
        "traffic_write: 20s": usual.traffic_write,
        "scaling: 4m": usual.scaling,
        "approve: 15m": usual.approve,
        "resume: never": usual.resume,
    }.items():
        key, written = words.split(": ")
        assert words in page
        seconds = {"8m": 480.0, "20s": 20.0, "4m": 240.0, "15m": 900.0, "never": None}[written]
        assert (value.total_seconds() if value else None) == seconds, key
