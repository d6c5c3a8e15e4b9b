"""Handmade rows."""

import pandas as pd
import pytest

from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.schema import RUNS

DEFAULTS = {
    "schema_version": 5,
    "run_id": "shop.dqn.seed0",
    "suite": "hand",
    "dataset": "shop",
    "dataset_sha256": "00",
    "card_sha256": "01",
    "split_hash": "11",
    "task": "",
    "algorithm": "dqn",
    "variant": "mlp/greedy",
    "config_hash": "22",
    "seed": 0,
    "replicate": 0,
    "log": 0,
    "policy": "greedy",
    "base": "",
    "steps_used": 2_000,
    "overestimation": None,
    "metric": "reward",
    "higher_is_better": True,
    "estimator": "snips",
    "q": "",
    "value": 1.0,
    "ci_low": None,
    "ci_high": None,
    "true_value": None,
    "n_episodes": 100,
    "ess": 90.0,
    "verdict": "trusted",
    "identification": "identified",
    "status": "ok",
}


@pytest.fixture(scope="session")
def run():
    """A row of runs.csv: `run("dqn", 1.0, half=0.1, seed=1, ...)`, interval value -+ half."""

    def make(algorithm="dqn", value=1.0, half=0.1, **cells):
        interval = {"algorithm": algorithm, "value": value, "ci_low": value - half, "ci_high": value + half}
        return DEFAULTS | interval | cells

    return make


@pytest.fixture(scope="session")
def frame_of():
    """Rows of runs.csv as a frame."""
    return lambda *rows: pd.DataFrame(rows, columns=list(RUNS))


@pytest.fixture(scope="session")
def board_of(frame_of):
    """The leaderboard of rows of runs.csv, indexed by algorithm."""
    return lambda *rows: leaderboard(frame_of(*rows)).set_index("algorithm", drop=False)
