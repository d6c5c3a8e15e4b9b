"""A task's policy with item histories: served as it was trained; and the log of its service tells its value."""

from __future__ import annotations

import importlib.util
import json
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from rlbench_rec import mdp, tasks
from rlbench_rec.mdp.encoding import encoding_of
from rlbench_rec.serving import ServedPolicy, join_feedback
from rlbench_rec.tasks import Task
from rlbench_rec.training import Run, export

from .http_service import service
from .served_parity import check_parity, served, trained

pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
USERS = 50


class Shop(NamedTuple):
    """A task, its log, and what was trained on it."""

    task: Task
    data: mdp.TransitionDataset
    run: Run
    policy: ServedPolicy


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    task = tasks.make("recommend-v1", seed=0, items=20, history=3)
    data = task.log(episodes=160, policy=task.behaviour, seed=1)
    run = trained(data)
    return Shop(task, data, run, served(run, tmp_path_factory.mktemp("served"), "softmax-0.2"))


def request(shop: Shop, observation: np.ndarray, shown: list[dict]) -> dict:
    """As a shop sends it: what it knows, and the events of the session."""
    names = shop.data.observation_names
    return {"context": dict(zip(names, map(float, observation), strict=False)), "events": shown}


def test_a_task_with_item_histories_is_served_as_it_was_trained(shop):
    data = shop.data
    names = {code: name for name, code in encoding_of(data).events.items()}
    requests = []
    for begin, end in zip(data.episode_starts, data.episode_ends, strict=True):
        shown = [
            {"item_id": data.action_names[a], "event": names[e]}
            for a, e in zip(data.actions[begin:end], data.events[begin:end], strict=True)
        ]
        requests += [request(shop, data.observations[begin + t], shown[:t]) for t in range(end - begin)]
    assert data.layout.history == 3
    check_parity(shop.policy, shop.run, requests, data.states())


@pytest.mark.slow
@pytest.mark.parametrize("form", ["tilted-0.3", "mixed-0.25", "constrained-0.5"])
def test_what_stays_with_the_service_is_served_as_it_was_trained(form, shop, tmp_path):
    data, (name, _, parameter) = shop.data, form.partition("-")
    arguments = {"temperature": 0.05} if name == "tilted" else {"share": float(parameter)}
    given = arguments if name == "tilted" else {}
    policy = ServedPolicy(export(shop.run, tmp_path / "policy.onnx", "onnx", form=form, **given))
    rows = np.flatnonzero(data.row_starts == np.arange(len(data)))[:100]
    base = np.random.default_rng(0).dirichlet(np.ones(data.action_count), size=len(rows)).astype(np.float32)
    requests = [request(shop, data.observations[row], []) for row in rows]
    asked = [
        each | {"base": dict(zip(data.action_names, map(float, shares), strict=True))}
        for each, shares in zip(requests, base, strict=True)
    ]
    numbers, shares = policy.ranked(asked)
    expected = shop.run.policy(name, **arguments).probabilities(data.states(rows), base.astype(np.float64))
    np.testing.assert_allclose(np.take_along_axis(expected, numbers, axis=1), shares, atol=1e-5)
    assert policy.recommend(asked[0]).base == pytest.approx(base[0], abs=1e-6)


def visit(service, shop: Shop) -> float:
    """Users of the task meet what the service shows and tell it what that earned; the mean discounted return."""
    task, context = shop.task, shop.data.layout.context
    names = {code: name for name, code in encoding_of(shop.data).events.items()}
    simulator, numbers = task.simulator(USERS, seed=5), {name: i for i, name in enumerate(task.action_names)}
    states, returns, shown = simulator.reset(), np.zeros(USERS), {user: [] for user in range(USERS)}
    while len(simulator.present):
        users, step, answers = simulator.present, simulator.elapsed, []
        for user, state in zip(users, states, strict=True):
            asked = {"request": request(shop, state[:context], shown[user])}
            status, answer = service.call("POST", "/recommend", asked | {"session_id": f"s{user}"})
            assert status == 200, answer
            answers.append((answer["actions"][0], answer["decision_ids"][0]))
        outcome = simulator.step(np.array([numbers[action] for action, _ in answers]))
        for (action, name), user, code, reward in zip(
            answers, users, simulator.events, outcome.rewards.tolist(), strict=True
        ):
            shown[user].append({"item_id": action, "event": names[code]})
            # A client that is not sure whether it was heard says it again.
            for _ in range(1 if reward == 0 else 2):
                earned = {"decision_id": name, "outcomes": {"reward": reward}, "feedback_id": f"of {name}"}
                assert reward == 0 or service.call("POST", "/feedback", earned)[0] == 200
        returns[users] += task.gamma**step * outcome.rewards
        states = outcome.states[~outcome.terminated]
    return float(returns.mean())


def test_the_log_of_what_is_served_tells_its_value(shop, tmp_path, rlbench):
    if not all(map(importlib.util.find_spec, ("fastapi", "uvicorn"))):
        pytest.skip("the extra [serve] is not installed")
    path = shop.policy.file.path
    with service(path, tmp_path / "log") as running:
        earned = visit(running, shop)
        running.terminate()
    decisions = join_feedback(tmp_path / "log", tmp_path / "served.parquet")
    assert decisions == pq.read_table(tmp_path / "log" / "decisions").num_rows > 3 * USERS
    code, _, err = rlbench("score", path, tmp_path / "served.parquet", "--out", tmp_path / "scored.parquet")
    assert code == 0, err
    table = pq.read_table(tmp_path / "scored.parquet").to_pydict()
    np.testing.assert_allclose(table["target_propensity"], table["propensity"], rtol=1e-5)
    code, out, err = rlbench("ope", tmp_path / "scored.parquet", "--gamma", shop.task.gamma, "--json")
    assert code == 3, err  # no better than itself
    value = json.loads(out)["reward"]["estimates"][0]
    assert value["value"] == pytest.approx(earned, rel=1e-4)
    truth = shop.task.true_value(shop.run.policy("softmax", tau=0.2), relative_error=0.05, seed=2)
    assert value["ci_low"] <= truth.value <= value["ci_high"]
    assert 0.0 < value["ci_high"] - value["ci_low"] < truth.value
