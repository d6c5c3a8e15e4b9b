"""Forms that stay with the log, in a suite: their rows, their controls, and what can be made of them later."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.policies import Tilted
from rlbench_rec.results.read import load_leaderboard, load_runs, read_table
from rlbench_rec.results.schema import FRONTIER, FRONTIER_KEYS
from rlbench_rec.suite import Suite
from rlbench_rec.suite.kinds.algorithms import learners, tables
from rlbench_rec.suite.kinds.algorithms import train as of_jobs
from rlbench_rec.suite.kinds.algorithms.jobs import ChoiceJob, plan
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.suite.sources import load as load_source
from rlbench_rec.training import load
from rlbench_rec.training.stored_frontier import Chosen, read_frontier

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "episodes": 4_000}],
    algorithms=[
        {"id": "bc"},
        {"id": "dqn"},
        {"id": "cql"},
        {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0}},
        {"id": "dqn", "label": "shuffled-rewards", "shuffle_rewards": True},
    ],
    seeds=[0],
    estimators=["snips", "dr"],
    forms=["greedy", "tilted-0.1", "mixed-0.2", "constrained-0.5", "frontier", "frontier-best"],
    loop="lean",
    steps=150,
    batch_size=64,
    fqe_steps=5,
    n_resamples=100,
    truth_error=0.02,
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, jobs_in_this_process):
    with jobs_in_this_process(), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in vars(tables) if name.startswith("plot_")]:
            patch.setattr(tables, name, lambda *arguments: None)
        return run_suite(SUITE, tmp_path_factory.mktemp("suite") / "out", device="cpu")


@pytest.fixture(scope="module")
def runs(finished):
    return load_runs(finished.folder / "runs.csv").set_index(["algorithm", "variant", "estimator"], drop=False)


@pytest.fixture(scope="module")
def steps(finished):
    return read_table(finished.folder / "frontier.csv", FRONTIER, FRONTIER_KEYS)


def test_every_form_has_rows_that_say_how_the_behaviour_policy_is_known(runs):
    forms = {"tilted-0.1", "mixed-0.2", "constrained-0.5", "frontier", "frontier/shuffled", "frontier/negated"}
    staying = runs[runs["base"] == "logged"]
    assert forms <= {variant.removeprefix("mlp/") for variant in staying.loc["dqn", "variant"]}
    assert set(staying.loc[("learners",), "variant"]) == {
        "frontier-best",
        "frontier-best/shuffled",
        "frontier-best/negated",
    }
    assert set(staying.loc[("cql", "mlp/frontier"), "estimator"]) == {"truth", "snips", "dr", "snips-lift"}
    assert (runs.loc[runs["base"] == "", "estimator"] != "snips-lift").all()
    assert (runs["status"] == "ok").all()


def test_a_control_has_no_control_of_its_own(runs):
    variants = set(runs["variant"])
    assert {"mlp/gamma-0/frontier", "mlp/gamma-0/frontier/negated", "mlp/shuffled-rewards/frontier"} <= variants
    assert {variant for variant in variants if variant.endswith("/shuffled")} == {
        "mlp/frontier/shuffled",
        "frontier-best/shuffled",
    }


def test_a_lift_is_the_value_less_the_logs_own_mean(runs):
    behaviour, truth = (runs.loc[("behaviour", "logged", name), "value"] for name in ("on-policy", "truth"))
    for variant in ("mlp/tilted-0.1", "mlp/frontier", "mlp/frontier/negated"):
        of = {name: runs.loc[("cql", variant, name)] for name in ("truth", "snips", "snips-lift")}
        assert of["snips-lift"]["value"] == pytest.approx(of["snips"]["value"] - behaviour, abs=1e-12)
        assert of["snips-lift"]["true_value"] == pytest.approx(of["truth"]["value"] - truth, abs=1e-12)


def test_a_frontier_is_one_eligible_step_of_its_curve_or_the_behaviour_policy(steps, runs):
    for (algorithm, variant), curve in steps.groupby(["algorithm", "variant"]):
        chosen = curve[curve["chosen"]]
        row = runs.loc[(algorithm, variant, "snips-lift")]
        if chosen.empty:
            assert row["policy"] == "behaviour" and row["value"] == 0.0
            continue
        best = curve.loc[curve["eligible"] & (curve["ci_low"] > 0), "ci_low"].max()
        assert len(chosen) == 1 and chosen["ci_low"].iloc[0] == best
        assert chosen["true_lift"].iloc[0] == row["true_value"]
        assert row["policy"] == f"{chosen['dial'].iloc[0]}-{chosen['divergence'].iloc[0]:.3g}"
    assert (steps["reasons"].eq("") == steps["eligible"]).all()
    # Sessions of tabular shops are long: what is deterministic is no dial.
    assert set(steps["dial"]) == {"tilted"}


def test_q_finds_a_lift_that_is_there_and_its_negative_none(steps, runs):
    chosen = steps[steps["chosen"]].set_index(["algorithm", "variant"])
    assert ("learners", "frontier-best") in chosen.index and ("cql", "mlp/frontier") in chosen.index
    assert not any(variant.endswith("negated") for _, variant in chosen.index)
    assert runs.loc[("learners", "frontier-best", "snips-lift"), "true_value"] > 0


def test_learners_are_chosen_among_and_controls_are_not(steps):
    best = steps[steps["variant"] == "frontier-best"]
    assert set(best["contender"]) == {"dqn", "cql", "mean"}
    of_control = steps.loc[steps["variant"].str.startswith("mlp/shuffled-rewards"), "variant"]
    # It is the control on shuffled rewards itself.
    assert set(of_control) == {"mlp/shuffled-rewards/frontier", "mlp/shuffled-rewards/frontier/negated"}


def test_a_board_of_lifts_is_apart(finished):
    board = load_leaderboard(finished.folder / "leaderboard.csv")
    lifts = board[board["estimator"] == "snips-lift"]
    assert (lifts["delta_vs_behaviour"] == lifts["mean"]).all() and (lifts["base"] == "logged").all()
    assert lifts["rank"].min() == 1 and "behaviour" not in set(lifts["algorithm"])


def test_what_was_chosen_can_be_made_again_from_the_files(finished, runs, steps):
    chosen = steps[(steps["algorithm"] == "cql") & (steps["variant"] == "mlp/frontier") & steps["chosen"]].iloc[0]
    folder = finished.folder / "models" / chosen["run_id"]
    noted = read_frontier(folder)
    step = {name: chosen[name] for name in ("contender", "dial", "parameter", "divergence")}
    assert (noted.base, noted.chosen) == ("logged", Chosen(**step))
    assert set(noted.temperatures) == {"tilted-0.1"}
    task = load_source(SUITE.sources[0]).task
    again = load(folder).policy("tilted", temperature=noted.chosen.parameter, base=task.behaviour)
    assert isinstance(again, Tilted)
    value = task.true_value(again, relative_error=0.02, seed=1_000_003).value
    assert value == runs.loc[("cql", "mlp/frontier", "truth"), "value"]
    assert (folder / "shuffled" / "run.json").is_file()


def test_the_mean_of_several_trainings_names_them(finished):
    choice = plan(SUITE, "cpu")[-1]
    assert isinstance(choice, ChoiceJob)
    (folder,) = (path for path in (finished.folder / "models").iterdir() if "frontier-best" in path.name)
    chosen = read_frontier(folder).chosen
    assert len(chosen.members) == (2 if chosen.contender == "mean" else 1)
    assert all((folder / member.run / "run.json").is_file() for member in chosen.members)


def test_a_training_is_the_same_stored_or_made_again(finished):
    job = next(job for job in plan(SUITE, "cpu") if job.spec.id == "cql")
    run_ids = {path.name.rpartition("-")[0]: path.name for path in (finished.folder / "models").iterdir()}
    stored = load(finished.folder / "models" / run_ids[job.run_id.rpartition("-")[0]])
    ((loaded, _),) = of_jobs.prepare((job,))
    made = learners.stored_or_trained(job, loaded, None)
    states = loaded.test.states()[:50]
    np.testing.assert_array_equal(stored.q_values(states), made.q_values(states))


def test_a_choice_is_made_again_where_a_training_is(finished, tmp_path, in_this_process, without_pictures):
    folder = tmp_path / "again"
    shutil.copytree(finished.folder, folder)
    next((folder / "jobs").glob("*.cql.*")).unlink()
    for name in ("runs.csv", "frontier.csv"):
        (folder / name).unlink()
    run_suite(SUITE, folder, device="cpu", resume=True)
    assert in_this_process == ["tabular-v1.cql.mlp.seed0", "tabular-v1.learners.frontier-best.seed0"]
    for name in ("runs.csv", "frontier.csv", "leaderboard.csv"):
        assert (folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_a_learner_that_fails_is_not_chosen_among(tmp_path, in_this_process, without_pictures, monkeypatch):
    train = learners.train

    def failing(job, *arguments, **options):
        if job.spec.id == "cql":
            raise InputError("The loss is not a number.")
        return train(job, *arguments, **options)

    for module in (learners, of_jobs):
        monkeypatch.setattr(module, "train", failing)
    suite = SUITE.model_copy(update={"algorithms": SUITE.algorithms[1:3], "forms": ["frontier-best"]})
    finished = run_suite(suite, tmp_path / "out", device="cpu")
    assert [failure.run_id.split(".")[1] for failure in finished.failures] == ["cql"]
    steps = read_table(tmp_path / "out" / "frontier.csv", FRONTIER, FRONTIER_KEYS)
    assert set(steps.loc[steps["variant"] == "frontier-best", "contender"]) == {"dqn"}


CARD = """
id = "corner"
title = "A corner shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "{source}"
propensity = "{propensity}"
session = "row"
reward_weights = {{ click = 1.0 }}
files = [{{ pattern = "log.csv" }}]
columns = {{ timestamp = "t", item = "i", event = "e"{column} }}
events = {{ click = "click", impression = "impression" }}
"""


def corner(folder, source="exposure", propensity="logged"):
    """A suite on a log of single decisions, item 1 being shown half the time."""
    column = ', propensity = "p"' if propensity == "logged" else ""
    (folder / "card.toml").write_text(CARD.format(source=source, propensity=propensity, column=column))
    rng = np.random.default_rng(0)
    items = rng.choice(3, 1_500, p=[0.25, 0.5, 0.25])
    events = np.where(rng.random(1_500) < 0.1 + 0.2 * (items == 2), "click", "impression")
    rows = [
        f"{t},{item},{event},{0.5 if item == 1 else 0.25}"
        for t, (item, event) in enumerate(zip(items, events, strict=True))
    ]
    (folder / "log.csv").write_text("\n".join(["t,i,e,p", *rows]) + "\n")
    dataset = {"dataset": str(folder / "card.toml"), "mdp": {"gamma": 0.0}}
    settings = {"sources": [dataset], "algorithms": [{"id": "dqn"}], "steps": 40}
    return Suite(**SUITE.model_dump() | settings)


@pytest.mark.parametrize("propensity", ["logged", "estimated"])
def test_what_is_in_service_is_tilted_where_only_its_choices_are_known(
    tmp_path, in_this_process, without_pictures, propensity
):
    run_suite(corner(tmp_path, propensity=propensity), tmp_path / "out", device="cpu")
    runs = load_runs(tmp_path / "out" / "runs.csv")
    staying = runs[runs["base"] == "service"]
    variants = {variant.removeprefix("mlp/") for variant in staying["variant"]}
    controls = {f"{name}/{control}" for name in ("frontier", "frontier-best") for control in ("shuffled", "negated")}
    # Mixtures need propensities, a constraint the whole distribution, and q the probabilities of every action.
    mixed = {"mixed-0.2"} if propensity == "logged" else set()
    assert variants == {"tilted-0.1", "frontier", "frontier-best"} | controls | mixed
    assert set(staying["estimator"]) == {"snips", "snips-lift"} and (runs["status"] == "ok").all()
    assert set(staying["identification"]) == {"identified" if propensity == "logged" else "estimated"}


def test_where_users_chose_there_is_nothing_to_stay_with(tmp_path, in_this_process, without_pictures):
    suite = corner(tmp_path, "choice", "none").model_copy(update={"forms": ["greedy", "tilted-0.1", "frontier"]})
    finished = run_suite(suite, tmp_path / "out", device="cpu")
    runs = load_runs(tmp_path / "out" / "runs.csv")
    assert not finished.failures and set(runs.loc[runs["algorithm"] == "dqn", "variant"]) == {
        "mlp/greedy",
        "mlp/best/greedy",
    }
    assert not (tmp_path / "out" / "frontier.csv").exists()
