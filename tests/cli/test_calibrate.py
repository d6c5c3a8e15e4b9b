"""`rlbench tasks calibrate`, as typed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.suite.calibrated import estimator_choice, open_questions
from rlbench_rec.suite.calibrated.algorithm_winner import JudgedAlgorithm, judged
from rlbench_rec.suite.calibrated.build_shop import make_shop
from rlbench_rec.suite.calibrated.estimator_choice import EstimatorChoice, choose_estimator, ranked_errors
from rlbench_rec.suite.calibrated.open_questions import Answers, ask
from rlbench_rec.suite.calibrated.open_questions import plan as plan_questions
from rlbench_rec.suite.config import AlgorithmSpec, Source, Suite
from rlbench_rec.suite.fingerprints import content_of
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite, TaskSource
from rlbench_rec.suite.kinds.estimators.jobs import plan as plan_logs
from rlbench_rec.tasks import calibration, make
from rlbench_rec.tasks.calibration import Lift, ShopConfig, fit_shop, write_shop

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


def test_fixed_policies_are_answered_with_a_spread(
    card, tmp_path, rlbench, in_this_process, without_pictures, monkeypatch
):
    monkeypatch.setattr(fit_shop, "ROUNDS", 1)
    monkeypatch.setattr(open_questions, "USERS", 64)

    def drawn(calibration, count, *, click_rates):
        assert count == 20 and click_rates == (0.7, 0.7)
        return [calibration.shop.model_copy(update={"draw": number}) for number in (1, 2, 3)], 5

    monkeypatch.setattr(calibration, "draw_shops", drawn)
    out = tmp_path / "out"
    code, told, errors = rlbench("tasks", "calibrate", card, "--out", out, "--draws", 20, "--click-rate", 0.7)
    assert code == 0 and "Plan: 20 shops are drawn" in errors, errors
    told = " ".join(told.split())
    assert "spread of session lengths:" in told and "time of day: not fitted: session lengths do not" in told
    assert (
        "5 further draws could not be fitted" in told
        and "Over 3 shops that the log does not tell apart, beside the ranker in service:" in told
    )
    lifts = pd.read_csv(out / "lifts.csv")
    answers = json.loads((out / "answers.json").read_text())
    random = next(row for row in answers["lifts"] if row["policy"] == "random")
    own = lifts[lifts["policy"] == "random"]["lift"]
    # Of three draws the outermost two are the limits, which hold a fourth with probability 1 / 2.
    assert (random["low"], random["high"]) == pytest.approx((own.min(), own.max()), abs=1e-9)
    assert random["level"] == pytest.approx(0.5) and random["draws"] == 3
    assert f"random: lift {100 * own.min():+.0f} to {100 * own.max():+.0f} %" in told
    assert answers["estimators"] is None and answers["algorithms"] is None
    assert [path.name for path in sorted((out / "draws").iterdir())] == [
        f"corner-shop-shop-0{n}.json" for n in (1, 2, 3)
    ]
    shop = make(str(out / "draws" / "corner-shop-shop-03.json"))
    assert shop.config.draw == 3 and shop.action_count == 16


def test_the_plan_says_what_will_be_run():
    assert plan_questions(40, estimators=False, winners=False) == []
    scored, trained = plan_questions(40, estimators=True, winners=True, steps=500)
    assert scored == "7 estimators are scored on logs of 20 of them"
    assert trained == "6 algorithms are trained once in 20 of them, 500 steps each"


def lift(name, *draws):
    return Lift(name, np.array(draws))


def test_answers_in_words():
    choice = EstimatorChoice(
        q="fqe",
        errors={"dm": 0.05, "snips": 0.1, "ips": 0.4},
        first={"dm": 12, "snips": 8, "ips": 0},
        as_good=["dm", "snips"],
        estimator="snips",
        sessions_for_lift={"sharper": (1_000.0, 1_100.0, 1_234.5), "kinder": (5_000.0, 9_000.0, 45_678.0)},
        draws=20,
    )
    cql = lift("cql", *np.linspace(-0.02, 0.18, 20))
    algorithms = [JudgedAlgorithm("cql", "greedy", 14, cql), JudgedAlgorithm("bc", "", 4, lift("bc", *[0.01] * 20))]
    told = Answers(1_000, [lift("random", *[-0.5] * 19, -0.4)], choice, algorithms).sentences
    assert told[1] == "  random: lift -50 to -40 % (worse; better in 0 of 20, level 90%)"
    assert "dm (q: fqe): on logs of 1,000 sessions its error is 5.0% of the value of the behaviour policy," in told[2]
    assert told[2].endswith("the smallest in 12 of 20 shops; not told apart from it: snips 10.0%.")
    assert "1,000 to 46,000 sessions" in told[3] and "snips" in told[3]
    assert told[4].startswith(
        "Which algorithm? cql (greedy) first in 14 of 20; lift -2 to +18 % (the log does not identify"
    )
    assert "bc first in 4 of 20; lift +1 to +1 % (better" in told[4]
    assert told[4].endswith("The behaviour policy is first in 2.")


def test_a_form_is_chosen_where_it_is_not_judged():
    index = pd.MultiIndex.from_tuples([("behaviour", "b"), ("dqn", "greedy"), ("dqn", "softmax"), ("bc", "bc")])
    values = pd.DataFrame(
        # Greedy is far ahead on the first shop alone: there the others choose softmax, and on these greedy is chosen.
        [[1.0, 1.0, 1.0], [9.0, 0.5, 0.5], [1.2, 1.1, 1.1], [1.05, 1.2, np.nan]],
        index=index,
        columns=["one", "two", "three"],
    )
    bc, dqn = judged(values)
    assert (dqn.name, dqn.form, dqn.first) == ("dqn", "greedy", 1)
    assert dqn.lift.draws == pytest.approx([0.2, -0.5, -0.5])
    # A training that failed is no win and no lift.
    assert (bc.name, bc.form, bc.first) == ("bc", "", 1) and bc.lift.draws == pytest.approx([0.05, 0.2])


def test_errors_are_ranked_and_told_apart():
    errors = {"dm": [0.1, -0.1, 0.1], "ips": [0.9, 1.1, 1.0], "snips": [0.0, 0.1, 0.3], "tis": [0.0, 0.0, np.nan]}
    rows = [("matched", log, name, 2.0 + 2.0 * e) for name, own in errors.items() for log, e in enumerate(own)]
    rows.append(("mismatched", 0, "dm", 99.0))
    estimates = pd.DataFrame(rows, columns=["policies", "log_seed", "estimator", "value"])
    estimates = estimates.assign(true_value=2.0, behaviour_value=2.0)
    for shops in (estimates.assign(task="one"), estimates.assign(task=estimates["log_seed"].astype(str), log_seed=1)):
        ranked, as_good, first = ranked_errors(shops)
        # tis is not always defined; ips has 81, 121 and 100 times the squared error of dm, snips 0, 1 and 9 times.
        assert list(ranked) == ["dm", "snips", "ips"] and as_good == ["dm", "snips"]
        assert ranked["dm"] == pytest.approx(0.1) and ranked["snips"] == pytest.approx((0.1 / 3) ** 0.5)
        assert first["ips"] == 0 and first["snips"] + first["dm"] == 3


@pytest.mark.parametrize(("asked", "q"), [({}, "auto"), ({"q": "linear"}, "linear")])
def test_estimators_are_scored_with_the_q_of_rlbench_run(tmp_path, monkeypatch, asked, q):
    suites = []

    def run_suite(suite, *arguments, **options):
        suites.append(suite)
        raise InterruptedError

    monkeypatch.setattr(estimator_choice, "run_suite", run_suite)
    shops = [tmp_path / f"shop-{number}.json" for number in range(20)]
    with pytest.raises(InterruptedError):
        choose_estimator(shops, 1_000, tmp_path, **asked)
    assert suites[0].q == q and {"dm", "dr", "sndr"} <= set(suites[0].estimators)
    # Forty logs of this size: two of each shop.
    assert len(suites[0].sources) == 20 and suites[0].logs == [2]


@pytest.mark.slow
def test_shops_answer(card, tmp_path):
    own = make_shop(str(card), None, tmp_path / "out", draws=2)
    answers = ask(
        own.config, own.draws, 150, tmp_path / "out", estimators=True, winners=True, steps=50, q="linear", workers=1
    )
    assert answers.estimators.q == "linear" and answers.estimators.draws == 2
    assert list(answers.estimators.errors.values()) == sorted(answers.estimators.errors.values())
    assert sorted(one.name for one in answers.algorithms) == ["bc", "cql", "double-dqn", "dqn", "popularity", "random"]
    firsts = [one.first for one in answers.algorithms]
    assert firsts == sorted(firsts, reverse=True) and sum(firsts) <= 2
    assert all(len(one.lift.draws) == 2 for one in answers.algorithms)
    kept = json.loads((tmp_path / "out" / "answers.json").read_text())
    assert kept["estimators"]["estimator"] == answers.estimators.estimator
