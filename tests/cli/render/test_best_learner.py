"""The sentence that sets the best learner beside what it has to beat."""

import pandas as pd

from rlbench_rec.cli.render.best_learner import best_learner


def _ranked(*rows):
    """(algorithm, mean, half of the interval), best first."""
    cells = [
        {"rank": place, "algorithm": name, "variant": "mlp/greedy", "ci_low": mean - half, "ci_high": mean + half}
        for place, (name, mean, half) in enumerate(rows, start=1)
    ]
    return pd.DataFrame(cells)


def test_baselines_ahead_are_named_by_how_clearly_they_are():
    ranked = _ranked(("item-knn", 0.5, 0.05), ("gru4rec", 0.4, 0.05), ("random", 0.3, 0.2), ("dqn", 0.2, 0.1))
    assert best_learner(ranked) == (
        "Best learner: dqn (mlp/greedy). Baselines clearly ahead of it: item-knn, gru4rec; "
        "ahead within the intervals: random."
    )
    assert best_learner(ranked.tail(2)).endswith("Baselines ahead within the intervals: random.")


def test_a_learner_ahead_of_all_baselines_is_said_to_be():
    assert best_learner(_ranked(("behaviour", 2.0, 0.1), ("cql", 1.0, 0.1), ("constant", 0.5, 0.1))) == (
        "Best learner: cql (mlp/greedy), clearly ahead of the best baseline, constant."
    )
    close = _ranked(("cql", 1.0, 0.1), ("file:recs.csv", 0.95, 0.1))
    assert best_learner(close).endswith("ahead within the intervals of the best baseline, file:recs.csv.")


def test_nothing_is_said_where_there_is_nothing_to_compare():
    assert best_learner(_ranked(("dqn", 1.0, 0.1), ("an-algorithm-of-yesterday", 0.5, 0.1))) == ""
    assert best_learner(_ranked(("markov", 1.0, 0.1), ("mode", 0.5, 0.1))) == ""


def test_the_reference_is_an_end_of_the_scale_and_not_a_learner():
    assert best_learner(_ranked(("reference", 3.0, 0.1), ("constant", 0.5, 0.1))) == ""
    assert best_learner(_ranked(("reference", 3.0, 0.1), ("cql", 1.0, 0.1), ("constant", 0.5, 0.1))).startswith(
        "Best learner: cql"
    )
