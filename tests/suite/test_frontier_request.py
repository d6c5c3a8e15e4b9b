"""Which folder a stored frontier is read from, and which logs have one."""

from __future__ import annotations

import gzip

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite.frontier_request import frontier_request, stored_run


@pytest.mark.parametrize("name", ["frontier.csv", "frontier.csv.gz"])
def test_a_packed_frontier_is_as_good_as_a_plain_one(tmp_path, name):
    with pytest.raises(InputError, match="no frontier here"):
        stored_run(str(tmp_path))
    (tmp_path / name).write_bytes(gzip.compress(b""))
    training = tmp_path / "models" / "shop.dqn.mlp.seed0-12345678"
    training.mkdir(parents=True)
    assert stored_run(str(tmp_path)) == (tmp_path, "")
    assert stored_run(str(training)) == (tmp_path, training.name)


CARD = """
id = "corner"
title = "A corner shop"
licence = "own"
citation = "none"
time_unit = "s"
session = "row"
reward_weights = { click = 1.0 }
files = [{ pattern = "log.csv" }]
columns = { timestamp = "t", item = "i", event = "e" }
events = { click = "click" }
propensity = "none"
"""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("choice", r'users chose the items themselves \(action_source = "choice"\)'),
        ("exposure", r'nothing is known of how likely each item was to be shown \(propensity = "none"\)'),
    ],
)
def test_a_log_without_lifts_is_refused_before_any_training_and_something_else_is_offered(tmp_path, source, why):
    card = tmp_path / "corner.toml"
    card.write_text(f'action_source = "{source}"{CARD}')
    with pytest.raises(InputError, match=why) as refused:
        frontier_request(str(card))
    assert f"rlbench run --dataset {card}" in str(refused.value.hint)
