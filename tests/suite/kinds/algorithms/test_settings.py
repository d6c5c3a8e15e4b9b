"""The settings of a suite reach every training of a job, and a log that is too short for them is refused once."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.sources import _load
from rlbench_rec.training import trainer
from rlbench_rec.training.value_models import fitted_q_evaluation

CARD = """
id = "corner-shop"
title = "Views and purchases of users, without propensities"
licence = "own"
citation = "none"
time_unit = "s"
session = "gap"
action_source = "choice"
propensity = "none"
reward_weights = { view = 0.2, purchase = 1.0 }
columns = { timestamp = "time", user = "user", item = "item", event = "event" }
events = { view = "view", purchase = "purchase" }
files = [{ pattern = "log.csv" }]
"""


def suite_of(folder, sessions, source=None, **settings):
    """A suite on a log of so many sessions, four rows each."""
    (folder / "card.toml").write_text(CARD)
    lines = [
        f"{1_700_000_000 + 86_400 * session + 60 * step},{session % 9},{(session + step) % 5},view"
        for session in range(sessions)
        for step in range(4)
    ]
    (folder / "log.csv").write_text("\n".join(["time,user,item,event", *lines]) + "\n")
    source = {"dataset": str(folder / "card.toml"), "data": str(folder)} if source is None else source
    usual = {"steps": 5, "batch_size": 32, "fqe_steps": 5, "n_resamples": 100, "estimators": ["dr"], "seeds": [0]}
    algorithms = [{"id": "random"}, {"id": "dqn"}, {"id": "bc"}]
    return Suite(**{"name": "mine", "sources": [source], "algorithms": algorithms} | usual | settings)


def test_batch_size_and_steps_reach_every_training_of_a_job(tmp_path, monkeypatch):
    trainings, valuations = [], []
    train, fqe = trainer._fit, fitted_q_evaluation.fqe

    def recorded_training(data, algorithm, seeds, options, keep=None):
        trainings.append((algorithm, options.steps, options.batch_size, options.device))
        return train(data, algorithm, seeds, options, keep)

    def recorded_valuation(*arguments, **options):
        valuations.append((options["steps"], options["batch_size"]))
        return fqe(*arguments, **options)

    monkeypatch.setattr(trainer, "_fit", recorded_training)
    monkeypatch.setattr(fitted_q_evaluation, "fqe", recorded_valuation)
    _load.cache_clear()
    for job in plan(suite_of(tmp_path, 40, batch_size=24), "cpu"):
        assert not execute((job,))[0].failed
    # The model of the behaviour policy first, once for all jobs.
    assert trainings == [("bc", 5, 24, "cpu"), ("dqn", 5, 24, "cpu"), ("bc", 5, 24, "cpu")]
    assert set(valuations) == {(5, 24)}


def test_a_log_that_is_too_short_is_refused_with_its_numbers(tmp_path):
    check(suite_of(tmp_path, 40, batch_size=90))
    with pytest.raises(InputError) as refusal:
        check(suite_of(tmp_path, 40))
        check(suite_of(tmp_path, 40, batch_size=120))
    assert str(refusal.value) == (
        "card: The log is too short to train on: its training side has 32 episodes of 128 rows, 96 of them left when "
        "validation episodes are set apart; a training step takes a batch of 120. "
        "Give a longer log, or a batch_size of 96 or less (--batch-size with --dataset)."
    )


def test_so_is_the_short_log_of_a_task(tmp_path):
    check(suite_of(tmp_path, 1, {"task": "tabular-v1", "episodes": 50}, batch_size=16))
    with pytest.raises(InputError, match="tabular-v1: The log is too short to train on: its training side has 8 epis"):
        check(suite_of(tmp_path, 1, {"task": "tabular-v1", "episodes": 10}, batch_size=1_000))


def test_a_test_side_of_one_user_cannot_be_cross_fitted(tmp_path):
    short = suite_of(tmp_path, 5, batch_size=4)
    with pytest.raises(InputError, match=r"its test side has 1 of the 2 users needed\. Give a longer log, or"):
        check(short)
    check(short.model_copy(update={"estimators": ["snips"]}))


@pytest.mark.parametrize("untrained", ["random", "popularity"])
def test_policies_that_are_not_trained_need_no_batch(tmp_path, untrained):
    check(suite_of(tmp_path, 3, algorithms=[{"id": untrained}]))
