"""`rlbench data show`: the facts are right, and no text of a card or a log is obeyed as markup."""

from __future__ import annotations

import re

import pytest

from rlbench_rec.cli.render.profile import profile_text
from rlbench_rec.errors import MissingFileError
from rlbench_rec.events.profile import page, picture, profile
from rlbench_rec.events.profile.profile_plot import profile_figure

LOG = """\
time,user,item,what,price
1700000000,1,10,view,5
1700000000,1,11,view,0
1700000050,1,10,buy,5
1700000000,2,10,view,5
1700100000,2,10,view,5
1700400000,2,12,buy,
1700400001,3,1,frob,5
"""


@pytest.fixture
def rows(shop):
    """Section title -> {label: value}, of the log above."""
    made = profile(shop(LOG))
    return {section.title: {row.label: row.value for row in section.rows} for section in made.sections}


def test_account_and_counts(rows):
    assert rows["Account"] == {"rows read": "7", "kept": "6", "set aside: unknown_event": "1"}
    assert rows["Counts"] == {
        "sessions": "4", "users": "2", "items": "3", "events a session": "1.5",
        "from": "2023-11-14 22:13 UTC", "to": "2023-11-19 13:20 UTC", "days with events": "3 of 6",
    }  # fmt: skip


def test_histogram_funnel_and_pauses(rows):
    # Sessions: user 1's three events, and three visits of user 2, days apart.
    lengths = {label: value for label, value in rows["Events in a session"].items() if value != "0"}
    assert lengths == {"1": "3", "3": "1"}
    assert rows["Sessions with at least one"] == {"view": "3", "purchase": "2"}
    assert {k: v for k, v in rows["Pauses within sessions"].items() if v != "0"} == {
        "same instant": "1",
        "to 1 min": "1",
    }


def test_oddities(rows):
    assert rows["Worth knowing"] == {
        "sessions of one event": "3 (75.0%)",
        "sessions of purchases alone": "1 (25.0%)",
        "items seen once": "2 (66.7%)",
        "events of the busiest user": "3 (50.0%)",
        "events at a price of zero": "1 (16.7%)",
        "events without a price": "1 (16.7%)",
        "events without a category": "6 (100.0%)",
    }


def test_one_screen_of_eighty_columns(shop, shared_data):
    for made in (profile(shop(LOG)), profile("taobao", shared_data / "taobao")):
        lines = profile_text(made).splitlines()
        assert len(lines) <= 50 and max(map(len, lines)) <= 80


def test_no_text_of_a_card_is_obeyed(shop):
    evil = '"<script>alert(1)</script> & $x^2$ \\u001b[31m"'
    made = profile(shop(LOG, title=evil, licence='"<img src=x onerror=alert(1)>"'))
    text = page(made)
    assert "&lt;script&gt;" in text and "<script" not in text and "<img" not in text
    assert "\x1b" not in text and "\x1b" not in profile_text(made)
    assert picture(made).startswith(b"\x89PNG")


def test_the_picture_says_how_many_sessions_buy_and_lines_its_counts_up(shop):
    figure = profile_figure(profile(shop(LOG)))
    assert figure.texts[0].get_text().endswith(": 50.0 % of the sessions have a purchase")
    assert "4 sessions" in figure.texts[1].get_text()
    funnel = next(axis for axis in figure.axes if axis.get_title(loc="left") == "Sessions with at least one")
    counts = [text for text in funnel.texts if text.get_text() in ("3", "2")]
    assert [text.get_text() for text in counts] == ["3", "2"]
    assert {(text.get_ha(), text.xyann[0]) for text in counts} == {("right", counts[0].xyann[0])}


def test_the_page_loads_nothing(shop):
    text = page(profile(shop(LOG)))
    assert not re.findall(r"(?:src|href|url|@import)\s*[=(]", text) and "default-src 'none'" in text
    assert text.count("<section>") == 6


def test_same_log_same_bytes(shop):
    card = shop(LOG)
    assert picture(profile(card)) == picture(profile(card)) and page(profile(card)) == page(profile(card))


def test_without_the_log_the_card_is_shown_and_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path))
    made = profile("taobao")
    assert not made.sections and "rlbench data get taobao" in made.note
    assert "CC BY-NC-SA" in profile_text(made) and "CC BY-NC-SA" in page(made)
    assert picture(made).startswith(b"\x89PNG")
    with pytest.raises(MissingFileError):
        profile("taobao", tmp_path / "nowhere")


def test_a_card_of_several_logs_names_them():
    assert "open-bandit-sample/bts-men" in profile("open-bandit-sample").note
    assert profile("open-bandit-sample/bts-men").sections
