"""Variance components, worked by hand and recovered from draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import VARIANCE, VARIANCE_KEYS
from rlbench_rec.results.summary_tables import write_variance
from rlbench_rec.results.variance import components, variance_table
from tests.results.boards import board_of

# Two shops, two logs each, two seeds each.
VALUES = np.array([[[1.0, 3.0], [5.0, 7.0]], [[10.0, 12.0], [18.0, 20.0]]])


def nested(values):
    """Rows of runs.csv of (shops, logs, seeds) values."""
    rows = [
        board_of({("dqn", "mlp/greedy"): {"a-v1": [value]}}).assign(replicate=shop, log=log, seed=seed)
        for (shop, log, seed), value in np.ndenumerate(values)
    ]
    return pd.concat(rows, ignore_index=True)


def test_components_by_hand():
    table = components(VALUES).set_index("component")
    # Shop means 4 and 15: 4 x 60.5; logs 2, 6 and 11, 19: 2 x (8 + 32) / 2; seeds differ by 2 throughout: 2.
    assert table["mean_square"].to_dict() == {"shop": 242.0, "log": 40.0, "seed": 2.0}
    assert table["variance"].to_dict() == {"shop": 50.5, "log": 19.0, "seed": 2.0}
    assert table["degrees"].to_dict() == {"shop": 1, "log": 2, "seed": 4}
    assert table["share"].to_numpy() == pytest.approx(np.array([50.5, 19.0, 2.0]) / 71.5)


def test_a_negative_component_stays_so():
    # Logs of a shop have the same mean, but seeds differ.
    table = components(np.array([[[0.0, 4.0], [4.0, 0.0]], [[6.0, 10.0], [10.0, 6.0]]])).set_index("component")
    assert table.loc["log", "variance"] == -4.0 and table.loc["seed", "variance"] == 8.0
    assert table["share"].sum() == pytest.approx(1.0)


def test_no_variance_has_no_shares():
    assert components(np.zeros((2, 2, 2)))["share"].isna().all()


def test_components_are_recovered_from_draws():
    draws, sums = np.random.default_rng(0), np.zeros(3)
    for _ in range(500):
        shops, logs, seeds = draws.normal(size=(3, 1, 1)), draws.normal(size=(3, 3, 1)), draws.normal(size=(3, 3, 3))
        sums += components(3.0 * shops + 2.0 * logs + seeds)["variance"].to_numpy()
    assert sums / 500 == pytest.approx([9.0, 4.0, 1.0], rel=0.15)


def test_the_table_has_three_rows_a_policy_and_skips_what_is_not_balanced(tmp_path):
    runs = nested(VALUES)
    lame = runs.assign(algorithm="cql").iloc[1:]
    both = pd.concat([runs.sample(frac=1.0, random_state=0), lame], ignore_index=True)
    table = variance_table(both)
    assert table[["algorithm", "component"]].to_numpy().tolist() == [["dqn", name] for name in ("shop", "log", "seed")]
    assert table["variance"].tolist() == [50.5, 19.0, 2.0]
    write_variance(both, tmp_path)
    back = read_table(tmp_path / "variance.csv", VARIANCE, VARIANCE_KEYS)
    assert back["variance"].tolist() == [50.5, 19.0, 2.0]


def test_one_log_a_shop_has_no_table(tmp_path):
    write_variance(nested(VALUES[:, :1]), tmp_path)
    # Nor has a run of which no job was done.
    write_variance(nested(VALUES).head(0).astype({"log": "Int64"}), tmp_path)
    assert not (tmp_path / "variance.csv").exists()
