"""Sessions of thirty decisions, and a policy that differs a little in each.

The weight of a session is a product of thirty ratios. Its mean is 1, but nearly all of it sits in sessions so rare that
2,000 sessions have none; the usual session has a weight near 0. So the estimate is far too low, and certain of it.
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

SESSIONS, STEPS = 2_000, 30


def case() -> Case:
    rng = np.random.default_rng(0)
    good = rng.random(SESSIONS * STEPS) < 0.5
    rewards = (rng.random(len(good)) < np.where(good, 0.10, 0.02)).astype(float)
    log = ope.EvaluationLog(
        rewards,
        np.full(len(good), 0.5),
        np.where(good, 0.9, 0.1),
        episode_starts=np.arange(0, len(good), STEPS),
    )
    truth = STEPS * (0.9 * 0.10 + 0.1 * 0.02)
    return Case("Long sessions", "IPS by whole sessions, clicks a session", log, ope.estimate(log, "tis"), truth)


if __name__ == "__main__":
    show(case())
