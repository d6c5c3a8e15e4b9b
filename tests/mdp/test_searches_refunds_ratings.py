"""Searches, refunds and ratings as parts of decisions, on a small log written here."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError
from rlbench_rec.events import EVENTS
from rlbench_rec.mdp import chunked_columns
from rlbench_rec.mdp.from_events import log_columns

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
session = "given"
reward_weights = { view = 1.0, purchase = 100.0 }
events = { view = "view", cart = "cart", find = "search", buy = "purchase", back = "refund" }
columns = { timestamp = "t", user = "u", session = "s", item = "i", event = "e", price = "p", rating = "stars" }
files = [{ pattern = "log.csv" }]
"""
ROWS = """t,u,s,i,e,p,stars
1,7,1,,find,,
2,7,1,1,view,,
3,7,1,2,view,,
4,7,1,1,buy,50,2
5,7,1,,find,,
6,7,1,1,back,50,4
7,7,1,2,view,,5
11,7,2,1,view,,
12,7,2,1,back,30,
13,7,2,2,buy,8,
"""


def build(folder, card=CARD, rows=ROWS, **config):
    (folder / "shop.toml").write_text(card)
    (folder / "log.csv").write_text(rows)
    log = events.load(str(folder / "shop.toml"), folder)
    return mdp.build(log, mdp.MDPConfig(**({"train_fraction": 0.5, "history": 3} | config)))


def test_searches_are_in_the_history_and_never_decisions(tmp_path):
    data = build(tmp_path)
    assert data.actions.tolist() == [1, 0, 0, 1] and data.action_names == ("2", "1")
    c, h = data.layout.context, data.history
    # A search is of the item outside the vocabulary, and its own event.
    search, purchase, back = (EVENTS.index(name) + 1 for name in ("search", "purchase", "refund"))
    assert data.states()[0, c : c + 2 * h].tolist() == [0, 0, data.other_item, 0, 0, search]
    assert data.states()[2, c : c + h].tolist() == [2, data.other_item, 2]
    assert data.states()[2, c + h : c + 2 * h].tolist() == [purchase, search, back]
    assert data.event_count == len(EVENTS)


def test_no_search_is_a_decision_where_every_event_is_one(tmp_path):
    data = build(tmp_path, decisions="every-event")
    assert len(data) == 8 and len(data.items) == 10
    searches = np.flatnonzero(data.events == EVENTS.index("search") + 1)
    assert not np.isin(searches, data.event_rows).any() and data.other_action is None
    assert data.provenance.config["uncredited_rows"] == 0


def test_refunds_are_credited_and_revenue_is_net(tmp_path):
    data = build(tmp_path)
    revenue = data.metrics[:, data.metric_names.index("revenue")]
    # The sale of 50 was taken back whole; in the second session only the refund has a view, and the sale has none.
    assert revenue.tolist() == [0, 0, 0, -30]
    assert data.rewards.tolist() == [101, 1, 1, 1]
    assert build(tmp_path, reward="revenue").rewards.tolist() == [0, 0, 0, -30]
    weights = {"purchase": 100.0, "refund": -100.0}
    assert build(tmp_path, reward_weights=weights).rewards.tolist() == [0, 0, 0, -100]
    # A purchase that was taken back was a purchase.
    assert data.metrics[:, data.metric_names.index("CVR")].tolist() == [1, 0, 0, 0]


def test_ratings_are_satisfaction(tmp_path):
    data = build(tmp_path)
    assert data.metric_names == ("CTR", "CVR", "revenue", "satisfaction")
    # The last rating of item 1 in the session is the 4 stars of its refund; the other view was rated itself.
    assert data.metrics[:, 3].tolist() == [4, 0, 5, 0]
    assert build(tmp_path, decisions="every-event").metrics[:, 3].tolist() == [0, 0, 2, 4, 5, 0, 0, 0]
    assert build(tmp_path, CARD.replace(', rating = "stars"', "")).metric_names == ("CTR", "CVR", "revenue")


def test_a_log_without_them_has_the_states_it_had(tmp_path):
    kept = [line for line in ROWS.splitlines() if "find" not in line and "back" not in line]
    data = build(tmp_path, rows="\n".join(kept) + "\n")
    assert data.event_count == EVENTS.index("purchase") + 1


def test_searches_alone_are_no_decisions(tmp_path):
    rows = "\n".join([ROWS.splitlines()[0], "1,7,1,,find,,", "11,7,2,,find,,"]) + "\n"
    with pytest.raises(InputError, match="searches alone"):
        build(tmp_path, rows=rows)


@pytest.mark.parametrize("chunk", [1 << 18, 2])
def test_what_was_searched_for_is_known_at_the_decisions_that_follow(tmp_path, monkeypatch, chunk):
    for module in (chunked_columns, log_columns):
        monkeypatch.setattr(module, "CHUNK", chunk)
    card = CARD.replace("files =", 'context = { query = "category", depth = "number" }\nfiles =')
    rows = """t,u,s,i,e,p,stars,query,depth
1,7,1,1,view,,,,
2,7,1,,find,,,shoes,3
3,7,1,2,view,,,,
4,7,1,1,view,,,own,9
5,7,1,,find,,,,
6,7,1,2,view,,,,
8,7,3,1,view,,,,
11,7,2,,find,,,hats,1
12,7,2,2,view,,,,
"""
    data = build(tmp_path, card, rows, train_fraction=0.6)
    shown = [name for name in data.observation_names if name.startswith("query")]
    assert shown == ["query=own", "query=shoes"]
    own, shoes = (data.observations[:, data.observation_names.index(name)] for name in shown)
    # The second search has no words, and what came before a search, or in another session, is not known by it.
    assert shoes.tolist() == [0, 1, 0, 0, 0, 0] and own.tolist() == [0, 0, 1, 0, 0, 0]
    depth = data.observations[:, data.observation_names.index("depth")]
    assert depth.tolist() == pytest.approx([0, -1, 1, 0, 0, -5 / 3])
