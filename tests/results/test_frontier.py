"""What the frontiers of a run advise."""

import math

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.frontier import advise, load_frontier
from rlbench_rec.results.frontier_words import Lift, in_words, relative
from rlbench_rec.results.plots.frontier import frontier_figure, frontier_message, plot_frontiers, save_frontiers
from rlbench_rec.results.schema import FRONTIER, RUNS
from rlbench_rec.results.write import write_table

STEP = {
    "dataset": "shop",
    "task": "",
    "algorithm": "dqn",
    "variant": "mlp/frontier",
    "run_id": "shop.dqn.seed0",
    "seed": 0,
    "base": "logged",
    "contender": "dqn",
    "dial": "tilted",
    "parameter": 0.5,
    "divergence": 0.3,
    "value": 3.1,
    "lift": 0.1,
    "ci_low": 0.05,
    "ci_high": 0.15,
    "verdict": "trusted",
    "concentration": 50.0,
    "eligible": True,
    "reasons": "",
    "chosen": False,
    "log_needed": 1.0,
    "explore_decisions": None,
    "true_lift": None,
}


def step(**cells):
    return STEP | cells


def steps_of(*rows):
    return pd.DataFrame(rows, columns=list(FRONTIER))


@pytest.fixture
def lifts(run):
    """Rows of a frontier and its controls: `lifts("dqn", 0.2, half=0.1, seed=0)`."""

    def make(algorithm, value, half=0.1, variant="mlp/frontier", seed=0, **cells):
        ids = {"run_id": f"shop.{algorithm}.seed{seed}", "seed": seed, "estimator": "snips-lift", "true_value": np.nan}
        nothing = {"variant": f"{variant}/negated"} | ids
        return [
            run(algorithm, value, half, variant=variant, **ids | cells),
            run(algorithm, 0.05, 0.1, variant=f"{variant}/shuffled", **ids),
            run(algorithm, 0.0, 0.0, **nothing),
        ]

    return make


BEHAVIOUR = {"estimator": "on-policy", "variant": "logged", "run_id": "shop.behaviour"}


def test_the_sentence_says_what_to_test(frame_of, run, lifts):
    runs = frame_of(run("behaviour", 2.0, **BEHAVIOUR), *lifts("dqn", 0.24, true_value=0.2))
    (advice,) = advise(runs, steps_of(step(), step(chosen=True, divergence=0.6, parameter=0.25)))
    assert advice.sentence == (
        "A/B test DQN tilted by 0.6 nats a session: +12.0 % [7.0, 17.0] on the test side, trusted. In truth +10.0 %."
    )
    assert (
        advice.controls
        == "The same dial gains +2.5 % [-2.5, 7.5] (trusted) on a Q of shuffled rewards and nothing on -Q."
    )
    assert (advice.place, advice.contender, advice.parameter, advice.log_needed) == ("shop", "dqn", 0.25, 1.0)
    assert advice.to_dict()["lift"]["value"] == 0.24 and advice.to_dict()["lift"]["true"] == 0.2


@pytest.mark.parametrize(("value", "verdict"), [(0.05, "trusted"), (0.5, "weak")])
def test_what_the_test_side_does_not_bear_out_is_not_tested(frame_of, run, lifts, value, verdict):
    runs = frame_of(run("behaviour", 2.0, **BEHAVIOUR), *lifts("dqn", value, verdict=verdict))
    (advice,) = advise(runs, steps_of(step(chosen=True)))
    assert advice.sentence.startswith(
        "Keep what is in service, and log more: DQN tilted by 0.3 nats a session was chosen"
    )
    assert f"on the test side, {verdict}." in advice.sentence and not advice.lift.shown


def test_where_nothing_is_chosen_it_says_what_would_show(frame_of, run, lifts):
    runs = frame_of(run("behaviour", 2.0, **BEHAVIOUR), *lifts("dqn", 0.0, 0.0))
    curve = steps_of(step(log_needed=3.4), step(log_needed=2.5, divergence=0.15), step(log_needed=None, divergence=2.4))
    (advice,) = advise(runs, curve)
    assert advice.sentence == (
        "The log vouches for no change. Keep what is in service, or log 2.5 times as much, when DQN tilted by 0.15 "
        "nats a session would show."
    )
    assert advice.step == "" and advice.log_needed == 2.5 and advice.to_dict()["parameter"] is None
    explored = curve.assign(log_needed=math.nan, explore_decisions=[40_000.0, None, None])
    (advice,) = advise(runs, explored)
    assert advice.sentence.endswith(
        "or explore: let DQN tilted by 0.3 nats a session make a tenth of 40,000 decisions."
    )
    assert math.isnan(advice.log_needed)
    (advice,) = advise(runs, steps_of())
    assert advice.sentence == "The log vouches for no change. Keep what is in service."


def test_the_validation_episodes_choose_among_frontiers_and_the_test_side_does_not(frame_of, run, lifts):
    runs = frame_of(
        run("behaviour", 2.0, **BEHAVIOUR), *lifts("dqn", 0.9), *lifts("cql", 0.2), *lifts("dqn", 0.8, seed=1)
    )
    rows = [
        step(chosen=True, ci_low=0.05),
        step(chosen=True, ci_low=0.07, run_id="shop.cql.seed0", algorithm="cql", contender="cql"),
        step(chosen=True, ci_low=0.06, run_id="shop.dqn.seed1", seed=1),
        # A learner of shuffled rewards has no control of that kind, and is none to advise.
        step(chosen=True, ci_low=0.5, run_id="shop.odd.seed0", algorithm="odd", variant="mlp/odd/frontier"),
    ]
    odd = run("odd", 9.0, variant="mlp/odd/frontier", run_id="shop.odd.seed0", estimator="snips-lift")
    (advice,) = advise(pd.concat([runs, frame_of(odd)]), steps_of(*rows))
    assert (advice.algorithm, advice.run_id, advice.lift.value) == ("cql", "shop.cql.seed0", 0.2)
    best = lifts("learners", 0.3, variant="frontier-best")
    of_all = step(
        chosen=True,
        ci_low=0.01,
        run_id="shop.learners.seed0",
        algorithm="learners",
        variant="frontier-best",
        contender="mean",
    )
    (advice,) = advise(pd.concat([runs, frame_of(*best)]), steps_of(*rows, of_all))
    assert advice.step == "the mean of the learners' Q tilted by 0.3 nats a session"


def test_steps_and_lifts_in_words():
    assert in_words(step(dial="mixed", parameter=0.1)) == "0.1 of greedy DQN mixed in"
    assert in_words(step(dial="constrained", parameter=0.35)).endswith("at least 0.35 times as likely as the likeliest")
    # A value below 0 has no per cent; a rounded -0 has no sign.
    assert relative(Lift(0.5, -0.25, 1.0, "trusted", math.nan), -2.0) == "+0.5 [-0.25, 1]"
    assert relative(Lift(0.5, -0.0001, 1.0, "trusted", math.nan), 1.0) == "+50.0 % [0.0, 100.0]"


def test_files_come_back_and_advise_the_same(frame_of, run, lifts, tmp_path):
    runs = frame_of(run("behaviour", 2.0, **BEHAVIOUR), *lifts("dqn", 0.24))
    steps = steps_of(step(chosen=True), step(parameter=0.1, eligible=False, reasons="few, and far between"))
    write_table(runs, RUNS, tmp_path / "runs.csv")
    write_table(steps, FRONTIER, tmp_path / "frontier.csv")
    assert [each.to_dict() for each in advise(*load_frontier(tmp_path))] == [
        each.to_dict() for each in advise(runs, steps)
    ]


def test_a_picture_for_each_place_the_same_bytes_each_time(tmp_path):
    divergences = np.array([0.01, 0.1, 1.0])
    rows = [
        step(
            variant=variant,
            divergence=d,
            lift=sign * d,
            ci_low=sign * d - 0.5,
            ci_high=sign * d + 0.5,
            verdict=verdict,
            eligible=d < 1,
        )
        for variant, sign in (("mlp/frontier", 1), ("mlp/frontier/shuffled", 0), ("mlp/frontier/negated", -1))
        for d, verdict in zip(divergences, ("trusted", "weak", "unreliable"), strict=True)
    ]
    rows[1] |= {"chosen": True, "true_lift": 0.2}
    steps = steps_of(*rows, *(row | {"dataset": "", "task": "b/c", "lift": None} for row in rows))
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths = plot_frontiers(steps, tmp_path / folder)
        assert [path.name for path in paths] == ["frontier-b-c.png", "frontier-shop.png"]
    assert (tmp_path / "a" / "frontier-shop.png").read_bytes() == (tmp_path / "b" / "frontier-shop.png").read_bytes()
    (path,) = save_frontiers(steps[steps["dataset"] == "shop"], tmp_path / "mine.svg", "svg")
    text = path.read_text()
    assert path.name == "mine.svg" and "nats a session" in text and "mathdefault" not in text
    assert [path.name for path in save_frontiers(steps, tmp_path / "two.svg", "svg")] == ["two-b-c.svg", "two-shop.svg"]


def drawn_rows(**chosen_of):
    """Three panels of one learner whose lifts are 1, with the columns that its picture works on; variant -> whether its
    step was chosen, and with which lower limit."""
    cells = {"divergence": 0.1, "lift": 1.0, "ci_high": 1.5, "verdict": "trusted", "eligible": True}
    rows = [
        step(variant=f"mlp/frontier{'/' * bool(panel)}{panel}", ci_low=chosen_of.get(panel or "plain", 0.2), **cells)
        | {"chosen": (panel or "plain") in chosen_of}
        for panel in ("", "shuffled", "negated")
    ]
    return steps_of(*rows).assign(curve="mlp/frontier", panel=["", "shuffled", "negated"])


def test_the_title_says_what_is_promised_and_whether_a_control_promises_as_much():
    promised = "The frontier of DQN promises 1 [0.5, 1.5] an episode in shop"
    assert frontier_message("shop", drawn_rows(plain=0.5)) == promised
    assert frontier_message("shop", drawn_rows(plain=0.5, shuffled=0.4)) == promised
    assert frontier_message("shop", drawn_rows(plain=0.5, shuffled=0.5)) == f"{promised}, and so does a control"
    assert frontier_message("shop", drawn_rows(shuffled=0.5)) == "No frontier leaves the behaviour policy in shop"


def test_lifts_and_limits_beyond_the_scale_have_arrows_and_lifts_their_value():
    rows = drawn_rows(plain=0.5).drop(columns=["curve", "panel"])
    far = rows.iloc[[0]].assign(divergence=1.0, lift=-90.0, ci_low=-95.0, ci_high=-85.0, chosen=False, eligible=False)
    axis = frontier_figure("shop", pd.concat([rows, far.assign(parameter=9.0)])).axes[0]
    arrows = {line.get_marker(): line.get_ydata()[0] for line in axis.lines if line.get_marker() in ("v", "^")}
    assert arrows == {"v": axis.get_ylim()[0]} and axis.get_ylim()[0] > -10
    assert [text.get_text() for text in axis.texts] == ["\N{MINUS SIGN}90"]
    assert axis.get_title(loc="left") == "DQN"


def test_of_several_shops_the_advice_says_which_and_divides_by_what_that_one_earns(frame_of, run, lifts):
    shops = {"shop": {"replicate": 0}, "other": {"replicate": 1}}
    rows = []
    for (name, shop), earns in zip(shops.items(), (2.0, 4.0), strict=True):
        rows.append(run("behaviour", earns, **BEHAVIOUR | shop))
        rows += [row | shop | {"run_id": f"{name}.dqn"} for row in lifts("dqn", 0.4)]
    steps = [step(chosen=True, run_id="shop.dqn"), step(chosen=True, run_id="other.dqn", ci_low=0.06)]
    (advice,) = advise(frame_of(*rows), steps_of(*steps))
    # 0.4 of the 4 that the second shop's behaviour policy earns; it was 20 % of the first one's 2.
    assert advice.behaviour == 4.0 and "+10.0 % [7.5, 12.5]" in advice.sentence
    assert "replicate 1 of 2, whose log shows most" in advice.sentence
    assert advice.step_and_shop == "DQN tilted by 0.3 nats a session (replicate 1 of 2)"
    (alone,) = advise(frame_of(*rows[:4]), steps_of(steps[0]))
    assert alone.behaviour == 2.0 and alone.shop == "" and "replicate" not in alone.sentence
