"""Tables of logged decisions on three items, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.ope import EvaluationLog
from rlbench_rec.ope.scorecard import LoggedTable, score


@pytest.fixture
def clicks():
    """(rewards, propensities, target propensities) of 6,000 decisions; the target policy's true lift is +.018."""
    rng = np.random.default_rng(0)
    behaviour, target = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, 6_000, p=behaviour)
    rewards = (rng.random(6_000) < np.array([0.04, 0.06, 0.10])[items]).astype(float)
    return rewards, behaviour[items], target[items]


@pytest.fixture
def report_on():
    """Scores an EvaluationLog's fields as if they had been read from a file."""

    def report(rewards, propensities, target, estimators=(), metrics=(), **settings):
        own = ("q_logged", "v_target", "episode_starts", "clusters", "propensity_source", "calibration_error")
        fields = {name: settings.pop(name) for name in own if name in settings}
        if metrics:
            fields["metrics"] = np.stack([rewards] * len(metrics), axis=1)
        log = EvaluationLog(rewards, propensities, target, **fields)
        settings = {"n_resamples": 300} | settings
        return score(LoggedTable("log.csv", log, {"reward": "reward"}, tuple(metrics)), estimators, **settings)

    return report
