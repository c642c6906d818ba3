"""Code and templates use the same names: neither checks the other, so a mistake would show only in Azure."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tree_sitter import Node

LIST_BINDINGS = (
    "import json, function_app as f;"
    "print(json.dumps({g.get_function_name(): g.get_raw_bindings() for g in f.app.get_functions()}))"
)
SET_BY_FLEX = {"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_TIME_ZONE", "AzureWebJobsStorage"}


def strings(template: Node, variable: str) -> set[str]:
    """Return the strings of a `var name = ['a', 'b']`."""
    match = re.search(rf"^var {variable} = \[(.*)\]$", (template.text or b"").decode(), re.MULTILINE)
    assert match, variable
    return set(re.findall(r"'([^']*)'", match[1]))


def settings_written(templates: dict[str, Node]) -> set[str]:
    """Return the names of all app settings that the templates give to the function app."""
    main = (templates["main.bicep"].text or b"").decode()
    app = (templates["modules/app.bicep"].text or b"").decode()
    blocks = [main.split("settings: {")[1].split("}")[0], app.split("var systemSettings = {")[1].split("\n}")[0]]
    return {name for block in blocks for name in re.findall(r"^\s*(\w+):", block, re.MULTILINE)}


@pytest.fixture(scope="module")
def bindings(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Return each function's bindings as the host reads them, in a separate process: they can be read only once."""
    command = [sys.executable, "-c", LIST_BINDINGS]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    found: dict[str, list[Any]] = json.loads(run.stdout)
    return {
        name: [json.loads(item) if isinstance(item, str) else item for item in items] for name, items in found.items()
    }


def test_events_go_to_the_event_grid_function(
    templates: dict[str, Node], bindings: dict[str, list[dict[str, Any]]]
) -> None:
    """The event subscription names the one function with an Event Grid trigger."""
    source = (templates["modules/subscription.bicep"].text or b"").decode()
    takers = [name for name, items in bindings.items() if any(item["type"] == "eventGridTrigger" for item in items)]
    assert re.findall(r"^var functionName = '(.*)'$", source, re.MULTILINE) == takers


def test_queues_exist_before_the_code(templates: dict[str, Node], bindings: dict[str, list[dict[str, Any]]]) -> None:
    """Every queue that a function reads or writes is created, with a poison queue for each that is read."""
    used = {(item["type"], item["queueName"]) for items in bindings.values() for item in items if "queueName" in item}
    poison = {f"{queue.removesuffix('-poison')}-poison" for kind, queue in used if kind == "queueTrigger"}
    assert poison
    assert strings(templates["modules/storage_contents.bicep"], "queueNames") == {queue for _, queue in used} | poison


def test_queues_are_reached_by_identity(templates: dict[str, Node], bindings: dict[str, list[dict[str, Any]]]) -> None:
    """The settings have the service URI and the identity for every binding's connection."""
    connections = {item["connection"] for items in bindings.values() for item in items if "connection" in item}
    assert connections
    for connection in connections:
        assert {f"{connection}__queueServiceUri", f"{connection}__clientId"} <= settings_written(templates)


def test_tables_exist_before_the_code(templates: dict[str, Node]) -> None:
    """The created tables are those that the code uses."""
    assert strings(templates["modules/storage_contents.bicep"], "tableNames") == set(
        importlib.import_module("shared.names").TABLES
    )


def test_the_templates_set_exactly_the_settings_that_are_read(root: Path, templates: dict[str, Node]) -> None:
    """Every setting that Teal requires is set, and none that nothing reads."""
    written = settings_written(templates)
    assert set(importlib.import_module("shared.settings").REQUIRED) <= written
    source = (root / "shared/settings.py").read_text()
    assert [name for name in written if name.startswith("TEAL_") and name not in source] == []


def test_settings_that_flex_rejects_are_absent(templates: dict[str, Node]) -> None:
    """Flex Consumption takes its runtime from functionAppConfig, and a plain storage connection would be a key."""
    assert "AzureWebJobsStorage__credential" in settings_written(templates)
    assert not settings_written(templates) & SET_BY_FLEX
