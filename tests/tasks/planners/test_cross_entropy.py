"""The cross-entropy method: it climbs, and a good start is not lost."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.tasks.planners.cross_entropy import Effort, maximise


def test_it_finds_the_top_of_a_hill():
    top = np.array([0.7, -0.4, 0.2])
    effort = Effort(rounds=25)
    found = maximise(lambda at, _: -float(((at - top) ** 2).sum()), np.zeros(3), np.random.default_rng(0), effort)
    assert found == pytest.approx(top, abs=0.03)


def test_the_mean_takes_part_in_every_round_and_all_points_of_a_round_meet_the_same_chances():
    asked: list[tuple[float, int]] = []

    def objective(point, number):
        asked.append((float(point[0]), number))
        return -abs(float(point[0]))

    maximise(objective, np.array([0.0]), np.random.default_rng(1), Effort(rounds=3, population=4, elite=1))
    assert [number for _, number in asked] == [0] * 4 + [1] * 4 + [2] * 4
    # 0 is the best point there is, and stays the elite of one.
    assert [point for point, _ in asked[::4]] == [0.0, 0.0, 0.0]
