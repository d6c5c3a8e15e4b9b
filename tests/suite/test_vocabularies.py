"""A shop whose items have names: what is outside the vocabulary is not a banner, on its log and on its board."""

from __future__ import annotations

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.sources import load

CARD = """
id = "{name}"
title = "Banners"
licence = "ours"
citation = "none"
time_unit = "s"
session = "row"
action_source = "exposure"
propensity = "logged"
reward_weights = {{ click = 1.0 }}
id_types = {{ item = "string" }}
events = {{ impression = "impression", click = "click" }}
columns = {{ timestamp = "t", item = "i", event = "e", propensity = "p" }}
files = [{{ pattern = "{name}.csv" }}]
"""
SHARES = {"spring": 0.3, "summer": 0.25, "autumn": 0.2, "winter": 0.1, "sale": 0.1, "new": 0.05}
ROWS = 8_000


def write(folder, name, seed, new_since=0.0, shares=SHARES):
    """A log of banners; `new` is shown after this share of the time, and `sale` in its place before."""
    rng = np.random.default_rng(seed)
    names, chances = list(shares), np.array(list(shares.values()))
    lines = ["t,i,e,p"]
    for row, banner in enumerate(rng.choice(len(names), ROWS, p=chances)):
        early = names[banner] == "new" and row < new_since * ROWS
        shown = "sale" if early else names[banner]
        merged = row < new_since * ROWS and shown == "sale"
        chance = shares[shown] + (shares["new"] if merged else 0.0)
        lines.append(f"{row * 60},{shown},{'click' if rng.random() < 0.05 else 'impression'},{chance}")
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.toml").write_text(CARD.format(name=name))
    return str(folder / f"{name}.toml")


def halves(card):
    return rb.mdp.build(rb.events.load(card), rb.mdp.MDPConfig(train_fraction=0.5, gamma=0.0)).split()


@pytest.mark.parametrize("name", ["random", "popularity"])
@pytest.mark.parametrize("new_since", [0.0, 0.75], ids=["all known", "one new in the test side"])
def test_baselines_are_not_unreliable_for_a_banner_that_nobody_has(name, new_since, tmp_path):
    train, test = halves(write(tmp_path, "banners", 0, new_since))
    assert ("<other>" in train.action_names) is (new_since > 0)
    policy = rb.policies.make(name, train)
    for estimate in rb.evaluate(test, policy, ["ips", "snips", "dr"], n_resamples=200):
        assert estimate.verdict != "unreliable", estimate.reasons
        assert estimate.value == pytest.approx(0.05, abs=0.015)


def test_a_log_of_names_is_ready_for_a_suite(tmp_path):
    loaded = load(Source(dataset=write(tmp_path, "banners", 0), mdp={"train_fraction": 0.5, "gamma": 0.0}))
    assert sorted(loaded.data.action_names) == sorted(SHARES)


def test_a_counterpart_with_other_numbers_is_refused(tmp_path):
    reversed_shares = dict(zip(SHARES, reversed(SHARES.values()), strict=True))
    first, second = write(tmp_path, "first", 0), write(tmp_path, "second", 1, shares=reversed_shares)
    with pytest.raises(InputError, match="do not have the same actions: action 0 is spring and new"):
        load(Source(dataset=first, counterpart=second))
