"""A suite takes what a search chose: what is filled, what stands, and what is said."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import DataWarning, InputError, MissingFileError
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.kinds import kind_of
from rlbench_rec.suite.kinds.algorithms.jobs import plan, with_form
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.suite.tuned import folder_of

CHOSEN = """
[[chosen]]
source = "tabular-v1"
algorithm = "dqn"
trials = 20
estimator = "snips"
[chosen.by_estimate]
trial = 7
config = { learning_rate = 0.001, n_steps = 3 }
form = "softmax-0.02"
estimate = 1.5
verdict = "trusted"
truth = 1.4
[chosen.by_truth]
trial = 3
config = { learning_rate = 0.002 }
form = "greedy"
truth = 1.6

[[chosen]]
source = "tabular-v1"
algorithm = "popularity"
trials = 20
[chosen.by_estimate]
trial = 2
config = { smoothing = 0.1 }
"""
SUITE = Suite(
    name="tuned",
    sources=[{"task": "tabular-v1", "episodes": 100}],
    algorithms=[
        {"id": "popularity"},
        {"id": "dqn"},
        {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0, "n_steps": 1}},
    ],
    seeds=[0],
    estimators=["snips"],
    forms=["greedy", "softmax-0.3", "tilted-0.5"],
    steps=10,
    batch_size=16,
    n_resamples=100,
    truth_error=0.5,
)


@pytest.fixture
def tuned(tmp_path):
    (tmp_path / "chosen.toml").write_text(CHOSEN)
    return SUITE.model_copy(update={"tuned": str(tmp_path)})


def specs(suite):
    return {"/".join(filter(None, (job.spec.id, job.spec.label))): job for job in plan(suite)}


def test_the_choice_fills_what_a_row_leaves_open(tuned):
    jobs = specs(tuned)
    assert jobs["popularity"].spec.config == {"smoothing": 0.1}
    assert jobs["dqn"].spec.config == {"learning_rate": 0.001, "n_steps": 3}
    assert jobs["dqn"].forms == ["greedy", "softmax-0.02", "tilted-0.5"]
    # A control differs in what it controls for; what the row sets stands.
    assert jobs["dqn/gamma-0"].spec.config == {"learning_rate": 0.001, "n_steps": 1, "gamma": 0.0}


def test_the_suite_says_by_which_of_the_two_it_is_tuned(tuned):
    jobs = specs(tuned.model_copy(update={"tuned_by": "truth"}))
    assert jobs["dqn"].spec.config == {"learning_rate": 0.002} and jobs["dqn"].forms == ["greedy", "tilted-0.5"]
    assert jobs["popularity"].spec.config == {}


def test_other_choices_are_another_run_and_a_suite_without_them_keeps_its_run_ids(tuned):
    by_estimate, by_truth = specs(tuned), specs(tuned.model_copy(update={"tuned_by": "truth"}))
    assert by_estimate["dqn"].run_id != by_truth["dqn"].run_id
    assert by_estimate["behaviour"].run_id == specs(SUITE)["behaviour"].run_id
    settings = specs(SUITE)["dqn"].settings
    assert "tuned" not in settings and "form" not in settings["algorithm"]


def test_where_nothing_was_chosen_the_defaults_are_said(tuned):
    more = Suite.model_validate(tuned.model_dump() | {"algorithms": [*tuned.model_dump()["algorithms"], {"id": "bc"}]})
    with pytest.warns(DataWarning, match=r"chooses nothing by estimate for bc on tabular-v1: they have their defaults"):
        kind_of(more).check(more)
    assert specs(more)["bc"].spec.config == {}


def test_what_an_algorithm_cannot_take_is_refused_before_any_work(tuned, tmp_path):
    (tmp_path / "chosen.toml").write_text(CHOSEN.replace("n_steps = 3", "n_stepps = 3"))
    with pytest.raises(InputError, match="n_stepps"):
        kind_of(tuned).check(tuned)
    (tmp_path / "chosen.toml").write_text(CHOSEN.replace("softmax-0.02", "softmaxx"))
    with pytest.raises(InputError, match="Unknown policy form 'softmaxx'"):
        kind_of(tuned).check(tuned)
    (tmp_path / "chosen.toml").write_text(CHOSEN.replace("trials = 20", "trails = 20"))
    with pytest.raises(InputError, match="trails"):
        kind_of(tuned).check(tuned)
    (tmp_path / "chosen.toml").unlink()
    with pytest.raises(MissingFileError, match="nothing chosen here"):
        kind_of(tuned).check(tuned)


@pytest.mark.parametrize(
    ("own", "forms"),
    [
        ("softmax-0.02", ["greedy", "softmax-0.02", "tilted-0.5", "frontier"]),
        ("greedy", ["greedy", "tilted-0.5", "frontier"]),
        ("tilted-0.5", ["greedy", "tilted-0.5", "frontier"]),
        ("tilted-2", ["greedy", "tilted-2", "tilted-0.5", "frontier"]),
    ],
)
def test_a_form_of_its_own_stands_in_place_of_the_suites_temperatures(own, forms):
    assert with_form(["greedy", "softmax-0.3", "epsilon-greedy-0.1", "tilted-0.5", "frontier"], own) == forms


def test_a_wrong_form_of_a_row_is_refused():
    wrong = SUITE.model_copy(update={"algorithms": [SUITE.algorithms[1].model_copy(update={"form": "soft"})]})
    with pytest.raises(InputError, match="Unknown policy form 'soft'"):
        kind_of(wrong).check(wrong)


def test_rows_that_differ_in_their_form_alone_show_it():
    rows = [SUITE.algorithms[1].model_copy(update={"form": form}) for form in ("greedy", "softmax-0.1")]
    jobs = plan(SUITE.model_copy(update={"algorithms": rows}))
    assert [job.spec.label for job in jobs][1:] == ["form=greedy", "form=softmax-0.1"]


def test_a_tuned_suite_runs(tuned, tmp_path, in_this_process, without_pictures):
    finished = run_suite(tuned, tmp_path / "out", device="cpu", workers=1)
    runs = load_runs(finished.folder / "runs.csv")
    assert not finished.failures
    assert {"mlp/greedy", "mlp/softmax-0.02", "mlp/gamma-0/softmax-0.02"} <= set(runs["variant"])
    assert "mlp/softmax-0.3" not in set(runs["variant"])


def test_choices_that_come_with_the_package_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (folder_of("results/tuning") / "README.md").is_file()
    (tmp_path / "results" / "tuning").mkdir(parents=True)
    assert folder_of("results/tuning").resolve() == (tmp_path / "results" / "tuning").resolve()
