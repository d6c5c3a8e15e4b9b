"""A small search for real: files, resuming, parts, budgets, failures, and what it never looks at."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.mdp.provenance import Provenance
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import TRIALS
from rlbench_rec.suite import Suite, load_suite
from rlbench_rec.suite.kinds.algorithms.jobs import TrainingJob
from rlbench_rec.suite.tuned import read_chosen
from rlbench_rec.training.fit_options import FitOptions
from rlbench_rec.tuning import data as tuned_data
from rlbench_rec.tuning import tune
from rlbench_rec.tuning.folder import TRIAL_KEYS
from rlbench_rec.tuning.trial import Trial, execute

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "variant": "judge", "episodes": 120}],
    algorithms=[{"id": "random"}, {"id": "popularity"}, {"id": "constant"}, {"id": "cql", "config": {"n_steps": 1}}],
    seeds=[0],
    estimators=["snips"],
    steps=20,
    batch_size=16,
    n_resamples=100,
    truth_error=0.3,
    loop="lean",
)
SAME_BYTES = ("trials.csv", "spaces.toml", "chosen.toml")
FILE = """
name = "tiny"
estimators = ["snips"]
steps = 20
batch_size = 16
n_resamples = 100
truth_error = 0.3
loop = "lean"
[[sources]]
task = "tabular-v1"
episodes = 120
[[algorithms]]
id = "popularity"
[[algorithms]]
id = "cql"
"""


def contents(folder):
    return [(folder / name).read_bytes() for name in SAME_BYTES]


def trials_of(folder):
    return read_table(folder / "trials.csv", TRIALS, TRIAL_KEYS)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, all_trials_here):
    return tune(SUITE, tmp_path_factory.mktemp("tuner") / "whole", trials=5, device="cpu", workers=1)


def test_every_algorithm_has_the_same_trials_or_all_there_are(finished, all_trials_here):
    table = trials_of(finished.folder)
    assert table.groupby("algorithm").size().to_dict() == {"random": 1, "popularity": 5, "constant": 5, "cql": 5}
    assert (table["status"] == "ok").all() and finished.remaining == 0 and finished.failed == 0
    # The first trial of each says how long the others take.
    assert [name.rpartition(".")[2] for name in all_trials_here[:4]] == ["0"] * 4
    assert table["truth"].notna().all() and set(table["estimator"]) == {"snips"}
    first = table[table["trial"] == 0]
    assert set(first["settings"]) == {"{}"} and set(first["form"]) == {""}


def test_what_the_suite_has_set_is_left_and_forms_are_written_in_units_of_the_log(finished):
    table = trials_of(finished.folder)
    tried = [json.loads(cell) for cell in table[table["algorithm"] == "cql"]["settings"]][1:]
    assert all("n_steps" not in settings and "alpha" in settings for settings in tried)
    for form, settings in zip(table[table["algorithm"] == "cql"]["form"][1:], tried, strict=True):
        assert form.partition("-")[0] == settings["form"]
        if settings["form"] == "tilted":
            assert form == f"tilted-{settings['tilted']:.4g}"


def test_choices_are_of_the_trials_and_say_their_worth(finished):
    table = trials_of(finished.folder).set_index(["algorithm", "trial"])
    for one in read_chosen(finished.folder):
        rows = table.loc[one.algorithm]
        assert one.by_truth.truth == rows["truth"].max() == rows["truth"][one.by_truth.trial]
        assert one.by_estimate.truth == rows["truth"][one.by_estimate.trial]
        order = {"trusted": 2, "weak": 1, "unreliable": 0}
        keys = list(zip(rows["verdict"].map(order), rows["ci_low"], strict=True))
        assert keys[one.by_estimate.trial] == max(keys)
    spaces = tomllib.loads((finished.folder / "spaces.toml").read_text())["spaces"]
    assert {name for table in spaces for name in table["algorithms"]} == {"random", "popularity", "constant", "cql"}


def test_an_interrupted_search_goes_on_to_the_same_bytes(finished, tmp_path, trials_here):
    for stop in (1, 6, 13):
        folder = tmp_path / f"stopped-{stop}"
        trials_here.clear()
        trials_here.stop_after = stop
        with pytest.raises(KeyboardInterrupt):
            tune(SUITE, folder, trials=5, device="cpu", workers=1)
        assert len(trials_of(folder)) == stop
        trials_here.stop_after = None
        tune(SUITE, folder, trials=5, device="cpu", workers=1, resume=True)
        assert contents(folder) == contents(finished.folder)


def test_parts_and_budgets_add_up_to_the_same_bytes(finished, tmp_path):
    folder = tmp_path / "parts"
    half = tune(SUITE, folder, trials=5, device="cpu", workers=1, part=(2, 2))
    assert set(trials_of(folder)["algorithm"]) == {"popularity", "cql"} and half.remaining == 6
    # The budget is spent at once: trials that have begun end, and no other begins.
    spent = tune(SUITE, folder, trials=5, device="cpu", workers=1, resume=True, budget_minutes=1e-9)
    assert spent.remaining == 5
    tune(SUITE, folder, trials=5, device="cpu", workers=1, resume=True)
    assert contents(folder) == contents(finished.folder)


def test_a_plan_is_the_first_trial_of_each_and_goes_on(finished, tmp_path):
    plans = []
    folder = tmp_path / "plan"
    planned = tune(SUITE, folder, trials=5, device="cpu", workers=1, plan_only=True, on_plan=plans.append)
    assert set(trials_of(folder)["trial"]) == {0} and planned.remaining == 12
    first, last = plans
    assert np.isnan(first.minutes) and first.trials == 16 and last.trials == 12 and last.minutes > 0
    tune(SUITE, folder, trials=5, device="cpu", workers=1, resume=True)
    assert contents(folder) == contents(finished.folder)


def test_a_trial_that_fails_is_a_row_and_the_others_go_on(tmp_path, trials_here):
    spaces = tmp_path / "spaces.toml"
    spaces.write_text('[[spaces]]\nalgorithms = ["cql"]\nsettings.learning_rate = [5e-4, 1e30, 1e-3]\n')
    suite = SUITE.model_copy(update={"algorithms": [SUITE.algorithms[-1]]})
    finished = tune(suite, tmp_path / "out", trials=20, spaces=spaces, device="cpu", workers=1)
    statuses = list(trials_of(finished.folder)["status"])
    assert finished.failed == 1 and [status.partition(":")[0] for status in statuses] == ["ok", "failed", "ok"]
    assert read_chosen(finished.folder)[0].by_estimate.trial != 1


def test_what_has_nothing_to_do_there_is_tried_once(tmp_path, trials_here):
    rows = [{"id": "popularity"}, {"id": "markov"}, {"id": "dqn", "only_on": "choices"}]
    suite = Suite.model_validate(SUITE.model_dump() | {"algorithms": rows})
    finished = tune(suite, tmp_path / "out", trials=3, device="cpu", workers=1)
    table = trials_of(finished.folder)
    left_out = table[table["status"].str.startswith("left out: ")]
    assert set(left_out["algorithm"]) == {"markov", "dqn"} and len(left_out) == 2
    assert [one.algorithm for one in finished.chosen] == ["popularity"] and not finished.remaining


def choice_log(seed):
    """Sessions of users' own choices that go round the items; the last fifth is the test side, drawn by `seed`."""
    n, length, items = 250, 6, 8
    first = np.random.default_rng(0).integers(items, size=(n, 1))
    actions = (first + np.arange(length)) % items
    actions[200:] = np.random.default_rng(seed).integers(items, size=(50, length))
    rows = n * length
    return TransitionDataset(
        observations=np.zeros((rows, 1), dtype=np.float32),
        actions=actions.ravel(),
        rewards=np.random.default_rng(seed).random(rows).astype(np.float32) if seed else np.ones(rows, np.float32),
        episode_starts=np.arange(0, rows, length),
        action_count=items,
        items=(actions.ravel() + 1).astype(np.int32),
        events=np.ones(rows, dtype=np.int8),
        gaps=np.zeros(rows, dtype=np.float32),
        history=3,
        item_count=items,
        event_count=1,
        train_episodes=200,
        provenance=Provenance("toy", identification="not-identified"),
    )


@pytest.mark.parametrize(("algorithm", "settings"), [("markov", {}), ("bc", {"learning_rate": 0.003})])
def test_the_test_side_is_never_looked_at(monkeypatch, algorithm, settings):
    """Whatever is on it, outcomes are the same, bit for bit."""
    suite = SUITE.model_copy(update={"sources": [SUITE.sources[0].model_copy(update={"task": None, "dataset": "toy"})]})
    suite = suite.model_copy(update={"algorithms": [SUITE.algorithms[0].model_copy(update={"id": algorithm})]})
    job = TrainingJob(suite=suite, source=suite.sources[0], place="toy", spec=suite.algorithms[0], seed=0, device="cpu")
    outcomes = []
    for seed in (1, 2):
        whole = choice_log(seed)
        rewards = whole.rewards.copy()
        rewards[: 200 * 6] = 1.0
        changed = replace(whole, rewards=rewards)
        monkeypatch.setattr(tuned_data, "decisions", lambda source, data=changed: data)
        tuned_data._load.cache_clear()
        (outcome,) = execute((Trial(job, 0, settings, "greedy"),))
        outcomes.append((outcome.status, outcome.estimator, outcome.estimate, outcome.ci_low, outcome.curve))
    tuned_data._load.cache_clear()
    assert outcomes[0] == outcomes[1] and outcomes[0][:2] == ("ok", "NDCG@10")
    if algorithm == "markov":
        assert outcomes[0][2] > 0.9
    else:
        assert [step for step, _ in outcomes[0][4]] == [5, 10, 15, 20]


def test_the_training_side_is_cut_once_more():
    loaded = tuned_data.loaded_to_tune(None, choice_log(1), FitOptions(validation=0.25))
    assert (loaded.train.n_episodes, loaded.test.n_episodes, loaded.data.n_episodes) == (150, 50, 200)


@pytest.mark.parametrize(
    ("changes", "options", "wrong"),
    [
        ({}, {"trials": 0}, "0 trials"),
        ({}, {"part": (3, 2)}, "no part 3 of 2"),
        ({}, {"budget_minutes": 0.0}, "0 minutes"),
        ({"algorithms": [{"id": "random"}]}, {}, "nothing to choose"),
        ({"sources": [{"task": "tabular-v1", "variant": "train"}]}, {}, "shop that settings are chosen on"),
        ({"forms": ["greedi"]}, {}, "greedi"),
    ],
)
def test_what_cannot_be_searched_is_refused(tmp_path, changes, options, wrong):
    suite = Suite.model_validate(SUITE.model_dump() | changes)
    with pytest.raises(InputError, match=wrong):
        tune(suite, tmp_path / "out", device="cpu", **options)
    assert not (tmp_path / "out").exists()


def test_a_suite_of_estimators_is_refused(tmp_path):
    with pytest.raises(InputError, match="trains nothing"):
        tune(load_suite("ope"), tmp_path / "out")


def test_only_the_same_search_goes_on(finished, tmp_path):
    with pytest.raises(InputError, match="not empty"):
        tune(SUITE, finished.folder, trials=5, device="cpu")
    for changes, options, wrong in (
        ({}, {"trials": 6}, "trials is 5 there and 6 here"),
        ({"steps": 30}, {"trials": 5}, "suite.steps is 20 there and 30 here"),
    ):
        with pytest.raises(InputError, match=wrong):
            tune(SUITE.model_copy(update=changes), finished.folder, device="cpu", resume=True, **options)
    with pytest.raises(InputError, match="no search here"):
        tune(SUITE, tmp_path / "nothing", device="cpu", resume=True)


def test_a_damaged_search_is_refused_in_a_line(finished, tmp_path):
    damages = (
        ("trials.csv", '{""smoothing"": ', '{""smoothing"" '),
        ("trials.csv", ",{},", ",[],"),
        ("timings.csv", "seconds", "minutes"),
        ("timings.csv", ",0,", ",zero,"),
    )
    for number, (name, there, instead) in enumerate(damages):
        folder = tmp_path / str(number)
        shutil.copytree(finished.folder, folder)
        text = (folder / name).read_text()
        assert there in text
        (folder / name).write_text(text.replace(there, instead))
        with pytest.raises(InputError, match=name):
            tune(SUITE, folder, trials=5, device="cpu", resume=True)


@pytest.mark.slow
def test_a_killed_search_goes_on_to_the_same_bytes_on_another_number_of_processes(tmp_path):
    (tmp_path / "tiny.toml").write_text(FILE)

    def command(out, *options):
        line = [sys.executable, "-m", "rlbench_rec", "tune", str(tmp_path / "tiny.toml"), "--trials", "4", "--out", out]
        return subprocess.Popen([*line, *options], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert command("whole", "--jobs", "1").wait() == 0
    started = command("killed", "--jobs", "2")
    while not (tmp_path / "killed" / "trials.csv").exists() and started.poll() is None:
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert command("killed", "--jobs", "2", "--resume").wait() == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
