"""Target policies that a table does not hold as a column: weights, mixtures, and forms over all actions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.errors import InputError
from rlbench_rec.ope import EvaluationLog, estimate
from rlbench_rec.ope.scorecard import advice, read_log, record, score
from rlbench_rec.policies import ConstrainedGreedy, divergence, temperature_for, tilt

HEAD = "reward,propensity,target_propensity"


def write(tmp_path, text: str):
    path = tmp_path / "log.csv"
    path.write_text(text)
    return path


def refusal(path, columns=None, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_log(path, columns, **options)
    return str(caught.value)


# --- importance weights ----------------------------------------------------------------------------------------------
def test_weights_stand_for_both_policies(tmp_path):
    path = write(tmp_path, "reward,w,session,user\n1,0.5,a,x\n0,2.5,a,x\n3,0,b,y\n")
    read = read_log(path, {"weights": "w", "episode": "session"}, gamma=0.5)
    np.testing.assert_array_equal(read.log.ratios, [0.5, 2.5, 0.0])
    np.testing.assert_array_equal(read.log.episode_starts, [0, 2])
    assert read.log.propensity_source == "service" and read.columns["weights"] == "w"
    assert estimate(read.log, "ips", interval="none").value == pytest.approx((0.5 * 1 + 0.0 * 3) / 2)


def test_a_weight_that_is_1_but_for_rounding_is_1(tmp_path):
    read = read_log(write(tmp_path, "reward,w\n1,0.9999999\n0,1.5\n"), {"weights": "w"})
    np.testing.assert_array_equal(read.log.ratios, [1.0, 1.5])


def test_weights_that_were_estimated_are_never_trusted(clicks, tmp_path):
    rewards, propensities, target = clicks
    frame = pd.DataFrame({"reward": rewards, "w": target / propensities})
    frame.to_parquet(tmp_path / "log.parquet")
    verdicts = {}
    for source in ("logged", "estimated"):
        read = read_log(tmp_path / "log.parquet", {"weights": "w"}, propensity_source=source)
        verdicts[source] = score(read, n_resamples=100).decision.outcome
    assert verdicts == {"logged": "better", "estimated": "not-shown"}


def test_weights_say_what_propensities_say(clicks, tmp_path):
    rewards, propensities, target = clicks
    pd.DataFrame({"reward": rewards, "w": target / propensities}).to_parquet(tmp_path / "log.parquet")
    by_weights = score(read_log(tmp_path / "log.parquet", {"weights": "w"}), n_resamples=100)
    log = EvaluationLog(rewards, propensities, target)
    for scored in by_weights.reward.scores:
        assert scored.value.value == pytest.approx(estimate(log, scored.value.estimator, interval="none").value)
    assert by_weights.bands == () and np.isnan(by_weights.breaking_factor)
    assert json.loads(json.dumps(record(by_weights)))["log"]["propensity_source"] == "service"


def test_what_is_said_of_weights_alone(clicks, tmp_path):
    rewards, propensities, target = (column[:300] for column in clicks)
    pd.DataFrame({"reward": rewards, "w": target / propensities}).to_parquet(tmp_path / "log.parquet")
    report = score(read_log(tmp_path / "log.parquet", {"weights": "w"}), n_resamples=100)
    said = scorecard_text(report, advice(report))
    assert "no band where only importance weights are known" in said
    assert "never varied" not in said and "q_logged" not in said


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"weights": "nowhere"}, {}, "There is no column 'nowhere'"),
        ({"weights": "w"}, {}, r"column 'w': a value is below 0, in line 3"),
        ({"weights": "reward", "propensity": "w"}, {}, "propensity: With --weights it plays no part"),
        ({"weights": "reward", "q": "w", "v": "w"}, {}, "q: With --weights it plays no part"),
        ({"weights": "reward"}, {"form": "mixed-0.1"}, "Importance weights are of one target policy"),
        ({"weights": "reward"}, {"features": ["w"]}, "given, not estimated"),
    ],
)
def test_bad_weights(tmp_path, columns, options, message):
    assert message in refusal(write(tmp_path, "reward,w\n1,0.5\n0,-1\n"), columns, **options)


# --- mixtures --------------------------------------------------------------------------------------------------------
def test_a_mixture_by_hand(tmp_path):
    path = write(tmp_path, f"{HEAD},unsupported_mass\n1,0.5,0.25,0.4\n0,0.25,1,0\n2,0.2,0,0.1\n")
    read = read_log(path, form="mixed-0.1")
    np.testing.assert_allclose(read.log.importance_weights, [0.95, 1.3, 0.9])
    np.testing.assert_allclose(read.log.unsupported_mass, [0.04, 0.0, 0.01])
    assert read.form == "mixed-0.1" and read.temperature is None
    np.testing.assert_array_equal(read_log(path, form="mixed-0").log.importance_weights, [1, 1, 1])
    whole = read_log(path, form="mixed-1").log
    np.testing.assert_array_equal(whole.importance_weights, read_log(path).log.importance_weights)


def test_a_mixture_with_an_equal_policy_is_no_difference(tmp_path):
    read = read_log(write(tmp_path, f"{HEAD}\n1,0.3,0.3\n0,0.7,0.7\n"), form="mixed-0.1")
    np.testing.assert_array_equal(read.log.importance_weights, [1, 1])


def test_a_mixture_over_estimated_propensities(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"reward": rng.random(300), "target_propensity": 0.5, "action": rng.integers(2, size=300)})
    frame["x"] = rng.normal(size=300)
    frame.to_parquet(tmp_path / "log.parquet")
    options = {"features": ["x"], "seed": 1}
    plain, half = (read_log(tmp_path / "log.parquet", form=form, **options) for form in (None, "mixed-0.5"))
    np.testing.assert_allclose(half.log.importance_weights, 0.5 + 0.5 * plain.log.importance_weights, rtol=1e-5)
    assert half.log.propensity_source == "estimated"


def test_q_is_of_the_target_policy_and_not_of_a_mixture(tmp_path):
    path = write(tmp_path, f"{HEAD},q_logged,v_target\n1,0.5,0.25,1,1\n0,0.25,1,0,1\n")
    assert read_log(path).log.q_logged is not None
    assert read_log(path, form="mixed-0.1").log.q_logged is None
    assert "q: With --form mixed-0.1 it plays no part" in refusal(path, {"q": "q_logged"}, form="mixed-0.1")


# --- forms over all actions ------------------------------------------------------------------------------------------
BASE = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.9, 0.0, 0.1], [0.25, 0.25, 0.5]])
SCORES = np.array([[0.0, 1.0, 2.0], [3.0, 3.0, 0.0], [1.0, 5.0, -np.inf], [0.5, -0.5, 0.0]])
ACTIONS = np.array([2, 0, 0, 1])
LISTS = {"scores": "q", "base": "b"}


def frame(**changes) -> pd.DataFrame:
    columns = {"reward": [1, 0, 2, 1], "action": ACTIONS, "q": list(SCORES), "b": list(BASE), "session": list("aabb")}
    return pd.DataFrame(columns | changes)


def as_csv(table: pd.DataFrame) -> str:
    text = table.assign(**{name: [json.dumps(list(row)) for row in table[name]] for name in ("q", "b")})
    return text.to_csv(index=False)


@pytest.mark.parametrize("kind", ["parquet", "csv", "fixed"])
def test_a_tilt_is_that_of_the_lists(tmp_path, kind):
    path = tmp_path / f"log.{kind}"
    if kind == "csv":
        path.write_text(as_csv(frame()))
    elif kind == "fixed":
        cells = {name: pa.array(table.ravel()) for name, table in (("q", SCORES), ("b", BASE))}
        lists = {name: pa.FixedSizeListArray.from_arrays(flat, 3) for name, flat in cells.items()}
        pq.write_table(pa.table({"reward": [1, 0, 2, 1], "action": ACTIONS, "session": list("aabb")} | lists), path)
    else:
        frame().to_parquet(path)
    read = read_log(path, LISTS | {"episode": "session"}, form="tilted-0.3")
    temperature = temperature_for(SCORES, BASE, 0.3, 2.0)
    rows = tilt(SCORES, BASE, temperature)
    assert read.temperature == pytest.approx(temperature)
    assert divergence(rows, BASE, 2.0) == pytest.approx(0.3)
    np.testing.assert_allclose(read.log.propensities, BASE[range(4), ACTIONS])
    np.testing.assert_allclose(read.log.target_propensities, rows[range(4), ACTIONS])
    np.testing.assert_array_equal(read.log.unsupported_mass, np.zeros(4))


def test_a_session_is_a_decision_where_none_is_named(tmp_path):
    frame().to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", LISTS, form="tilted-0.3")
    assert read.temperature == pytest.approx(temperature_for(SCORES, BASE, 0.3, 1.0))


@pytest.mark.parametrize(("nats", "temperature"), [(9, 0.0), (0.01, np.inf)])
def test_a_tilt_that_cannot_be_reached_is_noted(tmp_path, nats, temperature):
    frame().to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", LISTS, form=f"tilted-{nats}")
    assert read.temperature == temperature and f"tilted-{nats} cannot be reached" in read.notes[-1]


def test_constrained_is_greedy_among_what_the_base_finds_likely(tmp_path):
    frame().to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", LISTS, form="constrained-0.5")
    rows = ConstrainedGreedy(lambda states: SCORES, 3, 0.5).reweight(SCORES, BASE)
    np.testing.assert_allclose(read.log.target_propensities, rows[range(4), ACTIONS])
    assert read.form == "constrained-0.5" and read.temperature is None


def test_a_propensity_column_must_be_the_bases(tmp_path):
    path = tmp_path / "log.parquet"
    frame(p=[0.2, 0.2, 0.9, 0.2501]).to_parquet(path)
    read = read_log(path, LISTS | {"propensity": "p"}, form="tilted-0.3")
    np.testing.assert_array_equal(read.log.propensities, [0.2, 0.2, 0.9, 0.2501])
    exact = read_log(path, LISTS, form="tilted-0.3")
    np.testing.assert_allclose(read.log.importance_weights, exact.log.importance_weights, rtol=1e-12)
    frame(p=[0.2, 0.3, 0.9, 0.25]).to_parquet(path)
    message = refusal(path, LISTS | {"propensity": "p"}, form="tilted-0.3")
    assert "column 'p': a value is not the base's probability of the logged action, in row 1" in message


def test_decisions_that_repeat_leave_their_lists_too(tmp_path):
    twice = pd.concat([frame(), frame().iloc[[1]]]).assign(decision_id=[0, 1, 2, 3, 1])
    twice.to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", LISTS, form="tilted-0.3")
    assert read.log.n_rows == 4 and "counted once" in read.notes[0]
    np.testing.assert_allclose(read.log.propensities, BASE[range(4), ACTIONS])


def changed(table: np.ndarray, row: int, cells) -> list:
    rows = [list(each) for each in table]
    rows[row] = cells
    return rows


BAD = [
    (
        {"b": changed(BASE, 2, [0.5, 0.5])},
        "Row 2 (the first is 0) is a list of 2 numbers, where the first row has 3",
    ),
    (
        {"b": changed(BASE, 1, [0.5, 0.4, 0.2])},
        "Row 1 (the first is 0) is a list of probabilities that do not sum",
    ),
    ({"b": changed(BASE, 1, [0.5, 0.4, 0.2])}, "It sums to 1.1"),
    ({"b": changed(BASE, 1, [1.2, -0.2, 0.0])}, "with a NaN, a null or a number below 0"),
    ({"b": changed(BASE, 3, [np.nan, 0.5, 0.5])}, "'b': Row 3 (the first is 0) is a list with a NaN"),
    ({"b": changed(BASE, 3, None)}, "'b': Row 3 (the first is 0) is not a list of numbers"),
    ({"b": changed(BASE, 3, [None, 0.5, 0.5])}, "'b': Row 3 (the first is 0) is a list with a NaN, a null"),
    ({"q": changed(SCORES, 0, [np.nan, 0.0, 1.0])}, "'q': Row 0 (the first is 0) is a list with a NaN"),
    ({"q": changed(SCORES, 0, [np.inf, 0.0, 1.0])}, "Minus infinity rules an action out"),
    ({"q": [[1.0, 2.0]] * 4}, "'q': It has 2 numbers a row, and 'b' 3"),
    ({"q": [["a", "b", "c"]] * 4}, "'q': Row 0 (the first is 0) is not a list of numbers"),
    ({"q": [["1", "2", "3"]] * 4}, "'q': Row 0 (the first is 0) is not a list of numbers"),
    ({"q": [[True, False, True]] * 4}, "'q': Row 0 (the first is 0) is not a list of numbers"),
    ({"q": [[]] * 4}, "'q': Row 0 (the first is 0) is not a list of numbers"),
    ({"q": [1.0, 2.0, 3.0, 4.0]}, "'q': It holds double, not lists"),
    ({"action": [2, 0, 0, 3]}, "not a whole number from 0 to 2, in row 3"),
    ({"action": [2, 0, 0.5, 1]}, "not a whole number from 0 to 2, in row 2"),
    ({"action": [2, 0, 1, 1]}, "an action that the base never takes, in row 2"),
]


@pytest.mark.parametrize(("columns", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad_lists(tmp_path, columns, message):
    frame(**columns).to_parquet(tmp_path / "log.parquet")
    assert message in refusal(tmp_path / "log.parquet", LISTS, form="tilted-0.3")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("[0.1, 0.9", "line 3 is not a list of numbers"),
        ('["0.1", "0.9"]', "line 3 is not a list of numbers"),
        ("[true, 0.9]", "line 3 is not a list of numbers"),
        ("", "line 3 is not a list of numbers"),
        ("0.5", "line 3 is not a list of numbers"),
        ('[0.1, 0.1, "x"]', "line 3 is not a list of numbers"),
        ("[0.5, 0.5], [0.2, 0.3, 0.5]", "line 3 is not a list of numbers"),
        ("[0.5, 0.5]", "line 3 is a list of 2 numbers, where the first row has 3"),
        ("[0.5, NaN, 0.5]", "line 3 is a list with a NaN"),
        ("[0.5, null, 0.5]", "line 3 is a list with a NaN, a null"),
    ],
)
def test_bad_arrays_in_text(tmp_path, cell, message):
    lines = as_csv(frame()[["reward", "action", "q", "b"]]).splitlines()
    quoted = cell.replace('"', '""')
    lines[2] = f'1,0,"{json.dumps(list(SCORES[1]))}","{quoted}"'
    path = write(tmp_path, "\n".join(lines) + "\n")
    text = refusal(path, LISTS, form="tilted-0.3").lower()
    assert message.lower() in text and "column 'b'" in text


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({}, {"form": "greedy"}, "A table says nothing of the policy 'greedy'. Give mixed-<share>"),
        ({}, {"form": "tilt"}, "Unknown policy form 'tilt'"),
        ({}, {"form": "tilted-0.3"}, "scores: tilted-0.3 needs it: a list over all actions. Name it: --scores COLUMN"),
        ({"scores": "q"}, {"form": "tilted-0.3"}, "base: tilted-0.3 needs it"),
        (LISTS, {}, "scores: Without --form it plays no part"),
        (LISTS, {"form": "mixed-0.3"}, "scores: With --form mixed-0.3 it plays no part"),
        (LISTS | {"target_propensity": "reward"}, {"form": "tilted-0.3"}, "target_propensity: With --form tilted-0.3"),
        (LISTS, {"form": "tilted-0.3", "features": ["session"]}, "given, not estimated"),
        ({"scores": "nothing", "base": "b"}, {"form": "tilted-0.3"}, "There is no column 'nothing'"),
        (LISTS | {"action": "nothing"}, {"form": "tilted-0.3"}, "There is no column 'nothing'"),
    ],
)
def test_parts_that_do_not_go_together(tmp_path, columns, options, message):
    frame().to_parquet(tmp_path / "log.parquet")
    assert message in refusal(tmp_path / "log.parquet", columns, **options)


def test_the_report_says_which_form(tmp_path):
    rng = np.random.default_rng(0)
    base, scores = rng.dirichlet(np.ones(3), size=400), rng.normal(size=(400, 3))
    actions = np.array([rng.choice(3, p=row) for row in base])
    table = {"reward": rng.random(400), "action": actions, "q": list(scores), "b": list(base)}
    pd.DataFrame(table).to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", LISTS, form="tilted-0.3")
    made = json.loads(json.dumps(record(score(read, n_resamples=100))))
    assert made["log"]["form"] == "tilted-0.3" and made["log"]["temperature"] == pytest.approx(read.temperature)
