"""The studies of training, on logs and trainings so small that only their shape can be looked at."""

from __future__ import annotations

import pytest

from rlbench_rec import tasks
from rlbench_rec.training import fit_options, learning_curve
from studies import reward_scale, training_steps


@pytest.fixture
def shop():
    return tasks.make("offers-v1", seed=9, variant="train")


def test_curves_hold_true_values_where_they_were_taken(shop, monkeypatch):
    monkeypatch.setattr(training_steps, "STRIDE", 20)
    rows = training_steps.curves(shop, "dqn", (20, 40), episodes=1_000)
    assert rows["step"].tolist() == [20, 40] and rows["truth"].notna().all()
    assert (rows["scale"] > 0).all() and rows["overestimation"].notna().all()


def test_plateaus_are_beside_a_training_of_so_many_steps(shop, monkeypatch):
    monkeypatch.setattr(learning_curve, "PATIENCE", 20)
    monkeypatch.setattr(fit_options, "PLATEAU_STRIDE", 20)
    monkeypatch.setattr(training_steps, "USUAL", 30)
    rows = training_steps.plateaus(shop, "cql", episodes=1_000)
    assert rows["steps"].tolist() == [30, "plateau"]
    assert rows["used"][0] == 30 and rows["used"][1] == rows["best_step"][1] + 20


def test_cql_is_compared_with_the_clone(shop):
    rows = reward_scale.rows("offers-v1", 9, episodes=1_000, steps=20)
    assert len(rows) == 4 and rows["like_the_clone"].between(0, 1).all()
