"""References: taken from the table for the very same shop only, else planned, else asked for."""

from __future__ import annotations

import pandas as pd
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.results.schema import REFERENCES
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.reference_policies.best_known import (
    best_of,
    find_reference,
    measure,
    read_references,
    reference,
    table_file,
)
from rlbench_rec.suite.reference_policies.candidates import planned
from rlbench_rec.suite.reference_policies.reference import Reference, method_version
from rlbench_rec.suite.sources import make_task
from rlbench_rec.tasks.policy_ladder import ScoreBlend


def row(task, contender="ppo", form="greedy", value=9.0):
    shop = {"identity": task.identity.digest, "task": task.id, "variant": "", "task_seed": task.seed}
    played = {"contender": contender, "form": form, "value": value, "std_error": 0.1, "n_episodes": 4096}
    made = {"task_config": "{}", "stratum": "", "seed": 0, "config": "{}", "versions": ""}
    return shop | made | played | {"upper_bound": None, "bound": "", "method_version": method_version(task)}


def table(tmp_path, *rows):
    write_table(pd.DataFrame(rows), REFERENCES, tmp_path / "references.csv")
    return tmp_path / "references.csv"


def test_the_best_contender_measured_in_this_shop_serves(tmp_path):
    task = tasks.make("tabular-v1")
    file = table(tmp_path, row(task, value=7.0), row(task, "online-dqn", value=8.0), row(task, "planner", value=6.0))
    found = reference(task, 0.02, file)
    assert (found.contender, found.form, found.value, found.std_error) == ("online-dqn", "greedy", 8.0, 0.1)


@pytest.mark.parametrize("change", [{"seed": 1}, {"gamma": 0.8}, {"variant": "judge"}])
def test_a_row_of_another_shop_does_not_serve(tmp_path, change):
    file = table(tmp_path, row(tasks.make("tabular-v1"), value=99.0))
    other = tasks.make("tabular-v1", **change)
    assert find_reference(other, file) is None
    found = reference(other, 0.02, file)
    assert found.contender == "planner" and found.value < 99.0


def test_the_planner_serves_in_its_best_form():
    task = tasks.make("tabular-v1", seed=3)
    values = {form: task.true_value(policy).value for form, policy in planned(task).items()}
    assert set(values) == {"greedy", "softmax-0.1", "softmax-0.3"}
    optimum = task.true_value(task.policy(ScoreBlend(score={"farsighted": 1.0}, tau=0.0))).value
    assert values["greedy"] == optimum == max(values.values())


def test_without_table_planner_and_traits_the_message_says_what_to_do(tmp_path):
    class Bare(type(tasks.make("tabular-v1")).__mro__[2]):  # a Task, and no more
        id = "bare-v1"
        behaviour = observation_bounds = None
        behaviour_policies = target_policies = simulator = None

    task = Bare(tasks.TaskConfig())
    message = r"bare-v1: No reference policy.*reference_values\.py.*\[online\]"
    with pytest.raises(InputError, match=message):
        find_reference(task, tmp_path / "none.csv")


def test_a_searched_row_of_an_earlier_method_does_not_serve(tmp_path):
    task = tasks.make("cart-v1", seed=5, horizon=2)
    now = row(task, contender="search", value=99.0)
    assert find_reference(task, table(tmp_path, now)).value == 99.0
    assert find_reference(task, table(tmp_path, now | {"method_version": method_version(task) - 1})) is None


@pytest.mark.parametrize(("trained", "serves"), [(10.2, "search"), (10.4, "ppo"), (9.0, "search")])
def test_what_was_trained_serves_only_where_luck_does_not_explain_it(trained, serves):
    found = [Reference(who, "greedy", value, 0.1, 100) for who, value in (("search", 10.0), ("planner", 9.5))]
    found += [
        Reference("ppo", "greedy", trained, 0.1, 100),
        Reference("ppo", "greedy/seed-1", trained - 0.05, 0.1, 100),
    ]
    assert best_of(found).contender == serves
    assert best_of(found[2:]).value == trained


def test_the_best_of_those_that_luck_does_not_explain_serves():
    found = [Reference("search", "traits", 10.0, 0.1, 100), Reference("ppo", "greedy", 10.9, 0.5, 100)]
    assert best_of(found).contender == "search"
    assert best_of([*found, Reference("ppo", "greedy/seed-1", 10.8, 0.01, 100)]).form == "greedy/seed-1"


@pytest.mark.parametrize("task", ["tabular-v1", "pricing-v1", "cart-v1"])
def test_what_was_trained_does_not_serve_before_the_planner_was_asked(tmp_path, task):
    assert find_reference(tasks.make(task, seed=3), table(tmp_path, row(tasks.make(task, seed=3)))) is None


def test_what_is_measured_can_be_read_back_and_found(tmp_path):
    source = Source(task="tabular-v1", task_config={"states": 4, "actions": 3})
    rows = [
        *measure(source, "planner", 0, 0.05),
        *measure(source, "online-dqn", 4, 0.05, {"steps": 200, "batch_size": 32}),
    ]
    file = table(tmp_path, *rows)
    read = read_references(file)
    assert list(read["contender"]) == ["planner"] * 3 + ["online-dqn"]
    assert read["seed"].isna().tolist() == [True] * 3 + [False]
    assert reference(make_task(source), 0.05, file).contender == "planner"


def test_the_table_that_comes_with_the_package_speaks_of_the_shops_as_they_stand():
    # After a change of a shop: python studies/reference_values.py
    read = read_references(table_file())
    for source in load_suite("commerce").sources:
        task = make_task(source)
        assert task.optimum is not None or task.identity.digest in set(read["identity"]), source.task
    assert {"planner", "ppo"} <= set(read["contender"]) <= {"planner", "ppo", "online-dqn", "search"}
