"""New items: the target policy shows them, the behaviour policy never did.

SNIPS divides by the weights it has, so it quietly values the policy *without* its new items. Nothing in the log says
what those earn; here they earn little. The mean weight tells that a part is missing, even though nobody said so.
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

ROWS = 20_000


def case() -> Case:
    rng = np.random.default_rng(0)
    logging = np.array([0.4, 0.3, 0.2, 0.1, 0.0, 0.0])
    evaluated = np.array([0.2, 0.2, 0.2, 0.1, 0.15, 0.15])
    clicks = np.array([0.06, 0.07, 0.08, 0.09, 0.01, 0.01])
    items = rng.choice(6, ROWS, p=logging)
    rewards = (rng.random(ROWS) < clicks[items]).astype(float)
    log = ope.EvaluationLog(rewards, logging[items], evaluated[items])
    truth = float(evaluated @ clicks)
    return Case("Actions that were never logged", "SNIPS of the click rate", log, ope.estimate(log, "snips"), truth)


if __name__ == "__main__":
    show(case())
