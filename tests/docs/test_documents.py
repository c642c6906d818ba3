"""The documents match the code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cli.__main__ import main
from docs.generate import documents, with_part
from docs.site import sources

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_generated_parts_are_up_to_date(path: Path) -> None:
    """A code change that affects a document must change the document too: run `python -m docs.generate`."""
    assert path.read_text() == documents()[path]


def test_a_document_without_its_marks_is_an_error() -> None:
    """A generated part cannot disappear unnoticed."""
    with pytest.raises(ValueError, match="marks of the part 'phases'"):
        with_part("no marks here", "phases", "x")


def test_the_readmes_commands_are_what_ci_runs() -> None:
    """CI runs the two commands that newcomers run, so they work."""
    commands = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == ["demo", "test"]
    gate = (ROOT / ".ci" / "run").read_text()
    assert all(re.search(rf"^make\b.* {command}\b", gate, re.MULTILINE) for command in commands)


def test_the_readmes_policy_is_valid(tmp_path: Path) -> None:
    """A newcomer copies it."""
    (policy,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    shutil.copytree(ROOT / "policies/smoke", tmp_path / "smoke")
    (tmp_path / "churn.yaml").write_text(policy)
    assert main(["policy", "check", "--no-estimates", str(tmp_path)]) == 0


def test_the_profile_on_the_page_can_be_simulated(tmp_path: Path) -> None:
    """It has every key."""
    (profile,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/simulate.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "profile.yaml").write_text(profile)
    words = ["policy", "simulate", str(ROOT / "policies/churn.yaml"), "--profile", str(tmp_path / "profile.yaml")]
    assert main([*words, "--rollouts", "1", "--jobs", "1", "--json"]) == 0


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md")), ids=lambda p: p.name)
def test_links_are_valid(document: Path) -> None:
    """Every relative link in a document points to an existing file."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_setting_of_the_app_is_explained() -> None:
    """Every variable that the command line reads is explained as well."""
    code = [path.read_text() for folder in ("shared", "functions", "cli") for path in (ROOT / folder).rglob("*.py")]
    names = {name for text in code for name in re.findall(r'"(TEAL_[A-Z_]+|AzureWebJobsStorage__\w+)"', text)}
    pages = "".join(path.read_text() for path in sources())
    assert len(names) > 10
    assert {name for name in names if f"`{name}" not in pages and f" {name}=" not in pages} == set()


PATH = re.compile(
    r"`((?:shared|core|functions|adapters|cli|emulator|infra|tests|bench|examples|docs|policies)"
    r"/[\w./-]+\.(?:py|md|bicep|json|sh|kql|ya?ml|txt))(?:::\w+)?`"
)
# Examples of what a user would write.
INVENTED = {"policies/deployments/churn.yml", "policies/smoke/churn.json"}


@pytest.mark.parametrize("document", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_named_file_exists(document: Path) -> None:
    """A file that was moved must be moved on the page too. Some are named without `shared` or `tests`."""
    named = set(PATH.findall(document.read_text())) - INVENTED
    places = [ROOT, ROOT / "shared", ROOT / "tests"]
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


def test_every_setting_of_the_deployment_is_explained() -> None:
    """docs/deploying.md has everything that can be set with `azd env set`."""
    page = (ROOT / "docs/deploying.md").read_text()
    files = [path.read_text() for path in (ROOT / "infra").glob("*.bicepparam")]
    files.append((ROOT / "infra/main.parameters.json").read_text())
    optional = {name for text in files for name in re.findall(r"readEnvironmentVariable\('(\w+)', '", text)}
    named = optional | {name for text in files for name in re.findall(r"\$\{(TEAL_\w+)\}", text)}
    assert named
    assert {name for name in named if name not in page} == set()
