"""`rlbench tasks calibrate`, as typed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.suite.calibrated import open_questions
from rlbench_rec.suite.calibrated.algorithm_winner import JudgedAlgorithm
from rlbench_rec.suite.calibrated.open_questions import Answers, ask, ranked_errors
from rlbench_rec.suite.config import AlgorithmSpec, Source, Suite
from rlbench_rec.suite.fingerprints import content_of
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite, TaskSource
from rlbench_rec.suite.kinds.estimators.jobs import plan as plan_logs
from rlbench_rec.tasks import make
from rlbench_rec.tasks.calibration import ShopConfig, fit_shop, write_shop

CARD = """
id = "corner-shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { view = 1.0 }
files = [{ pattern = "*.csv" }]
columns = { timestamp = "t", item = "i", event = "e", user = "u" }
events = { view = "view", buy = "purchase" }
"""

SUITE = """
name = "own"
fqe_steps = 20
truth_error = 0.2
seeds = [0]
algorithms = [{ id = "random" }]
sources = [{ task = "SHOP", episodes = 100 }]
"""


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """Three hundred users, each after one of four groups of four items."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    rows = ["t,u,i,e"]
    for user in range(300):
        group = int(rng.integers(4))
        for step in range(1 + int(rng.geometric(0.2))):
            item = 4 * group + int(rng.integers(4))
            rows.append(f"{10_000 * user + 10 * step},{user},{item},view")
            if rng.random() < 0.1:
                rows.append(f"{10_000 * user + 10 * step + 1},{user},{item},buy")
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    (folder / "shop.toml").write_text(CARD)
    return folder / "shop.toml"


def test_a_shop_is_made_and_can_be_played(card, tmp_path, rlbench, in_this_process, without_pictures, monkeypatch):
    # How near the shop comes to the log is not what is tested.
    monkeypatch.setattr(fit_shop, "ROUNDS", 2)
    out = tmp_path / "out"
    code, told, errors = rlbench("tasks", "calibrate", card, "--out", out, "--click-rate", 0.7, "--no-answer", "--json")
    assert code == 0, errors
    found = json.loads(told)
    assert {path.name for path in out.iterdir()} == {"corner-shop-shop.json", "fit.csv", "fit.json", "fit.png"}
    assert found["items"] == 16 and found["clicks_on_these_items"] == 1.0 and found["answers"] is None
    assert found["fit"][0]["measure"] == "session length"
    code, told, _ = rlbench("tasks", "show", out / "corner-shop-shop.json")
    assert code == 0 and '"source": "corner-shop"' in told
    assert make(found["shop"]).action_count == 16
    suite = tmp_path / "suite.toml"
    suite.write_text(SUITE.replace("SHOP", found["shop"]))
    code, _, errors = rlbench("run", suite, "--out", tmp_path / "run", "--jobs", 1)
    assert code == 0, errors
    runs = pd.read_csv(tmp_path / "run" / "runs.csv")
    assert set(runs["task"]) == {"corner-shop-shop"} and {"random", "behaviour"} == set(runs["algorithm"])
    assert "truth" in set(runs["estimator"])


def test_a_shop_is_its_content_not_its_place(tmp_path):
    config = ShopConfig(source="s", items=2, categories=1, names=["a", "b"], groups=[0, 0], appeal=[1.0, -1.0])

    def hashes(path, change):
        write_shop(config.model_copy(update=change), path)
        suite = Suite(name="s", sources=[Source(task=str(path))], algorithms=[AlgorithmSpec(id="random")])
        job = plan(suite, contents=[content_of(suite.sources[0])])[0]
        scoring = {"kind": "estimators", "name": "s", "episodes": [10], "logs": [1]}
        source = TaskSource(task=str(path), matched=["kinder", "fresh"], mismatched=[])
        log = plan_logs(EstimatorSuite(sources=[source], **scoring), contents=[content_of(source)])[0]
        return job.run_id, job.config_hash, log.run_id, log.config_hash

    (tmp_path / "elsewhere").mkdir()
    here = hashes(tmp_path / "shop.json", {})
    assert hashes(tmp_path / "elsewhere" / "shop.json", {}) == here
    # Fitted anew under the same name: --resume must not take the old runs for its own.
    assert not set(hashes(tmp_path / "shop.json", {"drift": 0.2})) & set(here)


def test_what_is_wrong_is_said_once(card, tmp_path, rlbench):
    small = tmp_path / "small"
    small.mkdir()
    (small / "shop.toml").write_text(card.read_text())
    (small / "log.csv").write_text("\n".join(card.with_name("log.csv").read_text().splitlines()[:200]) + "\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    for arguments, message in [
        ((small / "shop.toml", "--out", tmp_path / "a"), "too small to calibrate"),
        ((card, "--out", tmp_path / "full"), "not empty"),
        ((card, "--out", tmp_path / "b", "--top-k", "3"), "must lie in 8 to 2,000"),
        ((card, "--out", tmp_path / "c", "--click-rate", "2"), "must lie in [0.01, 0.9]"),
    ]:
        code, _, errors = rlbench("tasks", "calibrate", *arguments)
        assert code == 2 and message in " ".join(errors.split()), errors
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "small"]


def test_answers_in_words():
    answers = Answers(
        sessions=1_000,
        q="fqe",
        estimators={"dm": 0.05, "snips": 0.1, "ips": 0.4},
        as_good=["dm", "snips"],
        estimator="snips",
        sessions_for_lift={"sharper": 1_234.5, "kinder": 45_678.0},
        algorithms=[JudgedAlgorithm("cql (greedy)", 2.0, 0.1), JudgedAlgorithm("behaviour", 1.0, 0.0)],
    )
    first, second, third = answers.sentences
    assert "dm (q: fqe): on logs of 1,000 sessions its error is 5.0% of the value of the behaviour policy;" in first
    assert first.endswith("not told apart from it: snips 10.0%.")
    assert "1,200 to 46,000 sessions" in second and "snips" in second
    assert "cql (greedy) 2 +- 0.1, then behaviour 1; the behaviour policy earns 1." in third


def test_errors_are_ranked_and_told_apart():
    errors = {"dm": [0.1, -0.1, 0.1], "ips": [0.9, 1.1, 1.0], "snips": [0.0, 0.1, 0.3], "tis": [0.0, 0.0, np.nan]}
    rows = [("matched", log, name, 2.0 + 2.0 * e) for name, own in errors.items() for log, e in enumerate(own)]
    rows.append(("mismatched", 0, "dm", 99.0))
    estimates = pd.DataFrame(rows, columns=["policies", "log_seed", "estimator", "value"])
    ranked, as_good = ranked_errors(estimates.assign(true_value=2.0, behaviour_value=2.0))
    # tis is not always defined; ips has 81, 121 and 100 times the squared error of dm, snips 0, 1 and 9 times.
    assert list(ranked) == ["dm", "snips", "ips"] and as_good == ["dm", "snips"]
    assert ranked["dm"] == pytest.approx(0.1) and ranked["snips"] == pytest.approx((0.1 / 3) ** 0.5)


@pytest.mark.parametrize(("asked", "q"), [({}, "auto"), ({"q": "linear"}, "linear")])
def test_estimators_are_scored_with_the_q_of_rlbench_run(tmp_path, monkeypatch, asked, q):
    suites = []

    def run_suite(suite, *arguments, **options):
        suites.append(suite)
        raise InterruptedError

    monkeypatch.setattr(open_questions, "run_suite", run_suite)
    with pytest.raises(InterruptedError):
        ask(tmp_path / "shop.json", 150, tmp_path, **asked)
    assert suites[0].q == q and {"dm", "dr", "sndr"} <= set(suites[0].estimators)


@pytest.mark.slow
def test_a_shop_answers(card, tmp_path, rlbench):
    rlbench("tasks", "calibrate", card, "--out", tmp_path / "out", "--no-answer")
    answers = ask(tmp_path / "out" / "corner-shop-shop.json", 150, tmp_path / "asked", seeds=1, q="linear")
    assert answers.q == "linear"
    assert list(answers.estimators.values()) == sorted(answers.estimators.values())
    names = [one.name.partition(" ")[0] for one in answers.algorithms]
    assert sorted(names) == ["bc", "behaviour", "cql", "double-dqn", "dqn", "popularity", "random"]
    assert answers.algorithms == sorted(answers.algorithms, key=lambda one: -one.value)
    assert all(size > 0 for size in answers.sessions_for_lift.values())
    assert json.loads((tmp_path / "asked" / "answers.json").read_text())["estimator"] == answers.estimator
