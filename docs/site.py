"""Gathers the pages of the documentation site: the repository's own Markdown files, where their links expect them.

`python -m docs.site` writes them and the configuration of MkDocs to `out/docs-site`, where `make docs-site` builds the
site. A linked folder becomes a page that lists its files, so that every link leads somewhere.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "out/docs-site"
SETTINGS = ROOT / "docs/site.yml"
# The order of the pages. Those that are not named follow at the end.
GROUPS = {
    "Use it": (
        "quick-start",
        "concepts",
        "migration",
        "deploying",
        "policies",
        "simulate",
        "commands",
        "ci",
        "api",
        "demo",
    ),
    "Operate it": ("runbook", "reasons", "cost", "limits", "permissions", "threat-model"),
    "Understand it": (
        "faq",
        "comparison",
        "architecture",
        "judge",
        "benchmark",
        "benchmark-tables",
        "measurements",
        "fidelity",
    ),
}
SOURCES = ("*.md", "docs/*.md", "emulator/*.md", "examples/**/*.md")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def sources(root: Path = ROOT) -> list[Path]:
    """Return the Markdown files that are pages of the site."""
    return sorted({path for pattern in SOURCES for path in root.glob(pattern)})


def linked(page: Path) -> Iterator[Path]:
    """Yield the files and folders of the repository that a page links to, other than pages."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        if path.suffix != ".md":
            yield path


def gather(site: Path = SITE, root: Path = ROOT) -> None:
    """Write the pages, all that they link to, and the configuration into a folder, which is emptied before."""
    shutil.rmtree(site, ignore_errors=True)
    pages = site / "pages"
    for page in sources(root):
        _copy(page, pages, root)
        for target in linked(page):
            if target.is_dir():
                _list(target, pages, root)
            else:
                _copy(target, pages, root)
    names = [path.relative_to(pages).as_posix() for path in sorted(pages.rglob("*.md"))]
    (site / "mkdocs.yml").write_text(
        json.dumps({"INHERIT": str(SETTINGS), "nav": navigation(names)}, indent=2), encoding="utf-8"
    )


def navigation(names: list[str]) -> list[object]:
    """Return MkDocs' navigation: the front page, the groups, and all other pages."""
    groups: dict[str, list[str]] = {
        title: [each for page in pages if (each := f"docs/{page}.md") in names] for title, pages in GROUPS.items()
    }
    listed = {"README.md", *(each for pages in groups.values() for each in pages)}
    groups["More"] = [name for name in names if name not in listed]
    return [{"Teal": "README.md"}, *({title: pages} for title, pages in groups.items())]


def _copy(file: Path, pages: Path, root: Path) -> None:
    place = pages / file.relative_to(root)
    place.parent.mkdir(parents=True, exist_ok=True)
    text = file.read_bytes()
    if file.suffix == ".md":
        text = LINK.sub(lambda found: _page_link(found, file), text.decode()).encode()
    place.write_bytes(text)


def _page_link(found: re.Match[str], page: Path) -> str:
    """Return a link to a folder as one to its page."""
    target = page.parent / found[1]
    if not target.is_dir():
        return found[0]
    index = "README.md" if (target / "README.md").exists() else "index.md"
    return f"]({found[1].rstrip('/')}/{index}"


def _list(folder: Path, pages: Path, root: Path) -> None:
    """Write a page that lists the files of a folder, and copy them, unless it has a page of its own."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    for file in files:
        _copy(file, pages, root)
    if not (folder / "README.md").exists():
        links = [f"- [{name}]({name})" for name in (path.relative_to(folder).as_posix() for path in files)]
        page = pages / folder.relative_to(root) / "index.md"
        page.write_text("\n".join([f"# {folder.relative_to(root).as_posix()}", "", *links, ""]), encoding="utf-8")


if __name__ == "__main__":
    gather()
