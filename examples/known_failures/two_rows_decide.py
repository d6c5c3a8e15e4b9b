"""A behaviour policy that has made up its mind, and an evaluated one that treats all items alike.

Thompson sampling shows ten favourites nearly always, and each of the other thirty with a probability of 6e-6. Uniform
choice gives the two rows of those that were logged weights in the thousands: two of 10,000 rows are most of the
estimate. Neither was clicked, so it is far too low; and the bootstrap interval, made of the same two rows, agrees.
"""

import numpy as np
from case import Case, show

from rlbench_rec import ope

ITEMS, ROWS = 40, 10_000


def case() -> Case:
    rng = np.random.default_rng(6)
    favourite = np.arange(ITEMS) < 10
    logging = np.where(favourite, (1 - 30 * 6e-6) / 10, 6e-6)
    clicks = np.where(favourite, 0.03, 0.08)
    items = rng.choice(ITEMS, ROWS, p=logging)
    rewards = (rng.random(ROWS) < clicks[items]).astype(float)
    log = ope.EvaluationLog(rewards, logging[items], np.full(ROWS, 1 / ITEMS))
    return Case("Two rows decide", "SNIPS of the click rate", log, ope.estimate(log, "snips"), float(clicks.mean()))


if __name__ == "__main__":
    show(case())
