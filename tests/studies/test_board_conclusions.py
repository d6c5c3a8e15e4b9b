"""What is read off a board of replicates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rlbench_rec.results.scores import Scores
from studies import board_conclusions as study

SCORES = Scores(
    {
        ("behaviour", "logged"): np.zeros((3, 4)),
        ("reference", "best known"): np.full((3, 4), 100.0),
        ("constant", "fixed"): np.array([[30.0, 31.0, 29.0, 30.0], [0.0] * 4, [10.0] * 4]),
        ("bc", "mlp/greedy"): np.array([[20.0, 21.0, 19.0, 20.0], [20.0] * 4, [20.0] * 4]),
        ("cql", "mlp/greedy"): np.array([[40.0, 42.0, 38.0, 40.0], [30.0] * 4, [30.0] * 4]),
        # Ahead in two tasks, and lost in one of them.
        ("dqn", "mlp/greedy"): np.array([[50.0, 51.0, 49.0, 50.0], [50.0] * 4, [-900.0] * 4]),
        ("dqn", "mlp/gamma-0/greedy"): np.array([[35.0, 36.0, 34.0, 35.0], [5.0] * 4, [5.0] * 4]),
        ("dqn", "mlp/best/greedy"): np.full((3, 4), 99.0),
    },
    ("a-v1", "b-v1", "c-v1"),
    (4, 4, 4),
    "replicates",
)
ANSWER = {"task": "b-v1", "closest": True, "answer": "yes", "algorithm": "dqn", "variant": "mlp/greedy", "n_units": 3}


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    gaps = pd.DataFrame({"task": ["a-v1"] * 4, "gap": [0.1, 0.2, 0.3, 0.2]})
    rows = [*study.averages(SCORES), *study.scale(gaps, SCORES), *study.floors(SCORES)]
    rows += study.looking_ahead(pd.DataFrame([ANSWER]), SCORES)
    return pd.DataFrame(rows, columns=list(study.FIELDS)).sort_values(["question", "quantity"], kind="stable")


def _of(found: pd.DataFrame, question: str, quantity: str, by: str) -> pd.DataFrame:
    return found[(found["question"] == question) & (found["quantity"] == quantity)].set_index(by)


def test_the_learners_are_neither_clones_nor_controls_nor_best_checkpoints():
    assert study.learners(SCORES) == [("cql", "mlp/greedy"), ("dqn", "mlp/greedy")]


@pytest.mark.parametrize(("average", "first"), [("mean", "cql"), ("clipped mean", "cql"), ("median", "dqn")])
def test_the_winner_by_each_average(found, average, first):
    ranks = _of(found, "average", f"rank by {average}", "policy")["value"]
    assert ranks.idxmin() == f"{first}/mlp/greedy" and ranks.min() == 1
    assert _of(found, "average", f"chance to be first by {average}", "policy").loc[f"{first}/mlp/greedy", "value"] == 1


def test_what_a_mean_is_without_one_of_its_tasks(found):
    dqn = _of(found, "average", "mean", "policy").loc["dqn/mlp/greedy"]
    assert (dqn["value"], dqn["low"], dqn["high"]) == pytest.approx((-800 / 3, -425.0, 50.0))


def test_gaps_and_the_highest_score(found):
    gap = _of(found, "scale", "gap", "task").loc["a-v1"]
    assert gap["value"] == pytest.approx(0.2) and gap["low"] < 0.1 and gap["n"] == 4
    assert list(_of(found, "scale", "highest score", "task")["value"]) == pytest.approx([99.0] * 3)


def test_gains_over_the_floor_are_of_what_the_other_replicates_choose(found):
    assert list(_of(found, "floor", "gain", "task")["value"]) == pytest.approx([20.0, 50.0, 20.0])
    # A policy that is first in one replicate alone is not chosen for that one.
    lucky = {("a", ""): np.array([1.0, 0.0, 0.0, 0.0]), ("b", ""): np.array([0.0, 0.2, 0.2, 0.2])}
    assert list(study._chosen_on_the_others(lucky, list(lucky))) == [0.0, 0.0, 0.0, 0.0]


def test_answers_stand_beside_what_is_left_to_gain(found):
    left = _of(found, "looking ahead", "left above what does not", "task")
    assert list(left["value"]) == pytest.approx([65.0, 95.0, 90.0])
    assert left.loc["a-v1", "other"] == "dqn/mlp/gamma-0/greedy" and left.loc["c-v1", "other"] == "constant/fixed"
    answer = _of(found, "looking ahead", "needs RL", "task").loc["b-v1"]
    assert (answer["value"], answer["n"], answer["policy"]) == (1.0, 3, "dqn/mlp/greedy")


def test_spreads_are_standard_deviations_with_generalised_limits():
    policy = {"task": "a-v1", "algorithm": "dqn", "variant": "mlp/greedy", "metric": "normalised", "estimator": "truth"}
    parts = (("shop", 2, 150.0, 16.0), ("log", 6, 2.0, -1.0), ("seed", 18, 4.0, 4.0))
    names = ("component", "degrees", "mean_square", "variance")
    rows = [policy | dict(zip(names, part, strict=True)) | {"n": 3} for part in parts]
    rows.append(rows[0] | {"estimator": "snips"})
    found = pd.DataFrame(list(study.spread(pd.DataFrame(rows), SCORES))).set_index("quantity")
    named = [f"from {name} to {name}" for name in ("shop", "log", "seed")]
    assert list(found.loc[named, "value"]) == [4.0, 0.0, 2.0]
    # Of the innermost component the limits are those of a variance.
    seed = found.loc["from seed to seed"]
    wanted = (18 * 4 / stats.chi2.ppf([0.975, 0.025], 18)) ** 0.5
    assert [seed["low"], seed["high"]] == pytest.approx(list(wanted), rel=0.02)
    # Of the others the mean square below is taken off.
    shop, most = found.loc["from shop to shop"], (2 * 150 / stats.chi2.ppf(0.025, 2) / 9) ** 0.5
    assert 0 < shop["low"] < 4 < shop["high"] and shop["high"] == pytest.approx(most, rel=0.05)
    assert found.loc["from log to log", "low"] == 0
    # Greedy DQN's four scores of a-v1.
    assert found.loc["over the shops of the board", "value"] == pytest.approx(np.std([50, 51, 49, 50], ddof=1))


def test_gains_are_in_per_cent_of_what_the_behaviour_policy_earns():
    found = pd.DataFrame(list(study.gains(_runs())))
    assert list(found["policy"]) == ["dqn/mlp/frontier", "dqn/mlp/greedy"]
    # 11 and 13 of 10, and 30 of 20: +10 %, and +30 and +50 %.
    assert list(found["value"]) == pytest.approx([10.0, 40.0]) and list(found["n"]) == [2, 2]


def test_a_frontier_that_stays_with_the_behaviour_policy_vouches_for_nothing():
    found = pd.DataFrame(list(study.vouched(_runs()))).set_index(["quantity", "policy"])["value"]
    assert found["chose a step", "all rows"] == 3 and found["chose a step", "learners and clones"] == 2
    # Of the third, the control's, the gain is shown, and is none.
    assert found["shown to be better", "all rows"] == 2 and found["shown to be better, truly better", "all rows"] == 1
    # The lift of 0 within [0, 0] of the one that stays is no interval that held the truth.
    assert found["trusted lifts that hold the truth", "all rows"] == pytest.approx(2 / 3)


def _runs() -> pd.DataFrame:
    """Two shops: 10 and 20 is what the behaviour policy earns in them."""
    truth = {"estimator": "truth", "metric": "reward"}
    lift = {"estimator": "snips-lift", "metric": "reward", "verdict": "trusted"}
    greedy, frontier = {"algorithm": "dqn", "variant": "mlp/greedy"}, {"algorithm": "dqn", "variant": "mlp/frontier"}
    control = {"algorithm": "dqn", "variant": "mlp/gamma-0/frontier"}
    check = {"algorithm": "dqn", "variant": "mlp/frontier/negated"}
    behaviour = {"algorithm": "behaviour", "variant": "logged"}
    rows = [truth | behaviour | {"value": value, "replicate": at} for at, value in enumerate((10.0, 20.0))]
    rows += [truth | greedy | {"value": value, "replicate": at} for at, value in enumerate((13.0, 30.0))]
    rows += [truth | frontier | {"value": value, "replicate": at} for at, value in enumerate((11.0, 22.0))]
    numbers = ("value", "ci_low", "ci_high", "true_value", "replicate")
    for policy, values in (
        (frontier, (1.5, 0.5, 2.5, 1.0, 0)),
        (frontier, (1.0, -1.0, 3.0, 2.0, 1)),
        (control, (2.0, 1.0, 3.0, -0.5, 0)),
        (control, (0.0, 0.0, 0.0, 0.0, 1)),
        (check, (0.0, 0.0, 0.0, 0.0, 0)),
    ):
        rows.append(lift | policy | dict(zip(numbers, values, strict=True)))
    return pd.DataFrame(rows).assign(task="a-v1", status="ok", seed=0, log=0)
