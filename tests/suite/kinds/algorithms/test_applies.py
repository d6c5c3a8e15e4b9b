"""Policies with settings in a suite, and rows that run on some logs alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

import rlbench_rec as rb
from rlbench_rec import extras
from rlbench_rec.cli.render.finished_run import by_row, show
from rlbench_rec.errors import InputError, MissingExtraError
from rlbench_rec.parsing import validated
from rlbench_rec.suite import Suite
from rlbench_rec.suite.config import AlgorithmSpec
from rlbench_rec.suite.kinds.algorithms.applies import why_left_out
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.testing.toy_logs import toy_logs

SMALL = {
    "name": "small",
    "sources": [{"task": "tabular-v1", "episodes": 60}],
    "seeds": [0, 1],
    "estimators": ["snips"],
    "n_resamples": 100,
    "truth_error": 0.2,
}


@pytest.mark.parametrize(
    ("only_on", "log", "why"),
    [
        (None, "single decisions", ""),
        ("history", "sessions", ""),
        ("history", "single decisions", "states show no history"),
        ("one-step", "single decisions", ""),
        ("one-step", "sessions", "sessions are longer than one decision"),
        ("exposures", "sessions", ""),
        ("choices", "sessions", "the shop chose the items"),
        (["one-step", "propensities"], "single decisions", ""),
        (["one-step", "propensities"], "sessions", "sessions are longer than one decision"),
        (["exposures", "history"], "single decisions", "states show no history"),
    ],
)
def test_a_row_says_where_it_runs(only_on, log, why):
    assert why_left_out(AlgorithmSpec(id="markov", only_on=only_on), toy_logs()[log]) == why


def test_users_choices_are_no_exposures():
    log = toy_logs()["sessions"]
    chosen = replace(log, provenance=replace(log.provenance, identification="not-identified"))
    assert why_left_out(AlgorithmSpec(id="x", only_on="choices"), chosen) == ""
    assert why_left_out(AlgorithmSpec(id="x", only_on="exposures"), chosen) == "users chose the items"
    unknown = replace(log, propensities=None, behaviour_probabilities=None)
    assert why_left_out(AlgorithmSpec(id="x", only_on="propensities"), unknown) == "the log has no propensities"
    alone = AlgorithmSpec(id="x", sequential_only=True)
    assert why_left_out(alone, toy_logs()["single decisions"]) == "every session is one decision"


@pytest.mark.parametrize("only_on", ["histories", ["history", "choice"]])
def test_a_kind_of_log_that_there_is_not_is_refused_by_the_key_that_was_written(only_on):
    with pytest.raises(InputError, match=r"^suite: only_on(, second entry)?: must be 'history', 'one-step'") as error:
        validated({"id": "markov", "only_on": only_on}, AlgorithmSpec, "suite")
    assert "literal[" not in str(error.value)


def test_where_a_row_runs_leaves_its_run_id_alone():
    plain, restricted = (
        plan(Suite(**SMALL, algorithms=[{"id": "popular-greedy"} | more]), "cpu")[-1].run_id
        for more in ({}, {"only_on": "exposures"})
    )
    assert plain == restricted


def test_settings_of_policies_are_checked_and_tell_rows_apart():
    def suite(*rows):
        return Suite(**SMALL, algorithms=[{"id": "constant"} | row for row in rows])

    check(suite({"config": {"caution": 1.0}}, {}))
    names = [job.name for job in plan(suite({"config": {"caution": 1.0}}, {"config": {"caution": 2.0}}), "cpu")]
    assert names[1:] == ["tabular-v1.constant.caution=1.0.mlp.seed0", "tabular-v1.constant.caution=2.0.mlp.seed0"]
    with pytest.raises(InputError, match=r"config of constant: Unknown field 'cautions'\. Did you mean 'caution'"):
        check(suite({"config": {"cautions": 1.0}}))
    with pytest.raises(InputError, match="config of constant: caution: must be at least 0"):
        check(suite({"config": {"caution": -1.0}}))
    with pytest.raises(InputError, match="is named twice"):
        check(suite({"config": {"caution": 4.0}}, {"label": "fixed"}))


def test_a_choice_among_learners_that_all_run_elsewhere_is_left_out(tmp_path, in_this_process, without_pictures):
    rows = [{"id": "q-table", "only_on": "one-step"}]
    suite = Suite(**SMALL, algorithms=rows, forms=["frontier-best"], steps=5, batch_size=8)
    finished = rb.run_suite(suite, tmp_path, workers=1)
    assert not finished.failures and finished.left_out == [
        "q-table on tabular-v1: sessions are longer than one decision",
        "frontier-best on tabular-v1: no learner runs there",
    ]


def test_a_run_says_what_it_left_out_and_fails_what_does_not_apply(tmp_path, capsys, in_this_process, without_pictures):
    rows = [
        {"id": "constant", "config": {"caution": 1.0}},
        {"id": "repeat", "only_on": "history"},
        {"id": "repeat", "label": "anywhere"},
    ]
    lines = []
    finished = rb.run_suite(Suite(**SMALL, algorithms=rows), tmp_path, workers=1, progress=lines.append)
    assert finished.left_out == ["repeat on tabular-v1: states show no history"]
    assert any(str(line).endswith("left out: repeat on tabular-v1: states show no history") for line in lines)
    (failed,) = finished.failures
    assert "Its states show no history, which this policy reads." in failed.status
    board = rb.load_leaderboard(tmp_path / "leaderboard.csv")
    assert set(board["algorithm"]) == {"behaviour", "constant"}
    show(finished)
    assert "Left out: repeat on tabular-v1: states show no history." in " ".join(capsys.readouterr().out.split())


def test_what_was_left_out_on_many_sources_is_said_once():
    why = "every session is one decision"
    left_out = [f"dqn on a: {why}", f"dqn on b/c: {why}", "bc on a: states show no history"]
    assert by_row(left_out) == [f"dqn on 2 sources: {why}", "bc on a: states show no history"]


@pytest.mark.parametrize("row", [{"id": "als"}, {"id": "cql", "retrieve": "bpr"}])
def test_what_needs_a_package_that_is_not_there_is_refused_before_any_work(row, monkeypatch):
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "implicit")
    with pytest.raises(MissingExtraError, match=r"needs implicit.*pip install .*\[baselines\]\""):
        check(Suite.model_validate(SMALL | {"algorithms": [row]}))
    check(Suite.model_validate(SMALL | {"algorithms": [{"id": "popularity"}]}))
