"""Decisions of a log without a clock: split by the order of its sessions, with nothing that needs the time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError
from rlbench_rec.mdp import MDPConfig, TransitionDataset
from rlbench_rec.testing.datasets import check_dataset

CARD = """
id = "orders"
title = "Orders"
licence = "own"
citation = "none"
event = "purchase"
action_source = "choice"
propensity = "none"
reward_weights = { purchase = 1.0 }
files = [{ pattern = "orders.csv" }]
"""
ORDERS = "order,number,user,item\n" + "".join(
    f"{10 * user + number},{number},{user},{100 + (user + place) % 5}\n"
    for user in range(10)
    for number in (2, 1)
    for place in range(3)
)


@pytest.fixture
def orders(tmp_path: Path):
    def write(rule: str = "given", session: str = ', session = "order"') -> Path:
        columns = f'columns = {{ order = "number", item = "item", user = "user"{session} }}\n'
        (tmp_path / "orders.toml").write_text(f'{CARD}session = "{rule}"\n{columns}')
        (tmp_path / "orders.csv").write_text(ORDERS)
        return tmp_path / "orders.toml"

    return write


def test_first_orders_are_trained_on_and_the_split_says_so(orders):
    data = mdp.build(events.load(orders()))
    described = data.describe()
    assert described["split"] == data.provenance.config["split"] == "by the order of sessions, since there is no clock"
    assert (described["episodes"], described["train_episodes"], described["leak_test"]) == (20, 16, "passed by episode")
    assert data.timestamps is None and data.observation_names == ("step",)
    assert data.gaps is not None and not data.gaps.any()
    _, test = data.split()
    # The ten first orders come first, then the second ones: the last four of these are kept for the test.
    assert test.clusters is not None and test.n_episodes == len(np.unique(test.clusters)) == 4


def test_sessions_can_be_all_that_a_user_ordered(orders):
    data = mdp.build(events.load(orders(session=', session = "user"')))
    assert data.n_episodes == 10 and (data.episode_lengths == 6).all()


def test_rows_of_which_nothing_is_known_beforehand(orders):
    card = orders("row", "")
    data = mdp.build(events.load(card))
    assert data.observation_names == ("constant",) and (data.observations == 1).all() and data.one_step
    check_dataset(str(card))


def test_it_is_saved_and_loaded(orders, tmp_path):
    data = mdp.build(events.load(orders()))
    data.save(tmp_path / "saved")
    loaded = TransitionDataset.load(tmp_path / "saved")
    assert loaded.timestamps is None and loaded.provenance.config == data.provenance.config
    check_dataset(str(orders()))


def test_d3rlpy_takes_it(orders):
    pytest.importorskip("d3rlpy")
    episodes = mdp.build(events.load(orders())).to_d3rlpy().episodes
    assert [len(episode.rewards) for episode in episodes] == [3] * 20


def views_and_purchases(card: Path) -> events.EventLog:
    card.write_text(
        card.read_text()
        .replace('event = "purchase"', 'events = { view = "view", buy = "purchase" }')
        .replace("columns = {", 'columns = { event = "what",')
        .replace("{ purchase = 1.0 }", "{ view = 1.0, purchase = 100.0 }")
    )
    rows = ["1,7,1,1,view", "2,7,1,1,buy", "1,8,2,1,view", "2,8,2,2,view", "1,9,3,2,view", "2,9,3,2,buy"]
    card.with_suffix(".csv").write_text("\n".join(["number,user,order,item,what", *rows]) + "\n")
    return events.load(card)


def test_later_events_of_a_session_are_credited_without_a_clock(orders):
    data = mdp.build(views_and_purchases(orders()), MDPConfig(train_fraction=0.7))
    assert data.rewards.tolist() == [101, 1, 1, 101] and (data.n_episodes, data.train_episodes) == (3, 2)


def test_an_attribution_window_needs_a_clock(orders):
    log = views_and_purchases(orders())
    with pytest.raises(InputError, match="no clock"):
        mdp.build(log, MDPConfig(train_fraction=0.7, attribution_window=60.0))
