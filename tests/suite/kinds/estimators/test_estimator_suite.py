"""Estimator suites: scores worked by hand, the same bytes again, resuming, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.evaluation.linear_q import linear_q
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import ESTIMATES, ESTIMATOR_KEYS, ESTIMATORS, TIMINGS
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.kinds.estimators.check import check, trains
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.kinds.estimators.estimator_scores import score
from rlbench_rec.suite.kinds.estimators.jobs import execute, plan
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.testing.algorithms import toy_shop

SMALL = {
    "kind": "estimators",
    "name": "small",
    "sources": [{"task": "tabular-v1", "matched": ["myopic-mild"], "mismatched": ["worst", "farsighted-firm"]}],
    "estimators": ["snips", "dr"],
    "episodes": [100, 300],
    "logs": [2, 1],
}
ESTIMATE_KEYS = ("task", "policy", "estimator", "n_episodes", "log_seed")


def estimates(values, truths=(1.0, 2.0, 4.0), **columns):
    """One log of three policies, the first of them matched."""
    row = {"task": "t", "estimator": "e", "q": "", "n_episodes": 10, "log_seed": 1, "behaviour_value": 2.0, "ess": 5.0}
    row |= {"policy": ["a", "b", "c"], "policies": ["matched", "mismatched", "mismatched"], "value": values}
    row |= {"true_value": truths, "true_error": 0.0, "verdict": "weak"}
    row |= {"ci_low": np.array(values) - 0.5, "ci_high": np.array(values) + 0.5} | columns
    return pd.DataFrame(row)


def test_scores_by_hand():
    frame = score(estimates([1.2, 5.0, 3.8], verdict=["trusted", "weak", "trusted"])).set_index("policies")
    all_of_them = frame.loc["all"]
    # Errors .1, 1.5, -.1 of the behaviour value 2.
    assert all_of_them["rmse"] == pytest.approx(np.sqrt((0.01 + 2.25 + 0.01) / 3))
    assert all_of_them["bias"] == pytest.approx(0.5)
    assert all_of_them["coverage95"] == pytest.approx(2 / 3)
    assert all_of_them["interval_width"] == pytest.approx(0.5)
    assert all_of_them["rank_correlation"] == pytest.approx(0.5)
    assert all_of_them["regret_at_1"] == pytest.approx(1.0)  # b is chosen: (4 - 2) / 2
    assert (all_of_them["trusted"], all_of_them["coverage95_trusted"]) == (pytest.approx(2 / 3), 1.0)
    assert np.isnan(all_of_them["std"])
    assert frame.loc["matched", "rmse"] == pytest.approx(0.1)
    assert np.isnan(frame.loc["matched", "rank_correlation"])
    assert frame.loc["mismatched", "bias"] == pytest.approx(0.7)


def test_the_spread_is_around_each_policys_own_mean():
    two = pd.concat([estimates([1.0, 2.0, 4.0]), estimates([1.4, 2.0, 4.0], log_seed=2)])
    row = score(two).set_index("policies").loc["all"]
    # Variance over logs of the errors of a: ((.2 - 0) ** 2) / 2 = .02, of the others 0.
    assert row["std"] == pytest.approx(np.sqrt(0.02 / 3))
    assert row["n_logs"] == 2


def test_an_estimate_that_is_not_defined_neither_errs_nor_covers():
    row = score(estimates([np.nan, 2.0, 4.0])).set_index("policies").loc["all"]
    assert row["defined"] == pytest.approx(2 / 3)
    assert row["rmse"] == 0
    assert row["coverage95"] == pytest.approx(2 / 3)


def test_a_linear_q_never_saw_the_user():
    rng = np.random.default_rng(0)
    data = replace(toy_shop(90), clusters=rng.integers(0, 9, 90) * 5)
    states, chances = data.states(), np.full((len(data), 3), 1 / 3)
    own = np.repeat(data.clusters, data.episode_lengths) == data.clusters[0]
    shaken = replace(data, rewards=np.where(own, data.rewards + 7, data.rewards).astype(np.float32))
    for before, after in zip(linear_q(data, states, chances), linear_q(shaken, states, chances), strict=True):
        assert np.array_equal(before[own], after[own]) and not np.array_equal(before, after)


def test_a_linear_q_is_exact_where_values_are_linear():
    # One state: the value of an action is its click rate plus a constant, which the features span.
    task = tasks.make("tabular-v1", states=1, actions=3, horizon=100, leave=0.2, gamma=0.5)
    data = task.log(episodes=30_000, policy=task.behaviour_policies()["random"], seed=1)
    states = data.states()
    policy = task.target_policies()["myopic-firm"]
    chances = policy.probabilities(states)
    q, v = linear_q(data, states, chances)
    now = task.click_rates[0]
    values = now + 0.4 / (1 - 0.4) * float(chances[0] @ now)
    assert q == pytest.approx(values[data.actions], abs=0.02)
    assert v == pytest.approx(float(chances[0] @ values), abs=0.02)


def test_tables_are_the_same_again_and_a_run_is_resumed(tmp_path, in_this_process):
    suite = EstimatorSuite(**SMALL)
    run_suite(suite, tmp_path / "a", workers=1)
    names = ("estimates.csv", "estimators.csv", "plots/error-tabular-v1.png", "plots/estimates-tabular-v1.png")
    kept = [(tmp_path / "a" / name).read_bytes() for name in names]
    read = read_table(tmp_path / "a" / "estimates.csv", ESTIMATES, ESTIMATE_KEYS)
    assert len(read) == 2 * 3 * (2 + 1) and set(read["status"]) == {"ok"}
    scores = read_table(tmp_path / "a" / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)
    assert len(scores) == 2 * 2 * 3
    with pytest.raises(InputError, match="not empty"):
        run_suite(suite, tmp_path / "a", workers=1)
    # One log is lost, one is of another suite: both are made again, and the tables are what they were.
    jobs = sorted((tmp_path / "a" / "jobs").iterdir())
    jobs[0].unlink()
    jobs[1].write_text('{"run_id": "other", "config_hash": "other", "rows": []}')
    run_suite(suite, tmp_path / "a", workers=1, resume=True)
    assert [(tmp_path / "a" / name).read_bytes() for name in names] == kept


def test_a_suite_says_which_q_its_estimators_had(tmp_path, in_this_process, without_pictures):
    """With `auto` it is the one that suites of algorithms take."""
    suites = {q: EstimatorSuite(**SMALL | {"q": q, "fqe_steps": 5, "logs": [1, 1]}) for q in ("linear", "auto")}
    finished = {q: run_suite(suite, tmp_path / q, device="cpu", workers=1) for q, suite in suites.items()}
    tables = {q: pd.read_csv(run.folder / "estimates.csv", keep_default_na=False) for q, run in finished.items()}
    for q, model in (("linear", "linear"), ("auto", "fqe")):
        assert tables[q].groupby("estimator")["q"].unique().map(list).to_dict() == {"dr": [model], "snips": [""]}
        scores = read_table(tmp_path / q / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)
        assert set(zip(scores["estimator"], scores["q"], strict=True)) == {("dr", model), ("snips", "")}
    linear, auto = (table.set_index(["policy", "n_episodes", "estimator"])["value"] for table in tables.values())
    assert (linear == auto).groupby("estimator").all().to_dict() == {"dr": False, "snips": True}
    with pytest.raises(InputError, match=r"another suite: q is \"linear\" there and \"auto\" here"):
        run_suite(suites["auto"], tmp_path / "linear", device="cpu", workers=1, resume=True)


def test_the_batch_of_fitted_q_evaluation_counts_only_where_q_is_that(tmp_path):
    linear, auto = (EstimatorSuite(**SMALL | {"q": q, "fqe_steps": 5}) for q in ("linear", "auto"))
    smaller = {"batch_size": 8}
    for suite, changed in ((linear, False), (auto, True)):
        job, other = (plan(suite.model_copy(update=update))[0] for update in ({}, smaller))
        assert (job.run_id != other.run_id) == changed
        values = [[row["value"] for row in execute(each, None, tmp_path).rows] for each in (job, other)]
        assert (values[0] != values[1]) == changed


def test_an_estimator_is_named_with_its_parameters(tmp_path, in_this_process, without_pictures):
    suite = EstimatorSuite(**SMALL | {"estimators": ["snips", "magic"], "episodes": [60], "logs": [1]})
    run = run_suite(suite, tmp_path, workers=1)
    rows = pd.read_csv(run.folder / "estimates.csv", keep_default_na=False)
    assert set(zip(rows["estimator"], rows["q"], strict=True)) == {("snips", ""), ("magic8-200-0", "linear")}


def test_estimates_are_near_the_truth_on_a_large_log(tmp_path):
    suite = EstimatorSuite(**SMALL | {"episodes": [5_000], "logs": [1]})
    for row in execute(plan(suite)[0], None, tmp_path).rows:
        if row["policy"] == "myopic-mild":
            assert abs(row["value"] - row["true_value"]) < 0.1 * row["behaviour_value"]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"estimators": ["snipss"]}, "Did you mean 'snips'"),
        ({"sources": [{"task": "tabular-v2"}]}, "Did you mean 'tabular-v1'"),
        ({"sources": [{"task": "tabular-v1", "matched": ["worse"]}]}, "Did you mean 'worst'"),
        ({"sources": [{"task": "tabular-v1", "logging": "softmax-3"}]}, "softmax"),
    ],
)
def test_unknown_names_are_refused_before_any_work(change, names):
    with pytest.raises(UnknownNameError, match=names):
        check(EstimatorSuite(**SMALL | change))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("logs = [1]", "2 sizes but 1"),
        ("logs = [0, 1]", "10 episodes or more"),
        ("intervall = 'normal'", "intervall"),
        ("truth_error = 2.0", "truth_error"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, line, field):
    file = tmp_path / "bad.toml"
    text = 'kind = "estimators"\nname = "bad"\nepisodes = [100, 200]\n'
    file.write_text(f'{text}{line}\n[[sources]]\ntask = "tabular-v1"\n')
    with pytest.raises(InputError, match=field):
        load_suite(str(file))


def test_an_interruption_of_the_tables_themselves_leaves_them_whole(
    tmp_path, monkeypatch, in_this_process, without_pictures
):
    from rlbench_rec.suite import runner

    write, calls = runner.write_table, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(runner, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_suite(EstimatorSuite(**SMALL), tmp_path / "a", workers=1)
    assert read_table(tmp_path / "a" / "timings.csv", TIMINGS, ("run_id",)).shape[0] == 3


@pytest.mark.parametrize(("estimators", "q", "expected"), [("snips", "auto", False), ("dr", "auto", True)])
def test_a_suite_needs_torch_where_an_estimator_needs_a_learnt_q(estimators, q, expected):
    assert trains(EstimatorSuite(**SMALL | {"estimators": [estimators], "q": q})) is expected


def test_the_board_visits_every_stratum_with_the_intervals_of_users():
    suite = load_suite("ope")
    visited = {(source.task, source.stratum or "easy") for source in suite.sources}
    strata = {(name, stratum) for name in tasks.TASKS for stratum in tasks.TASKS[name].strata}
    assert strata - visited == {("recommend-myopic-v1", "easy")}
    assert suite.interval == "bootstrap" and all(source.variant == "judge" for source in suite.sources)


def test_a_stratum_is_a_place_of_its_own():
    sources = [SMALL["sources"][0] | {"task": "cart-v1", "stratum": stratum} for stratum in (None, "real")]
    jobs = plan(EstimatorSuite.model_validate(SMALL | {"sources": sources, "episodes": [50], "logs": [1]}))
    assert [job.place for job in jobs] == ["cart-v1", "cart-v1/real"]
    assert jobs[0].run_id != jobs[1].run_id
    assert "stratum" not in jobs[0].settings["source"]
