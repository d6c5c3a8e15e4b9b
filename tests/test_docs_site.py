"""The site is built without a warning, has a page for everything, and asks nothing of the internet."""

from __future__ import annotations

import inspect
import logging
import re
from pathlib import Path

import pytest
from typer.main import get_command

import rlbench_rec as rb
from rlbench_rec import events, tasks
from rlbench_rec.cli.app import app
from rlbench_rec.ope import ESTIMATORS
from rlbench_rec.policies import POLICIES
from rlbench_rec.training import ALGORITHMS

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs" / "site"
CALLS_OUT = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import|@font-face"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `just site` builds it: a warning ends the build."""
    build = pytest.importorskip("mkdocs.commands.build", reason="needs the extra [docs]").build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    log = logging.getLogger("mkdocs")
    warnings: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    try:
        build(load_config(str(SITE / "mkdocs.yml"), site_dir=str(folder)))
    finally:
        log.removeHandler(handler)
    assert warnings == []
    return folder


def names(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.html")} - {"index"}


def test_everything_has_a_page(site):
    assert names(site / "estimators") == set(ESTIMATORS)
    assert names(site / "learners") == set(ALGORITHMS)
    assert names(site / "baselines") == set(POLICIES)
    assert names(site / "commands") == {f"rlbench-{name}" for name in get_command(app).commands}
    assert names(site / "datasheets") == {*events.list_cards(), *tasks.TASKS}
    text = "".join(path.read_text(encoding="utf-8") for path in (site / "tasks").glob("*.html"))
    assert all(f">Settings of {name}<" in text for name in tasks.TASKS)


def test_every_public_name_is_in_the_reference(site):
    for room in (name for name in rb.__all__ if inspect.ismodule(getattr(rb, name))):
        page = (site / "api" / f"{room}.html").read_text(encoding="utf-8")
        for name in getattr(getattr(rb, room), "__all__", ()):
            if not inspect.ismodule(getattr(getattr(rb, room), name)):
                assert re.search(rf'<h2 id="{name.lower()}[-_\d]*">{name}</h2>', page), name


def test_pages_say_what_the_package_says(site):
    page = (site / "estimators" / "dr-clip.html").read_text(encoding="utf-8")
    assert "mean v + min(w, clip) (r - q), one-step logs." in page and "never <code>trusted</code>" in page
    page = (site / "learners" / "iql.html").read_text(encoding="utf-8")
    assert re.search(
        r"<code>expectile</code></td>\s*<td><code>0.7</code></td>\s*<td>&gt;&nbsp;0, &lt;&nbsp;1</td>", page
    )
    page = (site / "commands" / "rlbench-data.html").read_text(encoding="utf-8")
    assert "rlbench data init" in page and "<code>--answer" in page


def test_the_site_asks_nothing_of_the_internet(site):
    assert (site / "assets" / "site.css").is_file()
    assert 'href="assets/site.css"' in (site / "index.html").read_text(encoding="utf-8")
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(files) > 150
    assert [path.name for path in files if CALLS_OUT.search(path.read_text(encoding="utf-8"))] == []
    assert [path.name for path in site.rglob("*") if path.suffix in (".woff", ".woff2", ".ttf", ".eot")] == []


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://example.org/a.js">',
        '<link rel="stylesheet" href="//example.org/a.css">',
        "@import 'a.css'",
        "src: url(https://example.org/a.woff)",
    ],
)
def test_a_call_to_the_internet_is_seen(text):
    assert CALLS_OUT.search(text)


@pytest.fixture
def own_modules(monkeypatch):
    """The modules of docs/site, as mkdocs imports them."""
    pytest.importorskip("mkdocs")
    monkeypatch.syspath_prepend(str(SITE))
    return __import__("docstrings"), __import__("repository")


def test_a_docstring_becomes_a_page(own_modules):
    docstrings, _ = own_modules

    def double(x):
        """Twice x < 2^k_1.

            y = 2 * x

        Args:
            x: a number,
                or two.

        Raises:
            InputError: never.
        """

    assert docstrings.markdown(double) == (
        "Twice x &lt; 2^k\\_1.\n\n    y = 2 * x\n\n**Arguments**\n\n- `x`: a number, or two.\n\n**Raises**\n\n"
        "- `InputError`: never."
    )
    assert docstrings.table(["a"], [["b | c"]]) == "| a |\n| --- |\n| b \\| c |\n"


def test_links_out_of_the_docs_are_links_of_the_site(own_modules, tmp_path):
    _, repository = own_modules
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("[x](../b.csv#c) `[y](../b.csv)` [z](../README.md) [none](none.md)\n")
    (tmp_path / "README.md").write_text("[a](docs/a.md#b)")
    (tmp_path / "b.csv").write_text("")
    found = repository.Repository(tmp_path)
    found.read()
    assert found.outside == {"index.md": tmp_path / "README.md", "repository/b.csv": tmp_path / "b.csv"}
    text = (tmp_path / "docs" / "a.md").read_text()
    assert found.with_links_of_the_site(text, "a.md") == (
        "[x](repository/b.csv#c) `[y](../b.csv)` [z](index.md) [none](none.md)\n"
    )
    assert found.with_links_of_the_site("[a](docs/a.md#b)", "index.md") == "[a](a.md#b)"
