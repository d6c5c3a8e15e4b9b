"""studies.frontier_margins: what each rule chooses, on a toy shop."""

from __future__ import annotations

import pandas as pd

import rlbench_rec as rb
from rlbench_rec import frontier
from rlbench_rec.frontier import choose
from studies.frontier_margins import RULES, answers, summary


def test_a_row_for_each_rule_and_the_rule_is_put_back():
    task = rb.tasks.make("tabular-v1", seed=3, horizon=4)
    best, data = task.optimal_values(), task.log(episodes=1_200, seed=5)
    validation, test = data.episodes(0, 600), data.episodes(600, 1_200)
    rows = [
        {"task": task.id, "shop": 3} | row
        for row in answers(
            {"best": lambda states: states @ best}, validation, test, frontier.LoggedBase(task.behaviour)
        )
    ]
    assert [row["rule"] for row in rows] == list(RULES)
    # The looser the rule, the bolder its choice.
    lifts = [row["test_lift"] for row in rows]
    assert lifts[0] >= lifts[-1] > 0 and all(row["answered"] for row in rows)
    assert (choose.MARGIN, choose.LEAST_CONCENTRATION) == (2.0, 30.0)
    table = summary(pd.DataFrame(rows))
    assert table.index.tolist() == list(RULES) and (table["shops"] == 1).all()
