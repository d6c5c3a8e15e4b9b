"""Decisions that followed something which was not logged.

Staff gave the banner rather to customers who were about to buy anyway (odds of 1.5 to 1, against 1 to 1.5 for the
others), while the log says 1/2 for everyone. So the banner looks good, and it does harm. Every figure of the overlap is
fine, and the gate says `trusted`: no check on weights can see this. The sensitivity band does: it asks how far off the
propensities' odds would have to be, and finds a factor well below the 1.5 that they are off by.
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

ROWS = 40_000


def case() -> Case:
    rng = np.random.default_rng(0)
    intent = rng.random(ROWS) < 0.5
    banner = rng.random(ROWS) < np.where(intent, 0.6, 0.4)
    rewards = (rng.random(ROWS) < 0.05 + 0.30 * intent - 0.01 * banner).astype(float)
    log = ope.EvaluationLog(rewards, np.full(ROWS, 0.5), np.where(banner, 0.9, 0.1))
    truth = -0.01 * (0.9 - 0.5)
    return Case("A hidden confounder", "SNIPS of the lift in purchases", log, ope.lift(log, "snips"), truth)


if __name__ == "__main__":
    show(case())
