"""What a search chose by the log and by the truth, as lifts over the behaviour policy."""

import pandas as pd
import pytest

from rlbench_rec.suite.tuned import Choice, Chosen
from studies.search_choices import lifts, summary


def searched(algorithm: str, task: str, by_estimate: float | None, by_truth: float | None) -> Chosen:
    def choice(truth: float | None, form: str) -> Choice | None:
        return None if truth is None else Choice(trial=1, form=form, truth=truth, verdict="trusted")

    found = {"by_estimate": choice(by_estimate, "tilted-0.1"), "by_truth": choice(by_truth, "greedy")}
    return Chosen(source=task, algorithm=algorithm, trials=2, **found)


def test_lifts_are_in_per_cent_of_the_behaviour_policy_and_defaults_are_trial_0():
    chosen = [searched("dqn", "a-v1", 11.0, 15.0), searched("dqn", "b-v1", 5.0, 6.0), searched("bc", "a-v1", None, 9.0)]
    first = {"source": ["a-v1", "b-v1"], "algorithm": ["dqn", "dqn"], "trial": [0, 0], "truth": [8.0, 5.5]}
    table = pd.DataFrame(lifts(chosen, pd.DataFrame(first), {"a-v1": 10.0, "b-v1": 5.0}))
    assert table["algorithm"].tolist() == ["dqn", "dqn"]
    assert table[["defaults", "by_estimate", "by_truth"]].to_numpy().ravel() == pytest.approx([-20, 10, 50, 10, 0, 20])
    assert table["form"].tolist() == ["tilted-0.1"] * 2
    row = summary(table).loc["dqn"]
    assert (row["defaults"], row["by_truth"], row["defaults: below"], row["by_estimate: below"]) == (-5, 35, 1, 0)
