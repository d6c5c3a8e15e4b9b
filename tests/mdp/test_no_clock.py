"""Logs without a clock: sessions in order, and nothing that needs a time."""

from __future__ import annotations

import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
action_source = "choice"
propensity = "none"
session = "given"
reward_weights = { view = 1.0, purchase = 100.0 }
events = { view = "view", buy = "purchase" }
columns = { order = "n", user = "u", session = "s", item = "i", event = "e" }
files = [{ pattern = "log.csv" }]
"""
ROWS = "n,u,s,i,e\n1,7,1,1,view\n2,7,1,1,buy\n1,8,2,1,view\n2,8,2,2,view\n1,9,3,2,view\n2,9,3,2,buy\n"


def build(folder, **config):
    (folder / "shop.toml").write_text(CARD)
    (folder / "log.csv").write_text(ROWS)
    return mdp.build(events.load(str(folder / "shop.toml"), folder), mdp.MDPConfig(train_fraction=0.7, **config))


def test_sessions_are_split_by_their_order(tmp_path):
    data = build(tmp_path)
    assert data.timestamps is None and data.observation_names == ("step",)
    assert not data.gaps.any() and data.rewards.tolist() == [101, 1, 1, 101]
    assert data.train_episodes == 2 and data.n_episodes == 3
    assert data.provenance.config["split"] == "by the order of sessions, since there is no clock"
    assert data.describe()["leak_test"] == "passed by episode"


def test_an_attribution_window_needs_a_clock(tmp_path):
    with pytest.raises(InputError, match="no clock"):
        build(tmp_path, attribution_window=60)
