"""The page about policies matches the reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from docs.policy_reference import reference
from shared.adapters.queries import tallies
from shared.core.observation import Tally
from shared.core.policy import TemplateSource
from shared.policies.policy_set import read_policies
from tests.adapters.written_log import HOUR, written_log

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"


def test_every_key_is_in_the_reference() -> None:
    """Every key used in an example, at any depth, has a row."""
    example = (PAGE.parents[1] / "policies" / "churn.yaml").read_text()
    keys = set(re.findall(r"^\s*(?:- )?([a-z_]+):(?:\s|$)", example, re.MULTILINE))
    assert {"endpoint", "timeout", "settled_minutes", "keep_blue"} <= keys
    assert [key for key in keys if f"| `{key}` |" not in reference()] == []


def blocks() -> list[str]:
    """Return every YAML block on the page."""
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_shortest_policy_on_the_page_is_valid(folder: Path) -> None:
    """The first policy on the page is valid as it is."""
    (folder / "churn.yaml").write_text(blocks()[0])
    assert len(read_policies(folder).valid().policies[0].steps) == 3


def test_every_block_on_the_page_is_valid(queried: Path) -> None:
    """Each block, added to the shortest policy, gives a valid policy; the templates and the prices are valid too."""
    shortest, *pieces = blocks()
    [template] = [text for text in pieces if "$schema" in text]
    [packaged] = [text for text in pieces if "packaged" in text]
    [prices] = [text for text in pieces if "per_hour" in text]
    (queried / "deployments").mkdir()
    (queried / "deployments" / "churn.yml").write_text(template)
    (queried / "prices.yaml").write_text(prices)
    others = [text for text in pieces if text not in {template, packaged, prices}]
    assert len(others) == 8
    for text in others:
        (queried / "churn.yaml").write_text(yaml.safe_dump(yaml.safe_load(shortest) | yaml.safe_load(text)))
        assert read_policies(queried).valid().prices is not None
    (queried / "deployments" / "churn.yml").write_text(packaged)
    use = {"deployment": {"template": "deployments/churn.yml"}}
    (queried / "churn.yaml").write_text(yaml.safe_dump(yaml.safe_load(shortest) | use))
    assert read_policies(queried).valid().policies[0].source == TemplateSource("deployments/churn.yml")


def test_the_query_on_the_page_works() -> None:
    """The query on the page runs as in the app, and returns the required columns."""
    [query] = re.findall(r"```kusto\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    with written_log() as log:
        log.write("churn-7", 1, 200)
        found = tallies(log.analytics, "churn", HOUR, query)
    assert [(name, tally) for (_, name), tally in found.items()] == [("churn-7", Tally(0, 1))]


def test_the_page_lists_every_strategy() -> None:
    """The page's table matches the folder of example policies."""
    shown = set(re.findall(r"^\| `([a-z-]+\.yaml)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    files = {path.name for path in (PAGE.parents[1] / "examples" / "policies").glob("*.yaml")}
    assert shown == files - {"prices.yaml"}


def test_problems_on_the_page_are_real(folder: Path, find_problems: Callable[[Path], list[str]]) -> None:
    """The messages on the page are those that users get."""
    (folder / "churn.yaml").write_text(
        "endpoint: churn\nmodles: [{name: m}]\nsteps:\n  - pause: {}\n  - weight: 25\n  - weight: 10\n"
    )
    [shown] = re.findall(r"```\n( *policies/.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert find_problems(folder) == [line.strip() for line in shown.strip().splitlines()]
