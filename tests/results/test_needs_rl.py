"""Does this task need RL? Paired over replicates, against gamma = 0, the behaviour policy and the floor; never "no"."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.needs_rl import LEAST_REPLICATES, blank, needs_rl_table
from rlbench_rec.results.needs_rl_words import needs_rl
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import NEEDS_RL, NEEDS_RL_KEYS
from rlbench_rec.results.write import write_table

RNG_SEED = 0
COMMON = {"dataset": "", "task": "shop-v1", "metric": "reward", "estimator": "truth", "status": "ok"}


def runs_of(policies, replicates=10, spread=0.1, seed=RNG_SEED, **cells):
    """Rows of runs.csv: (algorithm, variant) -> true value, the same shop's luck for all, and each policy's own."""
    rng = np.random.default_rng(seed)
    luck = rng.normal(0.0, 1.0, replicates)
    rows = []
    for (algorithm, variant), value in policies.items():
        own = rng.normal(0.0, spread, replicates)
        for number in range(replicates):
            row = {"algorithm": algorithm, "variant": variant, "value": value + luck[number] + own[number]}
            rows.append(COMMON | row | {"replicate": number, "log": 0, "seed": number} | cells)
    return pd.DataFrame(rows)


FLOOR = {("behaviour", "logged"): 1.0, ("constant", "fixed"): 1.2, ("myopic", "mlp/greedy"): 1.3}


def dqn(ahead, control):
    return {("dqn", "mlp/greedy"): ahead, ("dqn", "mlp/gamma-0/greedy"): control}


def answer(policies, **options):
    table = needs_rl_table(runs_of(policies, **options))
    (sentence,) = needs_rl(table)
    return table, sentence


def test_yes_where_it_beats_its_control_the_behaviour_policy_and_the_floor():
    table, sentence = answer(FLOOR | dqn(2.0, 1.3))
    assert set(table["answer"]) == {"yes"} and set(table["reason"]) == {""}
    assert set(table["opponent"]) == {"behaviour", "dqn", "constant", "myopic"}
    assert "Does shop-v1 need RL? Yes: DQN (greedy) gains +" in sentence
    assert "the closest of 4 opponents (true values, 7 replicates" in sentence


@pytest.mark.parametrize(
    ("opponent", "named"),
    [
        (("behaviour", "logged"), "the behaviour policy"),
        (("constant", "fixed"), "Constant action"),
        (("dqn", "mlp/gamma-0/greedy"), "DQN without looking ahead"),
    ],
)
def test_one_opponent_that_is_as_good_is_enough(opponent, named):
    table, sentence = answer(FLOOR | dqn(2.0, 1.3) | {opponent: 2.2})
    assert set(table["answer"]) == {"not shown"}
    (closest,) = table[table["closest"]].to_dict("records")
    assert (closest["opponent"], closest["opponent_variant"]) == opponent
    assert closest["p_adjusted"] == closest["p"] > 0.05
    assert f"over {named}" in sentence and "would have been seen in four of five" in sentence


def test_the_gain_and_its_test_by_hand():
    values = {"dqn": [9.0, 3.0, 4.0, 5.0], "gamma": [0.0, 1.0, 1.0, 1.0]}
    rows = [
        COMMON | {"algorithm": algorithm, "variant": variant, "value": value, "replicate": number}
        for algorithm, variant, column in (
            ("dqn", "mlp/greedy", values["dqn"]),
            ("dqn", "mlp/gamma-0/greedy", values["gamma"]),
            ("behaviour", "logged", [0.0] * 4),
            ("constant", "fixed", [0.0] * 4),
        )
        for number, value in enumerate(column)
    ]
    table = needs_rl_table(pd.DataFrame(rows)).set_index("opponent")
    # The first replicate chooses the form. Over the control: 2, 3, 4, mean 3, standard error 1 / sqrt(3), t = 5.196.
    control = table.loc["dqn"]
    assert (control["gain"], control["n_units"]) == (3.0, 3)
    assert control["p"] == pytest.approx(0.01755, abs=1e-5)
    assert control["ci_low"] == pytest.approx(3.0 - 2.920 / math.sqrt(3), abs=1e-3)
    assert control["detectable"] == pytest.approx((2.920 + 1.061) / math.sqrt(3), abs=1e-3)
    assert control["closest"] and table["p_adjusted"].unique() == pytest.approx([0.01755], abs=1e-5)
    assert table.loc["behaviour", "behaviour"] == 0.0


def test_forms_are_chosen_on_replicates_that_do_not_test():
    runs = runs_of(FLOOR | dqn(2.0, 1.3) | {("dqn", "mlp/best/softmax-1"): 0.0})
    chosen = runs["variant"].eq("mlp/best/softmax-1") & (runs["replicate"] < 3)
    # On the three that choose the other form is the best, though it is the worst on the seven that test.
    runs.loc[chosen, "value"] += 50.0
    table = needs_rl_table(runs)
    assert set(table["variant"]) == {"mlp/best/softmax-1"} and set(table["answer"]) == {"not shown"}
    assert table.loc[table["closest"], "gain"].item() < 0


def test_several_learners_are_adjusted_for():
    other = {("cql", "mlp/greedy"): 1.3, ("cql", "mlp/gamma-0/greedy"): 1.3}
    alone = needs_rl_table(runs_of(FLOOR | dqn(1.42, 1.3)))
    table = needs_rl_table(runs_of(FLOOR | dqn(1.42, 1.3) | other))
    of_dqn = table[table["algorithm"] == "dqn"]
    assert of_dqn["p_adjusted"].iloc[0] == pytest.approx(2 * of_dqn["p"].max())
    assert (of_dqn["detectable"].to_numpy() > 0).all() and set(table["algorithm"]) == {"dqn", "cql"}
    assert alone["p_adjusted"].iloc[0] == pytest.approx(alone["p"].max())


def test_other_logs_and_seeds_of_a_shop_are_one_replicate():
    runs = runs_of(FLOOR | dqn(2.0, 1.3))
    again = pd.concat([runs, runs.assign(seed=100 + runs["seed"], value=runs["value"] + 1.0)])
    first, second = needs_rl_table(runs), needs_rl_table(again)
    assert second["n_units"].tolist() == first["n_units"].tolist() == [7] * 4
    assert second["p"].to_numpy() == pytest.approx(first["p"].to_numpy())


def test_too_few_replicates_say_nothing():
    table, sentence = answer(FLOOR | dqn(9.0, 1.3), replicates=LEAST_REPLICATES - 1)
    assert table["answer"].tolist() == ["not shown"]
    assert sentence == "Does shop-v1 need RL? Not shown: 3 replicates, and 4 are needed."
    board = runs_of(FLOOR | dqn(9.0, 1.3), replicates=1).drop(columns="replicate")
    assert "Not shown: 1 replicate, and 4 are needed" in needs_rl(needs_rl_table(board))[0]


@pytest.mark.parametrize(("left_out", "missing"), [(["behaviour"], "behaviour"), (["constant", "myopic"], "the floor")])
def test_what_was_not_run_was_not_beaten(left_out, missing):
    policies = {key: value for key, value in (FLOOR | dqn(9.0, 1.3)).items() if key[0] not in left_out}
    table, _ = answer(policies)
    assert set(table["answer"]) == {"not shown"} and set(table["reason"]) == {f"{missing} was not run"}


def test_a_learner_that_failed_in_a_replicate_is_not_said_to_pay_by_the_others():
    runs = runs_of(FLOOR | dqn(2.0, 1.3))
    failed = (runs["algorithm"] == "dqn") & (runs["variant"] == "mlp/greedy") & (runs["replicate"] == 9)
    table = needs_rl_table(runs[~failed])
    assert set(table["answer"]) == {"not shown"} and set(table["reason"]) == {"it has no value in 1 of 7 replicates"}
    assert "it has no value in 1 of 7 replicates" in needs_rl(table)[0]


def test_without_a_control_there_is_no_question_and_checks_of_frontiers_are_no_opponents():
    assert needs_rl(needs_rl_table(runs_of(FLOOR | {("dqn", "mlp/greedy"): 2.0}))) == []
    checks = {("myopic", "mlp/frontier/negated"): 99.0, ("dqn", "mlp/frontier/shuffled"): 99.0}
    table = needs_rl_table(runs_of(FLOOR | dqn(2.0, 1.3) | checks))
    assert set(table["answer"]) == {"yes"} and set(table["variant"]) == {"mlp/greedy"}


# What the board of version 0.1 said of three tasks, from dqn, its control and the behaviour policy in one shop, where
# planners gain 57 % in offers and 5 % in cart, and in sequence dqn is below the behaviour policy.
@pytest.mark.parametrize(
    ("task", "ahead", "control", "behaviour", "said"),
    [
        ("offers-v1", 0.045, 0.306, 0.289, "no"),
        ("cart-v1", 0.341, 0.913, 1.173, "no"),
        ("sequence-v1", 2.437, 2.195, 2.559, "yes"),
    ],
)
def test_wrong_answers_of_the_past(task, ahead, control, behaviour, said):
    policies = {("behaviour", "logged"): behaviour, ("constant", "fixed"): behaviour / 2} | dqn(ahead, control)
    for replicates in (1, 10):
        table = needs_rl_table(runs_of(policies, replicates, 0.01, task=task))
        (sentence,) = needs_rl(table)
        assert set(table["answer"]) == {"not shown"} and f"Does {task} need RL? Not shown" in sentence
        assert said not in sentence.split("?")[1].lower().replace("not shown", "").split()


def test_the_size_with_several_learners_forms_and_opponents():
    # Nothing is better than anything: a yes in one of twenty sets at most; with 200 sets up to 16 are such luck.
    nothing = dict.fromkeys(
        [*FLOOR, ("dqn", "mlp/softmax-1"), ("cql", "mlp/greedy"), ("cql", "mlp/gamma-0/greedy")], 1.0
    )
    said = [
        (needs_rl_table(runs_of(nothing | dqn(1.0, 1.0), seed=seed))["answer"] == "yes").any() for seed in range(200)
    ]
    alone = {("behaviour", "logged"): -99.0, ("constant", "fixed"): -99.0}
    of_one = [
        (needs_rl_table(runs_of(alone | dqn(1.0, 1.0), seed=seed))["answer"] == "yes").any() for seed in range(200)
    ]
    assert sum(said) <= 16 and 3 <= sum(of_one) <= 16


def of_log(run_id="job", **cells):
    names = {"task": "shop-v1", "test": "log", "run_id": run_id, "algorithm": "dqn", "variant": "tilted by 0.3 nats"}
    numbers = {"gain": 0.1, "ci_low": 0.02, "ci_high": 0.18, "p": 0.01, "p_adjusted": 0.01, "detectable": 0.2}
    more = {"opponent": "myopic", "n_units": 2_000, "behaviour": 2.0, "verdict": "trusted", "closest": True}
    return blank() | names | numbers | more | {"answer": "yes"} | cells


def test_a_log_in_words():
    (sentence,) = needs_rl(pd.DataFrame([of_log()]))
    assert sentence.startswith("Does shop-v1 need RL? Yes: DQN (tilted by 0.3 nats) gains +5 % [+1, +9] over Myopic")
    weak = of_log(answer="not shown", verdict="weak", reason="the log does not support it", behaviour=-1.0)
    (sentence,) = needs_rl(pd.DataFrame([weak]))
    assert "Not shown: DQN (tilted by 0.3 nats) gains +0.1 [+0.02, +0.18] over Myopic" in sentence
    why = "the gain over behaviour is not shown"
    (lost,) = needs_rl(pd.DataFrame([of_log(answer="not shown", verdict="weak", reason=why, opponent="behaviour")]))
    assert "over the behaviour policy (" in lost and "the gain over the behaviour policy is not shown" in lost
    opponent = {"opponent": "dqn/gamma-0", "opponent_variant": "tilted-0.3"}
    (of_control,) = needs_rl(pd.DataFrame([of_log(**opponent)]))
    assert "over DQN without looking ahead (tilted 0.3), the closest" in of_control
    assert "; the log does not support it; a gain of 0.2 would have been seen in four of five." in sentence
    nothing = of_log(answer="not shown", gain=0.0, ci_low=0.0, ci_high=0.0, detectable=0.0)
    (sentence,) = needs_rl(pd.DataFrame([nothing]))
    assert sentence.endswith("Not shown: DQN (tilted by 0.3 nats) is worth what Myopic is, to the last digit.")


def test_logs_of_users_own_choices_have_no_number():
    row = blank() | {"dataset": "shop", "test": "log", "run_id": "job", "closest": True, "answer": "not shown"}
    (sentence,) = needs_rl(pd.DataFrame([row | {"reason": "users chose the items themselves"}]))
    assert sentence == "Does shop need RL? Not shown: users chose the items themselves."


def test_too_few_replicates_are_not_spoken_of_beside_what_the_log_says():
    few = blank() | {"task": "shop-v1", "test": "replicates", "closest": True, "answer": "not shown", "reason": "few"}
    (sentence,) = needs_rl(pd.DataFrame([few | {"n_units": 1}, of_log()]))
    assert sentence.startswith("Does this log of shop-v1 need RL? Yes: ")
    (alone,) = needs_rl(pd.DataFrame([few | {"n_units": 1}]))
    assert alone == "Does shop-v1 need RL? Not shown: few."


def test_several_logs_are_counted():
    rows = [of_log(str(number), answer=said) for number, said in enumerate(["yes", "not shown", "not shown"])]
    (sentence,) = needs_rl(pd.DataFrame(rows))
    assert sentence == "Asked alone, 1 of 3 logs of shop-v1 says that it needs RL."


def test_the_table_is_read_back(tmp_path):
    table = needs_rl_table(runs_of(FLOOR | dqn(2.0, 1.3)))
    write_table(table, NEEDS_RL, tmp_path / "needs_rl.csv")
    again = read_table(tmp_path / "needs_rl.csv", NEEDS_RL, NEEDS_RL_KEYS)
    assert again["gain"].tolist() == table["gain"].tolist()
    assert needs_rl(again) == needs_rl(table)
