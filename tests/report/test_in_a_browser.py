"""The page in a real browser: it loads, sorts, filters, fits a phone, follows dark mode, and asks for nothing."""

from __future__ import annotations

import pytest

from .browser import Browser, chromium

PATH = chromium()
pytestmark = pytest.mark.skipif(PATH is None, reason="no chromium on this machine: apt-get install chromium")
SHOWN = "[...document.querySelectorAll('#board tbody tr')].filter((row) => !row.hidden)"
COLUMN = f"{SHOWN}.map((row) => row.cells[%d].textContent.trim())"
ORDERS = f"{SHOWN}.map((row) => row.cells[%d].dataset.order).filter(Boolean).map(Number)"
"""What cells sort by: their numbers before they were rounded."""
PLACE, VALUE, VERDICT = 1, 4, 8


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(str(PATH), tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def quick(tmp_path_factory, quick_page):
    file = tmp_path_factory.mktemp("quick") / "report.html"
    file.write_text(quick_page, encoding="utf-8")
    return file


@pytest.fixture
def page(browser, quick):
    browser.size(1200, 900)
    browser.media("light")
    browser.open(quick)
    yield browser
    assert browser.errors == []
    assert [url for url in browser.requests if url != quick.as_uri()] == []


def set_value(browser, selector: str, value: str) -> None:
    browser.run(
        f"(() => {{ const control = document.querySelector({selector!r}); control.value = {value!r};"
        " control.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_a_board_sorts_by_click_and_by_key_and_says_so(page):
    header = f"document.querySelectorAll('#board thead th')[{VALUE}]"
    page.run(f"{header}.querySelector('button').click()")
    values = page.run(ORDERS % VALUE)
    assert values == sorted(values, reverse=True) and len(set(values)) > 20
    assert page.run(f"{header}.getAttribute('aria-sort')") == "descending"
    page.run(f"{header}.querySelector('button').focus()")
    page.key("Enter", "\r")
    values = page.run(ORDERS % VALUE)
    assert values == sorted(values)
    assert page.run(f"{header}.getAttribute('aria-sort')") == "ascending"
    assert page.run("document.querySelectorAll('#board [aria-sort=\"none\"]').length") == 8


def test_a_board_filters_by_place_verdict_and_word_and_counts(page):
    shown = len(page.run(COLUMN % PLACE))
    page.run("document.querySelector('#board .check input').click()")
    assert len(page.run(COLUMN % PLACE)) == 290 > shown
    set_value(page, "#board select", "recommend-v1")
    assert set(page.run(COLUMN % PLACE)) == {"recommend-v1"}
    assert page.run("document.querySelector('#board output').textContent") == "38 of 290 rows"
    set_value(page, "#board select", "")
    page.run("document.querySelectorAll('#board select')[1].id = 'verdict'")
    set_value(page, "#verdict", "unreliable")
    assert set(page.run(COLUMN % VERDICT)) == {"unreliable"}
    set_value(page, "#verdict", "")
    set_value(page, "#board input[type=search]", "cql")
    assert all("CQL" in name for name in page.run(COLUMN % 0))


def test_a_phone_need_not_scroll_the_page_sideways(page, quick):
    page.size(360, 740)
    page.open(quick)
    assert page.run("document.documentElement.scrollWidth") <= 360


def test_on_a_phone_rows_are_cards_and_no_table_scrolls_sideways(page, quick):
    page.size(360, 740)
    page.open(quick)
    wide = "[...document.querySelectorAll('.scroll, .picture')].filter((box) => box.scrollWidth > box.clientWidth + 1)"
    assert page.run(f"{wide}.map((box) => box.getAttribute('aria-label'))") == []
    cells = "[...document.querySelectorAll('.table td, .table th')]"
    assert page.run(f"Math.max(...{cells}.map((cell) => cell.getBoundingClientRect().right))") <= 360
    cell = "document.querySelector('#board tbody tr:not([hidden])').cells[4]"
    assert page.run(f"getComputedStyle({cell}, '::before').content") == '"value"'
    # What filters hide stays hidden, and columns can still be sorted by.
    assert page.run("getComputedStyle(document.querySelector('#board tbody tr[hidden]')).display") == "none"
    page.run(f"document.querySelectorAll('#board thead th')[{VALUE}].querySelector('button').click()")
    values = page.run(ORDERS % VALUE)
    assert values == sorted(values, reverse=True)
    assert page.run("document.querySelector('#board td').getAttribute('role')") == "cell"


def test_dark_mode_and_paper_have_colours_of_their_own(page, quick):
    colours = (
        "(() => { const style = getComputedStyle(document.body); return [style.color, style.backgroundColor]; })()"
    )
    light = page.run(colours)
    page.media("dark")
    dark = page.run(colours)
    assert dark[1] == "rgb(13, 17, 23)" and light[1] == "rgb(255, 255, 255)" and dark[0] != light[0]
    page.media("dark", "print")
    assert page.run(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.run("getComputedStyle(document.querySelector('.tools')).display") == "none"


def test_a_sheet_of_paper_is_wide_enough(page, quick):
    """A4 with margins of 1 cm, at 96 points an inch."""
    page.size(718, 1000)
    page.media("light", "print")
    page.open(quick)
    assert page.run("document.documentElement.scrollWidth") <= 718


def test_text_stands_out_from_its_ground(page):
    """WCAG's contrast of at least 4.5, of every kind of text, light and dark."""
    script = """
    (() => {
      const light = (rgb) => rgb.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const paper = light(getComputedStyle(document.body).backgroundColor);
      const kinds = ["body", ".kicker", "a", "h1", "caption", "thead th", ".badge.trusted", ".badge.weak",
        ".badge.unreliable", "summary", ".note"];
      return Math.min(...kinds.map((kind) => {
        const ink = light(getComputedStyle(document.querySelector(kind)).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      }));
    })()
    """
    assert page.run(script) >= 4.5
    page.media("dark")
    assert page.run(script) >= 4.5


def test_what_a_run_says_runs_nothing(browser, evil_page, tmp_path):
    file = tmp_path / "evil.html"
    file.write_text(evil_page, encoding="utf-8")
    browser.open(file)
    assert browser.errors == []
    assert "Page.javascriptDialogOpening" not in browser.events
    assert browser.run("document.querySelectorAll('script').length") == 1
    assert browser.run("document.title") == "<script>alert(1)</script>"


def test_the_policy_of_the_page_holds(browser, quick, tmp_path):
    """A script and a picture that somebody adds to the file take no effect."""
    file = tmp_path / "added.html"
    added = "<script>document.title = 'added'</script><img src='https://example.org/a.png'></body>"
    file.write_text(quick.read_text(encoding="utf-8").replace("</body>", added), encoding="utf-8")
    browser.open(file)
    assert browser.run("document.title") == "quick"
    assert sum("Content Security Policy" in error for error in browser.errors) >= 2
