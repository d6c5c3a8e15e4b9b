"""Retrieve, then rank: a policy gives candidates, an algorithm chooses among them; together they are a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec import policies
from rlbench_rec.errors import InapplicableError, InputError, UnknownNameError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import POLICIES, on_log, ranking_on_log
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import Retrieval, TwoStageRun, export, fit, fit_seeds, load, load_second_stage

FAST = {"learning_rate": 1e-2, "target_update_interval": 10}
ITEMS = 8


def shop(rows: int = 1_200) -> TransitionDataset:
    """Sessions of two decisions among eight items, logged by chance. In context c of three, item c + 1 pays 1; item 4
    pays .1 everywhere and the others nothing, so that the four that pay are the most popular ones."""
    rng = np.random.default_rng(0)
    context, actions = rng.integers(3, size=rows), rng.integers(ITEMS, size=rows)
    return TransitionDataset(
        observations=np.eye(3, dtype=np.float32)[context],
        actions=actions,
        rewards=np.where(actions == context, 1.0, np.where(actions == 3, 0.1, 0.0)).astype(np.float32),
        episode_starts=np.arange(0, rows, 2),
        action_count=ITEMS,
        items=(actions + 1).astype(np.int32),
        events=np.ones(rows, np.int8),
        gaps=np.zeros(rows, np.float32),
        history=1,
        item_count=ITEMS,
        event_count=1,
        action_names=tuple("abcdefgh"),
        train_episodes=rows // 2,
    )


@pytest.fixture(scope="module")
def log() -> TransitionDataset:
    return shop()


@pytest.fixture(scope="module")
def run(log) -> TwoStageRun:
    return fit(log, "dqn", loop="lean", steps=300, device="cpu", config=FAST, retrieval=Retrieval("popularity", 4))


def test_it_beats_its_retriever_alone(log, run):
    """Popularity gives the right item a quarter of the time; the second stage knows which of the four it is."""
    right = log.observations.argmax(axis=1)
    alone = on_log(policies.make("popularity", log), log)[np.arange(len(log)), right].mean()
    greedy = on_log(run.policy("greedy"), log)[np.arange(len(log)), right].mean()
    assert alone < 0.4 and greedy > 0.99


def test_what_is_not_retrieved_is_never_shown(log, run):
    candidates = run.first.retriever(log.states())
    assert set(candidates.ravel()) == {1, 2, 3, 4}, "the four that pay, whatever was logged"
    for form, options in (("softmax", {"tau": 5.0}), ("epsilon-greedy", {"epsilon": 1.0})):
        rows = on_log(run.policy(form, **options), log)
        assert rows.shape == (len(log), ITEMS) and np.allclose(rows.sum(axis=1), 1.0)
        assert (rows[:, 4:] == 0).all() and (rows[:, :4] > 0).all()
    ranking = ranking_on_log(run.policy("greedy"), log)
    assert (ranking[:, 4:] == -np.inf).all() and np.isfinite(ranking[:, :4]).all()


def test_scores_are_those_of_the_second_stage(log, run):
    states, ids = log.states(slice(0, 5)), run.first.retriever(log.states(slice(0, 5)))
    inner = run.second.q_values(np.concatenate([states, ids], axis=1, dtype=np.float32))
    np.testing.assert_array_equal(np.take_along_axis(run.q_values(states), ids - 1, axis=1), inner)
    assert (run.layout, run.action_count, run.action_names) == (log.layout, ITEMS, log.action_names)
    assert run.second.layout.candidates == run.second.action_count == 4
    with pytest.raises(InputError, match=r"\(n, 6\) is needed"):
        run.q_values(np.zeros((2, 10), np.float32))


def test_the_logged_item_is_among_the_choices_that_are_trained_on(log, run):
    choices = run.first.choices()
    chosen = choices.candidates[np.arange(len(log)), choices.actions]
    assert (chosen == log.actions + 1).all() and (choices.candidates > 0).sum() > 0
    served = run.first.retriever(log.states())
    assert not (served == (log.actions + 1)[:, None]).any(axis=1).all(), "and not among those that are served"


def test_the_retriever_sees_no_held_out_episode(log):
    """Items of the last tenth are other ones: what is retrieved stays."""
    other = log.actions.copy()
    other[-120:] = 7
    rewards = np.where(np.arange(len(log)) < len(log) - 120, log.rewards, 9).astype(np.float32)
    changed = replace(log, actions=other, items=(other + 1).astype(np.int32), rewards=rewards)
    asked = Retrieval("popular-greedy", 3)
    both = [fit(each, "dqn", steps=1, device="cpu", retrieval=asked).first.retriever for each in (log, changed)]
    assert (both[0](log.states()) == both[1](log.states())).all()
    seen = fit(changed, "dqn", steps=1, device="cpu", validation=0.0, retrieval=asked).first.retriever
    assert 8 in seen(log.states()), "what is trained on is seen"


@pytest.mark.parametrize("algorithm", ["cql", "bc", "iql", "rvs", "bc-top", "gru4rec", "sasrec", "mode", "myopic"])
def test_other_algorithms_choose_too(log, algorithm):
    asked = Retrieval("markov", 3, {"smoothing": 2.0})
    run = fit(log, algorithm, loop="lean", steps=20, batch_size=64, device="cpu", retrieval=asked)
    rows = on_log(run.policy("greedy"), log)
    assert isinstance(run, TwoStageRun) and rows.shape == (len(log), ITEMS) and (rows.sum(axis=1) == 1).all()
    retrieved = run.first.retriever(log.states())
    assert (retrieved == rows.argmax(axis=1)[:, None] + 1).any(axis=1).all()


@pytest.mark.parametrize("policy", ["als", "item-knn", "ease", "repeat", "popular-recent"])
def test_other_policies_retrieve_too(log, policy):
    """`als`, then `cql`, is the stack of collaborative filtering, a network and RL that docs/training.md shows."""
    if policy == "als":
        pytest.importorskip("implicit")
    run = fit(log, "cql", encoder="gru", loop="lean", steps=5, device="cpu", retrieval=Retrieval(policy, 3))
    rows = on_log(run.policy("softmax", tau=1.0), log)
    ranked = ranking_on_log(policies.make(policy, log.episodes(0, 540)), log)
    assert ((rows > 0).sum(axis=1) == 3).all()
    kept = np.where(rows > 0, ranked, np.inf).min(axis=1)
    assert (np.where(rows > 0, -np.inf, ranked).max(axis=1) <= kept).all(), "nothing better was left out"


def test_seeds_in_one_pass(log):
    asked = Retrieval("popularity", 4)
    together = fit_seeds(log, "dqn", [0, 1], loop="ensemble", steps=20, device="cpu", retrieval=asked)
    alone = fit(log, "dqn", loop="lean", steps=20, seed=1, device="cpu", retrieval=asked)
    np.testing.assert_allclose(together[1].q_values(log.states()), alone.q_values(log.states()), rtol=1e-3, atol=1e-4)


def test_a_saved_run_is_the_same_on_its_log(log, run, tmp_path):
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu", train=log)
    np.testing.assert_array_equal(again.q_values(log.states()), run.q_values(log.states()))
    assert isinstance(again, TwoStageRun) and again.first.retrieval == replace(run.first.retrieval, config={})
    with pytest.raises(
        InputError, match=r"retrieves its candidates with popularity, which .* fitted again\. Give train="
    ):
        load(tmp_path / "run")
    with pytest.raises(InputError, match="retrieved from another log"):
        load(tmp_path / "run", train=shop(600))


def test_the_second_stage_alone_is_exported(log, run, tmp_path):
    with pytest.raises(InputError, match=r"come from popularity, which .* no file holds\. Export run\.second"):
        export(run, tmp_path / "policy.pt")
    assert export(run.second, tmp_path / "second.pt").is_file()
    run.save(tmp_path / "run")
    again = load_second_stage(tmp_path / "run", device="cpu")
    states = np.concatenate([log.states(), run.first.retriever(log.states())], axis=1, dtype=np.float32)
    np.testing.assert_array_equal(again.q_values(states), run.second.q_values(states))
    fit(log, "dqn", steps=1, device="cpu").save(tmp_path / "one")
    with pytest.raises(InputError, match="dqn retrieves no candidates: it has one stage"):
        load_second_stage(tmp_path / "one")


def test_what_is_refused(log, run):
    def refused(match, *, data=log, algorithm="dqn", kind=InputError, **asked):
        with pytest.raises(kind, match=match):
            fit(data, algorithm, steps=1, device="cpu", retrieval=Retrieval(**({"policy": "popularity"} | asked)))

    refused("Unknown policy 'popular'", policy="popular", kind=UnknownNameError)
    refused("Unknown field 'smooth'", config={"smooth": 1.0})
    refused("looks at earlier states of a session", algorithm="dt")
    toys = toy_logs()
    refused("all of which may be shown", data=toys["forbidden actions"], kind=InapplicableError)
    refused("all of which may be shown", data=toys["candidates"], kind=InapplicableError)
    refused("where actions are items", data=rb.tasks.make("tabular-v1").log(episodes=40), kind=InapplicableError)
    refused("shows? no history", data=replace(log, history=0), policy="markov", kind=InapplicableError)
    with pytest.raises(InputError, match="1; at least 2 are needed"):
        Retrieval("popularity", 1)
    with pytest.raises(InputError, match="A clone among candidates"):
        run.clone()


def test_the_contract_of_policies_holds(log, monkeypatch):
    def stack(train):
        run = fit(train, "cql", loop="lean", steps=5, batch_size=16, device="cpu", retrieval=Retrieval("markov", 3))
        return run.policy("softmax", tau=1.0)

    monkeypatch.setitem(POLICIES._targets, "stack", stack)
    check_policy("stack", replace(shop(60), propensities=None))
