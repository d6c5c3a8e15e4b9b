"""How much margin a frontier's steps need, so that the test side trusts what the validation part chose.

    OMP_NUM_THREADS=1 python -m studies.frontier_margins --seeds 30 31 32 33 --out results/studies/frontier_margins.csv

Judge shops of ten tasks, 10,000 sessions each, a quarter of the training side to choose on, the behaviour policy known
exactly. A frontier of several learners and their mean is chosen by each rule and scored once on the test side. Shops
that are in the table already are left alone, so that a run may be stopped. These shops choose a rule; others must show
what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from unittest.mock import patch

import pandas as pd

from rlbench_rec import frontier, tasks, training
from rlbench_rec.frontier import choose
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import QFunction
from rlbench_rec.training.validation import hold_out

from .frontier.each_shop import measured

LEARNERS = ("dqn", "cql", "sarsa")
VALIDATION = 0.25
RULES = {"trusted": (1.0, 0.0), "1": (1.0, 30.0), "1.5": (1.5, 30.0), "2": (2.0, 30.0), "3": (3.0, 30.0)}
"""By name: the margin, and the least ESS^3 / units^2."""


def answers(
    contenders: Mapping[str, QFunction],
    validation: TransitionDataset,
    test: TransitionDataset,
    base: frontier.Base,
) -> Iterator[dict]:
    """A row for each rule: what it chooses, and what the test side says."""
    for rule, (margin, concentration) in RULES.items():
        with patch.object(choose, "MARGIN", margin), patch.object(choose, "LEAST_CONCENTRATION", concentration):
            curve = frontier.trace(contenders, validation, base)
        scored = frontier.score(curve, test)
        lift, answered = scored.lift, curve.chosen is not None
        yield {
            "rule": rule,
            "answered": answered,
            "called": answered and lift.verdict == "trusted" and lift.ci_low > 0,
            "test_lift": lift.value / scored.behaviour.value,
            "verdict": lift.verdict,
        }


def measure(task_id: str, seed: int, episodes: int = 10_000, steps: int = 2_000) -> Iterator[dict]:
    """The rows of one shop."""
    task = tasks.make(task_id, seed, variant="judge")
    train, test = task.log(episodes, seed=seed + 1).split()
    _, validation = hold_out(train, VALIDATION)
    assert validation is not None, "a quarter is held out"
    options = {"loop": "lean", "steps": steps, "seed": 0, "device": "cpu", "validation": VALIDATION}
    contenders = {name: training.fit(train, name, **options).q_function() for name in LEARNERS}
    for row in answers(contenders, validation, test, frontier.LoggedBase(task.behaviour)):
        yield {"task": task_id, "shop": seed} | row


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """For each rule: shops, how many were answered and called, and the mean lift on the test side."""
    by_rule = rows.groupby("rule", sort=False)
    return by_rule.agg(
        shops=("shop", "size"), answered=("answered", "sum"), called=("called", "sum"), gain=("test_lift", "mean")
    )


def main() -> None:
    """Measure the shops that the table lacks, and print its summary."""
    table = measured(__doc__.splitlines()[0], [30, 31, 32, 33], "results/studies/frontier_margins.csv", measure)
    print(summary(table).to_string(float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
