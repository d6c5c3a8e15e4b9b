"""studies.service_weights: the makes of weights, on a toy shop with a model that is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

import rlbench_rec as rb
from rlbench_rec.frontier.service_base import ServiceOnLog
from studies.service_weights import answer, logs_of, summary


def test_every_make_is_answered_and_summed_up():
    task = rb.tasks.make("tabular-v1", seed=3, horizon=4)
    best, data = task.optimal_values(), task.log(episodes=1_000, seed=5)
    model = task.behaviour.probabilities(data.states()) ** 0.5
    on_log = ServiceOnLog(data, model / model.sum(axis=1, keepdims=True))
    guess = on_log.scored(data.states() @ best).guess(0.5)
    rows = [{"weights": make} | answer(log) for make, log in logs_of(data, *guess, on_log.features)]
    assert [row["weights"] for row in rows] == [
        *("model alone", "few features", "states, rows alike", "states, rows by weight")
    ]
    lifts = np.array([row["lift"] for row in rows])
    assert np.isfinite(lifts).all() and abs(lifts[2] - lifts[3]) < 0.01 < abs(lifts[0] - lifts[3])
    table = summary(pd.DataFrame(rows).assign(true_lift=lifts[3], true_error=0.0, verdict="trusted"))
    assert table.loc["states, rows by weight", "covered"] == 1.0 and (table["trusted"] == 1).all()
