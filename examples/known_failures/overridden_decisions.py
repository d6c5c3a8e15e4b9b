"""Propensities of decisions that were not the ones taken.

The model chose an item and logged its probabilities; then a business rule replaced one choice in four by the sponsored
item. What was logged beside the sponsored item is the model's probability of it, not the shop's. Importance weights
then expect the wrong shares, and their mean, which should be 1, is far from it.
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

ROWS = 20_000


def case() -> Case:
    rng = np.random.default_rng(0)
    model = np.array([0.1, 0.3, 0.3, 0.3])
    evaluated = np.array([0.3, 0.1, 0.1, 0.5])
    clicks = np.array([0.02, 0.06, 0.07, 0.08])
    items = np.where(rng.random(ROWS) < 0.25, 0, rng.choice(4, ROWS, p=model))
    rewards = (rng.random(ROWS) < clicks[items]).astype(float)
    log = ope.EvaluationLog(rewards, model[items], evaluated[items])
    truth = float(evaluated @ clicks)
    return Case("Decisions that were overridden", "SNIPS of the click rate", log, ope.estimate(log, "snips"), truth)


if __name__ == "__main__":
    show(case())
