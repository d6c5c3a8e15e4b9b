"""When a row that was made again counts as the one that is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.audit.row_check import check_rows
from rlbench_rec.results.schema import RUN_KEYS, RUNS

ROW = {
    **dict.fromkeys(RUNS, ""),
    "task": "shop",
    "algorithm": "dqn",
    "variant": "mlp/greedy",
    "metric": "reward",
    "estimator": "snips",
    "dataset_sha256": "ab",
    "seed": 0,
    "value": 10.0,
    "ci_low": 8.0,
    "ci_high": 12.0,
    "true_value": np.nan,
    "n_episodes": 100,
    "verdict": "trusted",
    "status": "ok",
}


def check(printed: dict, made: dict, *more: dict, bytes_wanted: bool = False):
    tables = [pd.DataFrame([ROW | row for row in rows]) for rows in ([printed], [made, *more])]
    checks = check_rows(*tables, RUN_KEYS, tuple(RUNS), bytes_wanted=bytes_wanted)
    return checks[0]


def test_the_same_cells_are_the_same_whatever_hash_the_run_id_ends_in():
    assert check({"run_id": "a-1"}, {"run_id": "a-2"}, bytes_wanted=True).verdict == "same"


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        # Half the width made again is 2, so the margin is 2.83.
        ({"value": 12.8}, "within"),
        ({"value": 12.9}, "beyond"),
        ({"value": 7.1}, "beyond"),
        ({"ci_low": 5.0}, "beyond"),
        # A wide interval of its own buys a false value nothing.
        ({"value": 30.0, "ci_low": -100.0, "ci_high": 200.0}, "beyond"),
        ({"value": np.nan}, "beyond"),
        ({"verdict": "weak"}, "within"),
        ({"verdict": "unreliable"}, "other"),
        ({"n_episodes": 101}, "other"),
        ({"dataset_sha256": "cd"}, "other"),
        ({"status": "diverging"}, "within"),
        ({"status": "failed: x"}, "other"),
        ({"seed": 1}, "missing"),
    ],
)
def test_on_another_machine_a_row_has_the_margin_of_what_was_made_again(printed, verdict):
    assert check(printed, {}).verdict == verdict


def test_on_the_same_machine_every_cell_counts():
    found = check({"value": 10.000001}, {}, bytes_wanted=True)
    assert (found.verdict, found.passed) == ("beyond", False)
    assert found.why == "value is 10.000001 there, 10.0 here, on a machine like this one"
    assert check({"ess": 3.0}, {"ess": 4.0}, bytes_wanted=True).verdict == "other"


def test_a_true_value_has_twice_the_margin_of_the_truths_beside_it():
    truth = {"estimator": "truth", "value": 9.0, "ci_low": 8.5, "ci_high": 9.5, "true_value": 9.0}
    assert check({"true_value": 9.9}, {"true_value": 9.0}, truth).verdict == "within"
    found = check({"true_value": 10.1}, {"true_value": 9.0}, truth)
    assert found.verdict == "beyond" and found.why.startswith("true_value is 10.1")
    # Without a truth beside it nothing says how well it is known.
    assert check({"true_value": 9.1}, {"true_value": 9.0}).verdict == "beyond"


def test_a_row_that_is_not_printed_is_told():
    tables = pd.DataFrame([ROW]), pd.DataFrame([ROW, ROW | {"estimator": "dr"}])
    found = check_rows(*tables, RUN_KEYS, tuple(RUNS), bytes_wanted=False)
    assert [check.verdict for check in found] == ["same", "extra"] and "dr" in found[1].row
    of_other_code = check_rows(*tables, RUN_KEYS, tuple(RUNS), bytes_wanted=False, all_wanted=False)
    assert [check.verdict for check in of_other_code] == ["same", "new"] and of_other_code[1].passed
