"""The ids of sessions and users as a log writes them: kept when asked, and wherever its episodes go."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError
from rlbench_rec.mdp import Past, TransitionDataset

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
session = "given"
id_types = { session = "string", user = "string" }
reward_weights = { view = 0.1, purchase = 0.1 }
events = { view = "view", buy = "purchase" }
columns = { timestamp = "t", session = "s", user = "u", item = "i", event = "e" }
files = [{ pattern = "log.csv" }]
"""


@pytest.fixture
def log(tmp_path):
    """Sessions s0 to s5, two views each; s1 has a purchase alone before them, and s4 no user. Users write ids of their
    own, beyond ASCII."""
    (tmp_path / "shop.toml").write_text(CARD)
    rows = ["t,s,u,i,e"]
    for number in range(6):
        user = "" if number == 4 else f"Zoë {number % 2}"
        rows += [f"{100 * number + step},s{number},{user},{step + 1},view" for step in range(2)]
    (tmp_path / "log.csv").write_text("\n".join([*rows, "50,bought,Zoë 9,1,buy"]) + "\n")
    return events.load(str(tmp_path / "shop.toml"), tmp_path)


@pytest.fixture
def data(log):
    return mdp.build(log, mdp.MDPConfig(history=2), keep_names=True)


def test_they_are_kept_when_asked(log, data):
    assert data.session_names.tolist() == ["s0", "s1", "s2", "s3", "s4", "s5"], "one without a decision is no episode"
    assert data.user_names.tolist() == ["Zoë 0", "Zoë 1", "Zoë 0", "Zoë 1", "", "Zoë 1"]
    without = mdp.build(log, mdp.MDPConfig(history=2))
    assert without.session_names is None and without.user_names is None
    assert without.provenance == data.provenance, "they are nothing that is learnt from"


def test_parts_have_their_own(data):
    train, test = data.split()
    assert [*train.session_names, *test.session_names] == data.session_names.tolist()
    assert data.select([3, 0, 3]).session_names.tolist() == ["s3", "s0", "s3"]
    assert data.select([3, 0]).user_names.tolist() == ["Zoë 1", "Zoë 0"]


@pytest.mark.parametrize("mmap", [True, False])
def test_they_are_saved(data, tmp_path, mmap):
    data.save(tmp_path / "saved")
    again = TransitionDataset.load(tmp_path / "saved", mmap=mmap)
    assert again.session_names.tolist() == data.session_names.tolist()
    assert again.user_names.tolist() == data.user_names.tolist()
    assert json.loads((tmp_path / "saved" / "dataset.json").read_text())["format"] == 3


def test_the_past_says_whose_it_is(data):
    past = data.past(np.array([3, 8]), 0)
    assert (past.sessions.tolist(), past.users.tolist(), past.steps.tolist()) == (["s1", "s4"], ["Zoë 1", ""], [1, 0])
    assert past[1:].sessions.tolist() == ["s4"] and past.last(0).users.tolist() == ["Zoë 1", ""]
    assert Past.start(2, 0, 3, 0.9)[:1].sessions is None


def test_a_log_without_users_has_no_names_of_them():
    data = mdp.build(events.load("open-bandit-sample/random-all"), keep_names=True)
    assert data.user_names is None and data.session_names[:3].tolist() == ["0", "1", "2"]


def test_columns_of_another_kind_or_length_are_refused(data):
    with pytest.raises(InputError, match="session_names: dtype int64"):
        replace(data, session_names=np.arange(6))
    with pytest.raises(InputError, match="user_names: 5 entries; 6 are needed"):
        replace(data, user_names=data.user_names[:5])
