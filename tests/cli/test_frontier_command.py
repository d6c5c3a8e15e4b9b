"""`rlbench frontier`: on a card or a task, and on what a run has left."""

from __future__ import annotations

import json
import re

import pytest

from rlbench_rec.cli.frontier import WEAK_AS_A_TABLE, how_long
from rlbench_rec.errors import InputError
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.kinds.algorithms import learners
from rlbench_rec.suite.kinds.algorithms import train as of_jobs
from rlbench_rec.training.stored_frontier import Chosen, StoredFrontier, write_frontier

CARD = """
id = "corner"
title = "A corner shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "exposure"
propensity = "logged"
session = "row"
reward_weights = { click = 1.0 }
files = [{ pattern = "log.csv" }]
columns = { timestamp = "t", item = "i", event = "e", propensity = "p" }
events = { click = "click", impression = "impression" }
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The learners of the command with few resamples and imprecise truths, so that a run takes seconds."""
    suite = load_suite("frontier")
    small = {"n_resamples": 100, "truth_error": 0.2, "algorithms": suite.algorithms[:2]}
    return suite.model_copy(update=small)


@pytest.fixture
def here(tmp_path, monkeypatch, small, without_pictures, in_this_process):
    from rlbench_rec.suite import frontier_request

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frontier_request, "load_suite", lambda name: small)
    return tmp_path


def test_a_task_is_learnt_chosen_on_and_scored_once(here, rlbench):
    options = ("--steps", 60, "--batch-size", 64, "--device", "cpu", "--out", "out", "--plot", "curve.svg")
    code, out, err = rlbench("frontier", "tabular-v1", *options)
    assert code == 0, err
    runs = load_runs(here / "out" / "runs.csv")
    assert set(runs["algorithm"]) == {"behaviour", "learners"}
    lines = out.splitlines()
    assert lines[1] == "What to act on (gain: over what is in service)" and len(lines) <= 20
    said = " ".join(lines)
    assert re.search("A/B test .* on the test side|Keep what is in service|The log vouches for no change", said)
    assert "The same dial gains" in said and "on -Q" in said and "--curves" in said
    assert (here / "curve.svg").read_text().startswith("<?xml") and "curve.svg" in err

    code, again, _ = rlbench("frontier", "out")
    assert code == 0 and again == out
    code, whole, _ = rlbench("frontier", "out", "--curves")
    assert "learners frontier-best, seed 0" in whole.splitlines() and whole.startswith("\n".join(lines[:4]))
    code, out, _ = rlbench("frontier", "out", "--json")
    (advice,) = json.loads(out)
    assert (
        advice["place"] == "tabular-v1"
        and advice["base"] == "logged"
        and advice["sentence"] in again.replace("\n", " ")
    )
    assert {step["contender"] for step in advice["steps"]} == {"dqn", "cql", "mean"}
    assert {step["variant"] for step in advice["steps"]} == {
        "frontier-best",
        "frontier-best/shuffled",
        "frontier-best/negated",
    }
    of_best = runs[(runs["estimator"] == "snips-lift") & (runs["variant"] == "frontier-best")].iloc[0]
    assert (advice["lift"]["value"], advice["lift"]["true"]) == (of_best["value"], of_best["true_value"])
    (model,) = (path for path in (here / "out" / "models").iterdir() if "learners" in path.name)
    code, of_model, _ = rlbench("frontier", model)
    assert code == 0 and of_model.splitlines()[:-1] == again.splitlines()[:-1]
    code, _, err = rlbench("frontier", next(path for path in (here / "out" / "models").iterdir() if "dqn" in path.name))
    assert code == 2 and "This run has no frontier." in err


def test_a_card_with_uniform_propensities(here, rlbench):
    (here / "corner.toml").write_text(CARD)
    rows = [f"{row},{row % 3},{'click' if row % 3 == 1 and row % 2 else 'impression'},{1 / 3}" for row in range(1_200)]
    (here / "log.csv").write_text("\n".join(["t,i,e,p", *rows]) + "\n")
    options = ("--steps", 40, "--batch-size", 64, "--device", "cpu", "--out", "out", "--json")
    code, out, err = rlbench("frontier", "corner.toml", *options)
    assert code == 0, err
    (advice,) = json.loads(out)
    assert advice["place"] == "corner" and advice["base"] == "logged" and advice["lift"]["true"] is None
    # Sessions of one decision have the second dial, and a plan to explore.
    assert {step["dial"] for step in advice["steps"]} == {"tilted", "constrained"}
    assert any(step["explore_decisions"] for step in advice["steps"])


def test_learners_that_fail_are_named_and_end_in_1(here, rlbench, monkeypatch):
    def failing(*arguments, **options):
        raise InputError("The loss is not a number.")

    for module in (learners, of_jobs):
        monkeypatch.setattr(module, "train", failing)
    code, out, err = rlbench(
        "frontier", "tabular-v1", "--steps", 5, "--batch-size", 64, "--device", "cpu", "--out", "out"
    )
    assert code == 1 and err.count("failed: The loss is not a number.") == 3
    assert out.splitlines() == ["Files: out"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recomend-v1",), "Unknown card or task 'recomend-v1'. Did you mean 'recommend-v1'?"),
        (("recommend-v1", "--data", "x"), "--data: A task makes its own log."),
        (("recommend-v1", "--steps", "many"), "--steps: 'many' is not a number of training steps."),
        (("recommend-v1", "--resume"), "--resume needs --out."),
        (("recommend-v1", "--plot", "curve.txt"), "curve.txt"),
        ((".",), "There is no frontier here (no frontier.csv)."),
        (("nothing.json",), "nothing.json"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(tmp_path, monkeypatch, rlbench, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = rlbench("frontier", *arguments)
    # It may have said before what it checks.
    lines = [line for line in err.splitlines() if not line.startswith("rlbench: Checking ")]
    assert (code, out, len(lines)) == (2, "", 1) and message in lines[0], err
    assert not list(tmp_path.iterdir())


def test_a_suite_is_not_taken_for_a_card(tmp_path, rlbench):
    (tmp_path / "mine.toml").write_text('name = "mine"\n[[sources]]\ntask = "tabular-v1"\n')
    code, _, err = rlbench("frontier", tmp_path / "mine.toml")
    assert code == 2 and "This is a suite, not a card." in err


def test_a_stored_run_takes_no_settings(tmp_path, rlbench):
    (tmp_path / "frontier.csv").write_text("")
    code, _, err = rlbench("frontier", tmp_path, "--steps", 3)
    assert code == 2 and "--steps needs a card or a task." in err
    code, _, err = rlbench("frontier", tmp_path)
    assert code == 2 and "runs.csv" in err


def test_what_to_type_for_the_length_of_the_test(tmp_path, rlbench):
    model = tmp_path / "models" / "teas.learners.frontier-best.seed0-12345678"
    model.mkdir(parents=True)
    assert how_long(tmp_path, "teas.toml") == ""
    write_frontier(model, StoredFrontier(base="logged"))
    assert how_long(tmp_path, "teas.toml") == "", "the log vouches for no change"
    chosen = Chosen(contender="dqn", dial="tilted", parameter=2.0, divergence=0.15)
    write_frontier(model, StoredFrontier(base="logged", chosen=chosen))
    line = how_long(tmp_path, "teas.toml")
    assert f"rlbench score {model} teas.toml --form frontier --out scored.parquet" in line and "--plan 5%" in line
    assert "\n" not in line
    write_frontier(model, StoredFrontier(base="service", chosen=chosen))
    assert how_long(tmp_path, "teas.toml").splitlines() == [WEAK_AS_A_TABLE, line]
    assert how_long(tmp_path, "teas.toml", tmp_path) == "", "score reads the log where the card says it is"
    code, _, err = rlbench("score", model, "teas.toml", "--out", tmp_path / "scored.parquet")
    assert code == 2 and "Give --form frontier." in err
