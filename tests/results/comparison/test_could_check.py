"""What is said where pairs are too few: what was checked, what was not, and what it takes."""

from __future__ import annotations

import pytest

from rlbench_rec.results.comparison.could_check import could_check
from rlbench_rec.results.comparison.judge import Judged

KEY = ("shop", "", "dqn", "mlp/greedy", "reward", "snips", "", "")


def rows(*changes, pairs=3, covers="seeds"):
    return [Judged(KEY, 1.0, 0.9, change=change, pairs=pairs, covers=covers) for change in changes]


def test_what_was_checked_and_what_was_not():
    judged = rows("too few", "too few", "identical", "new")
    checked, unchecked = could_check(judged, must_repeat=False)
    assert checked.startswith("checked: all 3 rows are there, 1 with the same values; they are not known to be of one")
    assert "whether the 2 rows that differ are worse by more than chance: they have 3 seeds at most" in unchecked
    assert "that takes 5 seeds (--seeds 5), or as many replicates" in unchecked


def test_bytes_are_held_to_where_code_and_machine_are_one_and_what_is_missing_is_counted():
    checked, _ = could_check(rows("too few", "missing", "identical"), must_repeat=True)
    assert "checked: 1 of 3 rows are missing, 1 with the same values" in checked and "held to the same bytes" in checked


@pytest.mark.parametrize("covers", ["replicates", "logs"])
def test_the_unit_is_named(covers):
    assert f"they have 2 {covers} at most" in could_check(rows("too few", pairs=2, covers=covers), must_repeat=False)[1]


def test_nothing_is_said_where_pairs_suffice():
    assert could_check(rows("worse within", "identical", pairs=10), must_repeat=False) == []
