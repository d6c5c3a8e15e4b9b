"""Which log it is: hashes that tell data, and cards, apart without reading a row."""

from __future__ import annotations

import gzip

import pytest

from rlbench_rec import events, mdp
from rlbench_rec.events.fingerprint import content

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { view = 1.0 }
files = [{ pattern = "log.csv" }]
columns = { timestamp = "t", item = "i", event = "e", user = "u" }
events = { view = "view", buy = "purchase" }
"""


@pytest.fixture
def card(tmp_path):
    rows = "".join(f"{10_000 * k},{k % 7},{k % 5},view\n" for k in range(60))
    (tmp_path / "log.csv").write_text("t,u,i,e\n" + rows)
    (tmp_path / "shop.toml").write_text(CARD)
    return tmp_path / "shop.toml"


def test_the_hashes_are_those_of_the_log_that_is_read(card):
    log = events.load(card)
    assert content(card) == (log.source_sha256, log.card_sha256)
    data = mdp.build(log)
    assert data.provenance.card_sha256 == mdp.MDPConfig().with_card(log.card, log.card_sha256)
    assert mdp.MDPConfig(gamma=0.5).with_card(log.card, log.card_sha256) != data.provenance.card_sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("view = 1.0", "view = 2.0"),
        ('buy = "purchase"', 'buy = "cart"'),
        ('user = "u"', 'user = "u", category = "i"'),
        ('time_unit = "s"', 'time_unit = "ms"'),
        ('time_unit = "s"', 'time_unit = "s"\nsession_gap = 60.0'),
        ('{ pattern = "log.csv" }', '{ pattern = "log.csv", names = ["t", "u", "i", "e"] }'),
        ('propensity = "none"', 'propensity = "none"\nitems = 5'),
    ],
)
def test_what_shapes_rows_is_in_the_cards_hash(card, old, new):
    data, before = content(card)
    card.write_text(CARD.replace(old, new))
    assert content(card)[0] == data and content(card)[1] != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "A shop"', 'title = "Another name"\nnotes = "closed on Sundays"\nhomepage = "https://example.org"'),
        ('{ pattern = "log.csv" }', '{ pattern = "log.csv", url = "https://example.org/log.csv", size = 7 }'),
        ('id = "shop"', 'id = "corner-shop"'),
    ],
)
def test_prose_is_not(card, old, new):
    before = content(card)
    card.write_text(CARD.replace(old, new))
    assert content(card) == before


def test_rows_are_in_the_datas_hash_and_their_packing_is_not(card):
    before, log = content(card), card.with_name("log.csv")
    text = log.read_text()
    log.write_text(text.replace("0,0,0,view", "0,0,1,view", 1))
    assert content(card)[0] != before[0] and content(card)[1] == before[1]
    log.unlink()
    card.with_name("log.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert content(card) == before
