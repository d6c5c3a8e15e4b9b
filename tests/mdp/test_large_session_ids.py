"""Session ids are compared as the integers they are."""

from __future__ import annotations

from rlbench_rec import events, mdp

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
session = "given"
action_source = "choice"
propensity = "none"
reward_weights = { view = 1.0 }
files = [{ pattern = "*.csv" }]
columns = { timestamp = "time", item = "item", event = "what", session = "session" }
events = { view = "view" }
"""


def test_neighbouring_ids_beyond_what_a_float_holds_are_two_sessions(tmp_path):
    (tmp_path / "shop.toml").write_text(CARD)
    rows = "".join(f"{i},{2**53 + i},1,view\n" for i in range(10))
    (tmp_path / "log.csv").write_text("time,session,item,what\n" + rows)
    data = mdp.build(events.load(tmp_path / "shop.toml"))
    assert len(data.episode_starts) == 10
