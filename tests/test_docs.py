"""What the documentation points at is there."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings; the second of two alike ends in -1."""
    made: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", without_code(page.read_text()), flags=re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        made.add(anchor if anchor not in made else f"{anchor}-1")
    return made


def dead_links(page: Path) -> list[str]:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            dead.append(target)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert dead_links(page) == []


def test_a_dead_link_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b` c\n[x](none.md) [y](#a-b-c) [z](#d) [w](https://example.org) [v](page.md#a-b-c)\n")
    assert dead_links(page) == ["none.md", "#d"]


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    for page in folder.glob("0*.md"):
        title = re.match(r"# (\d+)\. (.+)", page.read_text())
        assert title and page.name.startswith(f"{int(title[1]):04d}-")
        assert f"[{title[1]}]({page.name}) | {title[2]} |" in index


def test_the_citation_names_the_version_of_the_package():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_list_begins_after_an_empty_line(page):
    """Else the site shows it as text: GitHub alone sees a list there."""
    lines = without_code(page.read_text(encoding="utf-8")).splitlines()
    item = re.compile(r"\s*([-*]|\d+\.) ")
    assert [
        below
        for above, below in pairwise(lines)
        if item.match(below) and above.strip() and not item.match(above) and not re.match(r"#|  +\S", above)
    ] == []
