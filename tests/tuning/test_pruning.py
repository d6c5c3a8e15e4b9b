"""The median rule, worked by hand."""

from __future__ import annotations

import pytest

from rlbench_rec.tuning.pruning import Pruned, Pruner, bars_of

CURVES = [((25, 0.1), (50, 0.4)), ((25, 0.3), (50, 0.3)), ((25, 0.2), (50, 0.2)), ((25, 0.4), (50, 0.5), (100, 0.6))]


def test_the_bar_is_the_median_where_enough_trials_came():
    # At 25 of 100 steps 0.1, 0.2, 0.3 and 0.4; at 50 0.2, 0.3, 0.4 and 0.5; one alone came to 100.
    assert bars_of(CURVES) == {25: pytest.approx(0.25), 50: pytest.approx(0.35)}
    assert bars_of(CURVES[:3]) == {}


def test_every_trial_may_do_its_first_steps():
    assert bars_of([((10, score), (100, score)) for score in (0.1, 0.2, 0.3, 0.4)]) == {100: pytest.approx(0.25)}


def test_trials_that_ended_early_count_as_far_as_they_came():
    assert bars_of([*CURVES, ((25, 0.0),)])[25] == pytest.approx(0.2)


class FakeRun:
    def __init__(self, steps_used):
        self.steps_used = steps_used


def watched(monkeypatch, bars, scores):
    watch = Pruner.__new__(Pruner)
    watch.bars, watch.curve, watch.points = bars, [], 0
    monkeypatch.setattr(Pruner, "_score", lambda self, run: scores[run.steps_used])
    for point in range(1, 21):
        watch(lambda point=point: FakeRun(5 * point))
    return watch


def test_a_trial_ends_where_its_best_score_is_clearly_below_the_bar(monkeypatch):
    scores = {25: (0.30, 0.01), 50: (0.10, 0.01), 75: (0.29, 0.01), 100: (0.3, 0.01)}
    assert watched(monkeypatch, {}, scores).curve == [(25, 0.3), (50, 0.3), (75, 0.3), (100, 0.3)]
    # What it once reached counts, and what is within a standard error of the bar.
    assert watched(monkeypatch, {50: 0.305, 75: 0.31}, scores).curve[-1] == (100, 0.3)
    with pytest.raises(Pruned):
        watched(monkeypatch, {75: 0.32}, scores)
