"""`rlbench score` on the log of a card: a run's forms, weights where the base is known by its choices alone, and files
that were exported from the run."""

from __future__ import annotations

import json
import random

import numpy as np
import pyarrow.parquet as pq
import pytest

from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite

CARD = """
id = "teas"
title = "Teas"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "exposure"
propensity = "logged"
session = "given"
dialect = "delimited"
id_types = { item = "string", user = "string", session = "string" }
reward_weights = { click = 1.0 }
files = [{ pattern = "teas.csv" }]
columns = { timestamp = "time", session = "visit", user = "customer", item = "tea", event = "what", propensity = "p" }
events = { click = "click", impression = "impression" }
"""
SHARES = [0.5, 0.3, 0.2]


@pytest.fixture(scope="module")
def shop(tmp_path_factory, jobs_in_this_process, no_pictures):
    """A folder with teas.toml, and a run of it in run/."""
    folder = tmp_path_factory.mktemp("teas")
    draw = random.Random(0)
    lines = ["time,visit,customer,tea,what,p"]
    for visit in range(300):
        for step in range(draw.randint(1, 3)):
            (tea,) = draw.choices(range(3), SHARES)
            what = "click" if draw.random() < 0.2 + 0.1 * tea else "impression"
            lines.append(f"{1_000 * visit + step},v{visit},c{visit % 90},tea-{tea},{what},{SHARES[tea]}")
    (folder / "teas.csv").write_text("\n".join(lines) + "\n")
    (folder / "teas.toml").write_text(CARD)
    suite = Suite(
        name="teas",
        sources=[{"dataset": str(folder / "teas.toml")}],
        algorithms=[{"id": "dqn"}],
        seeds=[0],
        forms=["softmax-0.3", "tilted-0.05"],
        estimators=["snips"],
        validation=0.25,
        steps=20,
        batch_size=16,
        n_resamples=100,
    )
    with jobs_in_this_process(), no_pictures():
        run_suite(suite, folder / "run", device="cpu")
    return folder


@pytest.fixture(scope="module")
def model(shop):
    return next(path for path in (shop / "run" / "models").iterdir() if ".dqn." in path.name)


@pytest.mark.parametrize("form", ["softmax-0.3", "tilted-0.05"])
def test_the_value_of_the_run_is_the_value_of_the_table(shop, model, form, rlbench, tmp_path):
    runs = load_runs(shop / "run" / "runs.csv")
    (value,) = runs.query(f"algorithm == 'dqn' and variant == 'mlp/{form}' and estimator == 'snips'")[
        lambda rows: rows["metric"] == "reward"
    ]["value"]
    code, out, err = rlbench("score", model, shop / "teas.toml", "--form", form, "--out", tmp_path / "log.parquet")
    assert code == 0, err
    words = out.splitlines()[-1].split()
    # The log has the propensities of what was shown alone: a tilt is known by its weights.
    assert ("--weights" in words) == (form == "tilted-0.05")
    assert ("the error of fitting them" in out) == (form == "tilted-0.05")
    code, out, err = rlbench(*words[1:], "--json", "--resamples", 50)
    assert code in (0, 1, 3), err
    (snips,) = (each for each in json.loads(out)["reward"]["estimates"] if each["estimator"] == "snips")
    assert snips["value"] == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("suffix", ["pt", pytest.param("onnx", marks=pytest.mark.slow)])
def test_an_exported_file_is_the_policy_of_the_run(shop, model, suffix, rlbench, tmp_path):
    if suffix == "onnx":
        pytest.importorskip("onnxruntime")
    file, of_run, of_file = tmp_path / f"policy.{suffix}", tmp_path / "run.parquet", tmp_path / "file.parquet"
    code, _, err = rlbench("export", model, "--form", "softmax-0.3", "--out", file)
    assert code == 0, err
    asked = ("score", model, shop / "teas.toml", "--form", "softmax-0.3", "--states", "--out", of_run)
    assert rlbench(*asked)[0] == 0
    code, _, err = rlbench("score", file, of_run, "--column", "of_file", "--out", of_file)
    assert code == 0, err
    table = pq.read_table(of_file).to_pandas()
    assert table["of_file"].to_numpy() == pytest.approx(table["target_propensity"].to_numpy(), abs=1e-5)
    assert table["of_file"].nunique() > 2 and np.isfinite(table["of_file"]).all()
    # On a card it is all of its log, where a run's own policy is scored on the test side.
    code, _, err = rlbench("score", file, shop / "teas.toml", "--out", tmp_path / "all.parquet")
    assert code == 0, err
    assert len(pq.read_table(tmp_path / "all.parquet")) > len(table)
    code, _, err = rlbench("score", file, of_run, "--form", "softmax-1", "--out", tmp_path / "no.parquet")
    assert code == 2 and "The file is softmax-0.3; it has no other form." in err


def test_a_tilt_without_a_temperature_is_told_what_score_can_do(shop, model, rlbench, tmp_path):
    (shop / "other.toml").write_text(CARD)
    for log in (shop / "teas.toml", shop / "other.toml"):
        code, _, err = rlbench("score", model, log, "--form", "tilted-0.6", "--out", tmp_path / "no.parquet")
        assert code == 2 and "The temperature of tilted-0.6 is not stored. Stored are: tilted-0.05." in err
        assert "--on" not in err and f"rlbench export {model} --form tilted-0.6 --temperature NUMBER" in err
