"""Twenty thousand decisions, a handful of purchases.

The overlap is good and the rows are many, but only rows with a purchase say anything about purchases. The item that the
target policy prefers sells three times as well; it was shown 2,000 times and, as it happened, not bought. So the
lift comes out negative, with an interval that is sure of it. (The seed is one of those: about one log of this kind in
five.)
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

ROWS = 20_000


def case(seed: int = 0) -> Case:
    rng = np.random.default_rng(seed)
    logging, evaluated = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    purchases = np.array([3e-4, 9e-4])
    items = rng.choice(2, ROWS, p=logging)
    rewards = (rng.random(ROWS) < purchases[items]).astype(float)
    log = ope.EvaluationLog(rewards, logging[items], evaluated[items])
    truth = float((evaluated - logging) @ purchases)
    return Case("A handful of purchases", "SNIPS of the lift in purchases", log, ope.lift(log, "snips"), truth)


if __name__ == "__main__":
    show(case())
