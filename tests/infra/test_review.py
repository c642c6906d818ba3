"""checkov reviews what the templates evaluate to, with the exceptions that are written next to the resources."""

from __future__ import annotations

from pathlib import Path

from tests.infra.review import exceptions, plain_template

BICEP = """
param name string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  // checkov:skip=CKV_AZURE_1:One is enough.
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  // checkov:skip=CKV_AZURE_2:Nobody calls it.
  name: name
  // checkov:skip=CKV_AZURE_3:It sleeps.

  resource settings 'config' = {
    name: 'appsettings'
  }
}
"""


def test_an_exception_belongs_to_its_resource() -> None:
    """Wherever the comment is within the resource."""
    assert exceptions(BICEP) == {
        "Microsoft.Web/serverfarms": ["checkov:skip=CKV_AZURE_1:One is enough."],
        "Microsoft.Web/sites": ["checkov:skip=CKV_AZURE_2:Nobody calls it.", "checkov:skip=CKV_AZURE_3:It sleeps."],
    }


def test_other_resources_have_no_exception() -> None:
    """It applies only to resources of its type."""
    kinds = ("Microsoft.Web/sites", "Microsoft.Storage/storageAccounts")
    snapshot = {"predictedResources": [{"type": kind, "name": "one"} for kind in kinds], "outputs": {}}
    app, account = plain_template(snapshot, exceptions(BICEP))["resources"]
    assert len(app["metadata"]["checkov"]) == 2
    assert account == {"type": "Microsoft.Storage/storageAccounts", "name": "one", "metadata": {"checkov": []}}


def test_every_exception_in_the_templates_is_read(root: Path) -> None:
    """None is lost between the comment and the review."""
    for file in sorted((root / "infra").rglob("*.bicep")):
        text = file.read_text(encoding="utf-8")
        assert sum(map(len, exceptions(text).values())) == text.count("checkov:skip="), file.name
