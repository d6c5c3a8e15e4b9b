"""Returning users and time of day: fitted where a log identifies them, else said to be missing."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.tasks.calibration.visit_context import first_groups, with_context
from rlbench_rec.tasks.calibration.visit_moments import moments
from rlbench_rec.tasks.calibration.visits import Visits

GROUPS = np.array([0, 0, 1, 1])


def visits(items, **kinds):
    """A visit for each list of items."""
    session = np.repeat(np.arange(len(items)), [len(some) for some in items])
    codes = {name: np.asarray(values) for name, values in kinds.items()}
    return Visits(session, np.concatenate(items).astype(int), 4, 0, 0, kinds=codes)


def test_what_the_log_lacks_is_not_fitted():
    told, said = with_context(visits([[0], [1, 2]]), GROUPS)
    assert not told.kinds and said == {"daypart": "the log has no times", "remembered": "the log has no users"}
    short = visits([[0]] * 300, hour=np.arange(300) % 40)
    assert with_context(short, GROUPS)[1]["daypart"] == "the log spans less than 2 days"


def test_the_group_of_a_users_last_click_is_remembered():
    # User 0 clicks 0 then 3 (group 1), user 1 clicks 2; then both return, 60 times over.
    log = visits([[0, 3], [2], [2], [0]] * 60, user=[0, 1, 0, 1] * 60)
    told, said = with_context(log, GROUPS)
    remembered = told.kinds["remembered"]
    assert remembered[:6].tolist() == [-1, -1, 1, 1, 1, 0] and said["remembered"].startswith("99%")
    assert first_groups(told, GROUPS)[:4].tolist() == [0, 1, 1, 0]
    both = moments(told, GROUPS, 2)
    assert both.returning == pytest.approx(238 / 240)
    # Second visits: 1 then 1 (same), 1 then 0 (not); of later first visits 1 then 0 and 0 then 1: never the same.
    assert both.return_same == pytest.approx(60 / 238)
    assert "remembered" not in with_context(visits([[0]] * 9, user=range(9)), GROUPS)[0].kinds


def test_parts_of_the_day_are_kept_where_lengths_differ():
    rng = np.random.default_rng(0)
    hours = rng.integers(24 * 9, size=2_000)
    alike = visits([[0] * n for n in rng.geometric(0.3, size=2_000)], hour=hours)
    assert "do not differ" in with_context(alike, GROUPS)[1]["daypart"]
    late = [[0] * n for n in np.where(hours % 24 >= 18, 2, 1) * rng.geometric(0.3, size=2_000)]
    told, said = with_context(visits(late, hour=hours), GROUPS)
    assert told.kinds["daypart"].tolist() == (hours % 24 // 6).tolist() and "p = " in said["daypart"]
    table = moments(told, GROUPS, 2).dayparts
    assert table[:, 0].sum() == pytest.approx(1.0) and table[3, 1] > 1.5 * table[0, 1]


def test_a_resample_has_whole_sessions():
    log = visits([[0], [1, 2], [3, 3, 3]], carts=[0, 1, 5])
    again = log.resampled(np.random.default_rng(3))
    rows = [again.item[again.session == number].tolist() for number in range(3)]
    assert len(again.lengths) == 3 and all(row in ([0], [1, 2], [3, 3, 3]) for row in rows)
    assert again.kinds["carts"].tolist() == [{1: 0, 2: 1, 3: 5}[len(row)] for row in rows]
