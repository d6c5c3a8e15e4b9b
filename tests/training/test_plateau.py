"""`steps="plateau"`: training ends when held-out scores have stopped improving, and says after how many steps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, fit_options, fit_seeds, learning_curve, load

CONFIG = {"learning_rate": 1e-2, "target_update_interval": 20}
OPTIONS = {"batch_size": 32, "device": "cpu", "loop": "lean", "config": CONFIG, "eval_every": 10, "validation": 0.25}
PATIENCE, MOST = 40, 2_000


@pytest.fixture(scope="module")
def data():
    return toy_shop(150)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(learning_curve, "PATIENCE", PATIENCE)
    monkeypatch.setattr(fit_options, "MOST_STEPS", MOST)


@pytest.mark.parametrize("algorithm", ["dqn", "bc"])
def test_it_ends_once_the_best_score_is_old(algorithm, data):
    config = CONFIG if algorithm == "dqn" else {"learning_rate": 1e-2}
    run = fit(data, algorithm, steps="plateau", **OPTIONS | {"config": config})
    assert run.steps == "plateau" and run.steps_used == run.history["step"].iloc[-1] == run.best_step + PATIENCE < MOST
    criterion = run.history["unexplained"].fillna(run.history["log_loss"])
    records = run.history["step"][criterion < criterion.cummin().shift(fill_value=np.inf)]
    assert np.diff(records, prepend=0).max() < PATIENCE, "it had a reason to go on until then"


def test_it_is_the_training_of_so_many_steps(data):
    run = fit(data, "dqn", steps="plateau", **OPTIONS)
    same = fit(data, "dqn", steps=run.steps_used, **OPTIONS)
    states = data.states()
    assert same.steps_used == same.steps == run.steps_used
    for checkpoint in ("last", "best"):
        assert np.array_equal(run.q_values(states, checkpoint=checkpoint), same.q_values(states, checkpoint=checkpoint))
    assert run.history.equals(same.history)


def test_there_is_a_last_step_in_any_case(data, monkeypatch):
    monkeypatch.setattr(fit_options, "MOST_STEPS", 35)
    seen = []
    run = fit(data, "dqn", steps="plateau", progress=lambda *point: seen.append(point), **OPTIONS)
    assert run.steps_used == 35 and seen == [(10, 35), (20, 35), (30, 35), (35, 35)]


@pytest.mark.parametrize("loop", ["ensemble", "lean"])
def test_each_seed_ends_by_itself(loop, data):
    seeds = [0, 1, 2]
    options = {name: value for name, value in OPTIONS.items() if name != "loop"}
    together = fit_seeds(data, "dqn", seeds, loop=loop, steps="plateau", **options)
    alone = [fit(data, "dqn", seed=seed, steps="plateau", **OPTIONS) for seed in seeds]
    assert [run.steps_used for run in together] == [run.steps_used for run in alone]
    assert len({run.steps_used for run in alone}) > 1, "the case needs seeds that end apart"
    for run, other in zip(together, alone, strict=True):
        assert np.allclose(run.q_values(data.states()), other.q_values(data.states()), atol=1e-5)


@pytest.mark.parametrize("last", [False, True])
def test_interrupted_on_the_way_or_at_the_end(last, data, tmp_path):
    whole, keep = fit(data, "dqn", steps="plateau", **OPTIONS), tmp_path / "half.safetensors"

    def stop(step, steps):
        if step == (whole.steps_used if last else 50):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(data, "dqn", steps="plateau", keep=keep, progress=stop, **OPTIONS)
    resumed = fit(data, "dqn", steps="plateau", keep=keep, **OPTIONS)
    assert resumed.steps_used == whole.steps_used
    assert np.array_equal(resumed.q_values(data.states()), whole.q_values(data.states()))


def test_saved(data, tmp_path):
    run = fit(data, "dqn", steps="plateau", **OPTIONS)
    run.save(tmp_path / "run")
    loaded = load(tmp_path / "run", device="cpu")
    assert (loaded.steps, loaded.steps_used) == ("plateau", run.steps_used)
    path = tmp_path / "run" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"steps": "until tired"}))
    with pytest.raises(InputError, match=r"run\.json: steps"):
        load(tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"steps": "plateau", "validation": 0}, "none are held out"), ({"steps": "forever"}, "'forever' is not a number")],
)
def test_refused(options, message, data):
    with pytest.raises(InputError, match=message):
        fit(data, "dqn", **OPTIONS | options)
