"""A log of which only some rows were kept is worth what the whole one is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope
from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import advice, read_log, record, score


@pytest.fixture
def whole():
    """60,000 decisions; about one in a hundred is clicked."""
    rng = np.random.default_rng(0)
    logging, evaluated = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, 60_000, p=logging)
    return pd.DataFrame(
        {
            "reward": (rng.random(60_000) < np.array([0.004, 0.01, 0.02])[items]).astype(float),
            "propensity": logging[items],
            "target_propensity": evaluated[items],
            "user": rng.integers(0, 8_000, 60_000),
            "device": rng.choice(["phone", "desk"], 60_000),
        }
    )


@pytest.fixture
def thinned(whole):
    """All clicks of it, and a tenth of the rest."""
    kept = (whole["reward"] == 1) | (np.random.default_rng(1).random(60_000) < 0.1)
    return whole[kept].assign(s=np.where(whole["reward"] == 1, 1, 10)[kept])


def write(tmp_path, frame):
    frame.to_csv(tmp_path / "log.csv", index=False)
    return tmp_path / "log.csv"


def test_its_value_is_that_of_the_whole_log(tmp_path, whole, thinned):
    full = score(read_log(write(tmp_path, whole)), n_resamples=200).reward
    bare = score(read_log(write(tmp_path, thinned)), n_resamples=200).reward
    read = read_log(write(tmp_path, thinned), {"weight": "s"}, by="device")
    report = score(read, n_resamples=200)
    for wrong, right, true in zip(bare.scores, report.reward.scores, full.scores, strict=True):
        assert abs(right.value.value - true.value.value) < 2 * right.value.std_error
        assert wrong.value.value > 5 * true.value.value
        assert right.lift.ci_low < true.lift.value < right.lift.ci_high
    assert report.reward.behaviour.value == pytest.approx(full.behaviour.value, rel=0.03)
    text = scorecard_text(report, advice(report))
    assert "Rows count by 's', 1 to 10" in text and "weight = s" in text
    assert record(report)["log"]["columns"]["weight"] == "s"


def test_a_common_factor_is_nothing(tmp_path, thinned):
    one = read_log(write(tmp_path, thinned), {"weight": "s"})
    other = read_log(write(tmp_path, thinned.assign(s=thinned["s"] * 0.7)), {"weight": "s"})
    first, second = (ope.lift(read.log, interval="normal") for read in (one, other))
    assert first.value == pytest.approx(second.value, rel=1e-12)
    assert first.ci_low == pytest.approx(second.ci_low, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: 1.0 / f["s"], r"chances to be kept are.*give 1 divided"),
        (lambda f: f["s"] - 1, "not above 0"),
        (lambda f: -f["s"], "not above 0"),
        (lambda f: f["s"].where(f["reward"] == 0), "missing or not a finite number"),
        (lambda f: f["target_propensity"] / f["propensity"], r"target_propensity / propensity.*Leave out --weight"),
        (lambda f: 1.0 / f["propensity"], r"1 / propensity.*Leave out --weight"),
    ],
)
def test_other_things_in_their_place_are_refused(tmp_path, thinned, change, words):
    with pytest.raises(InputError, match=f"column 's': (?=.* line )(?:.*){words}"):
        read_log(write(tmp_path, thinned.assign(s=change(thinned))), {"weight": "s"})


@pytest.mark.parametrize("name", ["weight", "sample_weight", "Sampling_Weight"])
def test_a_likely_column_is_asked_about_but_not_taken(tmp_path, thinned, name):
    read = read_log(write(tmp_path, thinned.rename(columns={"s": name})))
    assert read.log.weights is None and f"--weight {name}" in read.notes[0]


def test_sessions_are_kept_whole(tmp_path, thinned):
    frame = thinned.head(300).assign(user=np.arange(300) // 3, episode=np.arange(300) // 3, step=[0, 1, 2] * 100)
    with pytest.raises(InputError, match=r"column 's': .* unlike an earlier one of the same 'episode'"):
        read_log(write(tmp_path, frame.assign(s=[1, 1, 10] * 100)), {"weight": "s"})
    shuffled = frame.assign(s=np.where(frame["episode"] % 2, 1, 10)).sample(frac=1.0, random_state=0)
    log = read_log(write(tmp_path, shuffled), {"weight": "s"}).log
    assert set(log.episode_weights) == {1, 10} and log.n_episodes == 100


def test_propensities_are_estimated_for_the_whole_log(tmp_path, whole):
    """One item's rows were thinned: among those kept it stands with a share of .09, and was chosen with .5."""
    items = whole["propensity"].map({0.5: "a", 0.3: "b", 0.2: "c"})
    kept = (items != "a") | (np.random.default_rng(1).random(60_000) < 0.1)
    frame = whole.assign(item=items, s=np.where(items == "a", 10, 1)).drop(columns="propensity")[kept]
    named = {"weight": "s", "action": "item"}
    found = read_log(write(tmp_path, frame), named, features=["device"]).log
    np.testing.assert_allclose(found.propensities, whole["propensity"][kept], atol=0.04)
    assert np.array_equal(found.weights, frame["s"]) and found.propensity_source == "estimated"


@pytest.mark.parametrize("digits", [2, 4])
def test_importance_weights_that_were_rounded(tmp_path, digits):
    rows = "".join(f"1,{p},{e},{round(e / p, digits)}\n" for p, e in [(0.3, 0.2), (0.7, 0.8), (0.6, 0.9)])
    (tmp_path / "log.csv").write_text("reward,propensity,target_propensity,w\n" + rows)
    with pytest.raises(InputError, match="target_propensity / propensity, not how many rows"):
        read_log(tmp_path / "log.csv", {"weight": "w"})
