"""The documentation site: every page is in it, and every link and anchor leads somewhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from docs.site import ROOT, gather, navigation, sources

MKDOCS = ROOT / ".venv-site/bin/mkdocs"


@pytest.mark.skipif(not MKDOCS.exists(), reason="MkDocs is not installed: `make setup`")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """MkDocs checks links, anchors and the navigation; with `strict`, each warning is an error."""
    gather(tmp_path)
    command = [str(MKDOCS), "--quiet", "build", "--config-file", str(tmp_path / "mkdocs.yml")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert all((tmp_path / "pages" / page.relative_to(ROOT)).exists() for page in sources())


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ("[a](code)", {"code/score.py": ""}, "[a](code/index.md)"),
        ("[a](code)", {"code/score.py": "", "code/README.md": ""}, "[a](code/README.md)"),
        ("[a](code/score.py) [b](https://x.example/y)", {"code/score.py": ""}, None),
    ],
    ids=["a folder", "a folder with a page", "files and other sites"],
)
def test_links_lead_to_pages_and_files(tmp_path: Path, text: str, files: dict[str, str], expected: str | None) -> None:
    """A folder is not a page: its link leads to its README or to a list of its files."""
    repository, site = tmp_path / "repository", tmp_path / "site"
    for name, content in {"README.md": text, **files}.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(content)
    gather(site, repository)
    assert (site / "pages/README.md").read_text() == (expected or text)
    assert (site / "pages/code/score.py").exists()
    if expected == "[a](code/index.md)":
        assert "- [score.py](score.py)" in (site / "pages/code/index.md").read_text()


def test_no_page_is_left_out_of_the_navigation() -> None:
    """A new page is listed last until someone gives it a place."""
    names = ["README.md", "docs/api.md", "docs/new.md"]
    assert navigation(names)[0] == {"Teal": "README.md"}
    assert {"More": ["docs/new.md"]} in navigation(names)
