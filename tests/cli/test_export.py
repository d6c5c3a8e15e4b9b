"""`rlbench export` as a user meets it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec.policies import tilt
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import Retrieval, fit
from rlbench_rec.training.stored_frontier import Chosen, Member, StoredFrontier, write_frontier

from ..serving.item_sessions import ITEMS, item_sessions


@pytest.fixture
def saved(tmp_path):
    run = fit(toy_shop(100), "dqn", steps=5, batch_size=32, device="cpu")
    run.save(tmp_path / "run")
    return tmp_path / "run", run


def test_a_saved_run_becomes_a_file_to_serve(saved, rlbench):
    folder, run = saved
    code, out, _ = rlbench("export", folder, "--k", 1)
    assert code == 0 and str(folder / "policy.pt") in out
    states = np.eye(3, dtype=np.float32)
    actions, _ = torch.jit.load(str(folder / "policy.pt"))(torch.from_numpy(states))
    assert np.array_equal(actions.numpy()[:, 0], run.q_values(states).argmax(axis=1))
    assert (folder / "policy.pt.json").is_file()


def test_the_second_of_two_stages_by_its_option(saved, rlbench, tmp_path):
    folder, _ = saved
    code, _, err = rlbench("export", folder, "--second-stage")
    assert code == 2 and "dqn retrieves no candidates: it has one stage." in err
    code, _, err = rlbench("export", folder, "--second-stage", "--form", "frontier")
    assert code == 2 and "--second-stage: A frontier is not chosen among runs of two stages." in err
    asked = Retrieval("popularity", 3)
    fit(item_sessions(40), "dqn", steps=1, batch_size=8, device="cpu", retrieval=asked).save(tmp_path / "two")
    code, _, err = rlbench("export", tmp_path / "two")
    assert code == 2 and "rlbench export --second-stage" in err
    code, *_ = rlbench("export", tmp_path / "two", "--second-stage")
    card = json.loads((tmp_path / "two" / "policy.pt.json").read_text())
    assert code == 0 and card["encoding"]["candidates"] == 3 and card["encoding"]["items"] == list(ITEMS)


def test_a_tilt_takes_its_temperature_from_what_the_suite_stored(saved, rlbench):
    folder, run = saved
    write_frontier(folder, StoredFrontier(base="logged", frontier=False, temperatures={"tilted-0.3": 0.25}))
    code, out, _ = rlbench("export", folder, "--form", "tilted-0.3")
    assert code == 0 and "its probabilities agree with the policy's" in out
    states, base = np.eye(3, dtype=np.float32), np.full((3, 3), 1 / 3, dtype=np.float32)
    actions, shares = torch.jit.load(str(folder / "policy.pt"))(torch.from_numpy(states), torch.from_numpy(base))
    expected = run.policy("tilted", temperature=0.25).probabilities(states, base)
    assert np.allclose(shares.numpy(), np.take_along_axis(expected, actions.numpy(), axis=1), atol=1e-5)
    code, _, err = rlbench("export", folder, "--form", "tilted-0.6")
    assert (
        code == 2 and "The temperature of tilted-0.6 is not stored. Stored are: tilted-0.3. Give --temperature" in err
    )
    code, _, err = rlbench("export", folder, "--form", "frontier")
    assert code == 2 and "No frontier was traced for this run" in err


@pytest.mark.parametrize("dial", ["tilted", "mixed", "constrained"])
def test_the_stored_frontier_is_one_command(saved, rlbench, dial):
    folder, _ = saved
    step = Chosen(contender="dqn", dial=dial, parameter=0.25, divergence=0.6)
    write_frontier(folder, StoredFrontier(base="service", chosen=step))
    code, _, err = rlbench("export", folder, "--form", "frontier")
    assert code == 0, err
    card = json.loads((folder / "policy.pt.json").read_text())
    assert card["form"] == ("tilted-0.6" if dial == "tilted" else f"{dial}-0.25")
    assert card.get("temperature") == (0.25 if dial == "tilted" else None)


def test_a_frontier_without_a_file_of_its_own(saved, rlbench):
    folder, _ = saved
    code, _, err = rlbench("export", folder, "--form", "frontier")
    assert code == 2 and "There is no such frontier beside this run" in err and "Suites with the form frontier" in err
    write_frontier(folder, StoredFrontier(base="logged"))
    code, _, err = rlbench("export", folder, "--form", "frontier")
    assert code == 2 and "The log vouches for no change: what is in service stays" in err
    (folder / "frontier.json").write_text('{"base": "clone"}')
    code, _, err = rlbench("export", folder, "--form", "frontier")
    assert code == 2 and "base: must be 'logged' or 'service'" in err
    assert not list(folder.glob("policy*"))


def test_the_frontier_over_learners_is_the_mean_of_their_scores(saved, rlbench, tmp_path):
    _, dqn = saved
    iql = fit(toy_shop(100), "iql", steps=5, batch_size=32, device="cpu")
    iql.save(tmp_path / "iql-run")
    (tmp_path / "best").mkdir()
    members = (Member(run="../run", spread=0.5), Member(run="../iql-run", spread=2.0))
    step = Chosen(contender="mean", dial="tilted", parameter=0.25, divergence=0.6, members=members)
    write_frontier(tmp_path / "best", StoredFrontier(base="logged", chosen=step))
    code, _, err = rlbench("export", tmp_path / "best", "--form", "frontier")
    assert code == 0, err
    states, base = np.eye(3, dtype=np.float32), np.array([[0.2, 0.5, 0.3]] * 3, dtype=np.float32)
    file = torch.jit.load(str(tmp_path / "best" / "policy.pt"))
    actions, shares = file(torch.from_numpy(states), torch.from_numpy(base))
    expected = tilt((dqn.q_values(states) / 0.5 + iql.q_values(states) / 2.0) / 2.0, base, 0.25)
    assert np.allclose(shares.numpy(), np.take_along_axis(expected, actions.numpy(), axis=1), atol=1e-5)
    assert json.loads((tmp_path / "best" / "policy.pt.json").read_text())["algorithm"] == "mean"
    one = step.model_copy(update={"contender": "iql", "members": members[1:]})
    write_frontier(tmp_path / "best", StoredFrontier(base="logged", chosen=one))
    assert rlbench("export", tmp_path / "best", "--form", "frontier")[0] == 0
    actions, shares = (torch.jit.load(str(tmp_path / "best" / "policy.pt")))(*map(torch.from_numpy, (states, base)))
    expected = iql.policy("tilted", temperature=0.25).probabilities(states, base)
    assert np.allclose(shares.numpy(), np.take_along_axis(expected, actions.numpy(), axis=1), atol=1e-5)
    for elsewhere in ("../../etc", "../..", "../.", "/etc"):
        (tmp_path / "best" / "frontier.json").write_text(
            StoredFrontier(base="logged", chosen=one).model_dump_json().replace("../iql-run", elsewhere)
        )
        code, _, err = rlbench("export", tmp_path / "best", "--form", "frontier")
        assert code == 2 and "chosen.members, first entry: run" in err


def test_a_log_sets_the_temperature(saved, rlbench, tmp_path):
    folder, run = saved
    data = toy_shop(100)
    shares = np.full((len(data), 3), 1 / 3)
    known = replace(data, behaviour_probabilities=shares.astype(np.float32), propensities=shares[:, 0])
    known.save(tmp_path / "log")
    data.save(tmp_path / "bare")
    code, _, err = rlbench("export", folder, "--form", "tilted-0.3", "--on", tmp_path / "log")
    assert code == 0, err
    card = json.loads((folder / "policy.pt.json").read_text())
    assert card["temperature"] == run.policy("tilted", divergence=0.3, on=known).temperature
    for options, message in (
        (("tilted-0.3", "--on", tmp_path / "bare"), "The divergence is from the behaviour policy, which is missing"),
        (("tilted-0.3", "--on", tmp_path / "log", "--temperature", 1), "Give one of them"),
        (("tilted-0.3",), "is not stored"),
        (("frontier", "--temperature", 1), "The frontier is stored with its own"),
        (("frontier", "--checkpoint", "best"), "chosen for the last checkpoint"),
        (("greedy", "--temperature", 1), "greedy has no temperature"),
        (("mixed-0.1", "--on", tmp_path / "log"), "mixed-0.1 has no temperature"),
        (("tilted",), "Unknown policy form 'tilted'"),
    ):
        code, _, err = rlbench("export", folder, "--form", *options)
        assert code == 2 and message in err


def test_bad_input(saved, rlbench, tmp_path):
    code, _, err = rlbench("export", tmp_path / "nowhere")
    assert code == 2 and "There is no such saved run" in err
    code, _, err = rlbench("export", saved[0], "--format", "onx")
    assert code == 2 and "Did you mean 'onnx'" in err
    code, _, err = rlbench("export", saved[0], "--checkpoint", "first")
    assert code == 2 and "Use last or best" in err
    assert not list(saved[0].glob("policy*"))
