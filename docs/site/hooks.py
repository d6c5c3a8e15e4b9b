"""What the site adds to the pages in docs/: pages made of docstrings, help and cards, and links into the repository.

`mkdocs build -f docs/site/mkdocs.yml` calls these functions by their names. Nothing that is made here is committed, so
none of it can go stale.
"""

from __future__ import annotations

import re
from pathlib import Path

import api
import commands
import things
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from repository import Repository, anchor

ROOT = Path(__file__).resolve().parents[2]
FONT = re.compile(r"@font-face\s*\{.*?\}", flags=re.DOTALL)
REPOSITORY = Repository(ROOT)
MADE: dict[str, str] = {}
"""Pages that are no files, by their place in the site."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchors of headings as GitHub makes them; which pages there are, and where in the navigation."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = lambda text, separator: anchor(text)
    MADE.clear()
    MADE.update(things.pages() | commands.pages() | api.pages())
    REPOSITORY.read()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, and what the pages link to outside docs/."""
    for place, text in MADE.items():
        files.append(File.generated(config, place, content=text))
    for place, path in REPOSITORY.outside.items():
        files.append(File.generated(config, place, abs_src_path=str(path)))
    files.append(File.generated(config, "assets/site.css", abs_src_path=str(Path(__file__).with_name("site.css"))))
    config.nav = expanded(config.nav, sorted(file.src_uri for file in files.documentation_pages()))
    return files


def expanded(nav: list, pages: list[str]) -> list:
    """The navigation with every folder (`tasks/`) replaced by its pages, its index first, and a last section for pages
    that it does not name."""
    named: set[str] = set()

    def places(entry: str) -> list[str]:
        inside = [page for page in pages if page.startswith(entry)] if entry.endswith("/") else [entry]
        named.update(inside)
        return sorted(inside, key=lambda page: (Path(page).stem.lower() not in ("readme", "index"), page[:-3]))

    def walked(entries: list) -> list:
        made: list = []
        for entry in entries:
            if isinstance(entry, str):
                made += places(entry)
            else:
                ((title, inner),) = entry.items()
                if isinstance(inner, str):
                    named.add(inner)
                made.append({title: walked(inner) if isinstance(inner, list) else inner})
        return made

    made = walked(nav)
    others = [page for page in pages if page not in named]
    return made + ([{"More": others}] if others else [])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as they are in the site; and below the page of a task, its settings."""
    text = REPOSITORY.with_links_of_the_site(markdown, page.file.src_uri)
    if page.file.src_uri.startswith("tasks/"):
        text += things.settings_of_task(page.file.name)
    return text


def on_post_build(config: MkDocsConfig) -> None:
    """The theme's fonts are not the reader's: leave them out."""
    for path in Path(config.site_dir).rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        if "@font-face" in text:
            path.write_text(FONT.sub("", text), encoding="utf-8")
    for path in Path(config.site_dir).rglob("fonts/*"):
        path.unlink()
