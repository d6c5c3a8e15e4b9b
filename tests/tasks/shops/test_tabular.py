"""tabular-v1: exact values against linear algebra, rollouts and estimates."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope, tasks
from rlbench_rec.errors import InputError
from rlbench_rec.policies import Softmax, Stateless, Uniform
from rlbench_rec.tasks.true_values import true_value


@pytest.fixture(scope="module")
def task():
    return tasks.make("tabular-v1", seed=1)


def test_two_states_by_hand():
    task = tasks.make("tabular-v1", states=2, actions=2, leave=0.5, gamma=0.8, horizon=3)
    task.click_rates = np.array([[0.0, 1.0], [0.5, 0.25]])
    task.transitions = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [1.0, 0.0]]])
    always_second = Stateless("second", np.array([0.0, 1.0]))
    # V1 = (1, .25); V2 = (1 + .4 * .25, .25 + .4 * 1) = (1.1, .65); V3 = (1 + .4 * .65, .25 + .4 * 1.1) = (1.26, .69)
    assert task.state_values(always_second) == pytest.approx([1.26, 0.69], abs=1e-12)
    assert task.true_value(always_second).value == pytest.approx(0.975, abs=1e-12)
    assert task.true_value(always_second, gamma=0.0).value == pytest.approx(0.625, abs=1e-12)


def test_value_is_exact_to_1e_10():
    task = tasks.make("tabular-v1", seed=4, horizon=1_000)
    chances = task.behaviour.probabilities(task.one_hot)
    moves = np.einsum("sa,sat->st", chances, task.transitions)
    earned = (chances * task.click_rates).sum(axis=1)
    solved = np.linalg.solve(np.eye(10) - 0.9 * 0.9 * moves, earned)
    assert task.state_values(task.behaviour) == pytest.approx(solved, abs=1e-10)
    value = task.true_value(task.behaviour)
    assert value.value == pytest.approx(solved.mean(), abs=1e-10)
    assert (value.std_error, value.episodes) == (0.0, 0)


def test_rollouts_agree_with_the_exact_value(task):
    for policy in (task.behaviour, task.target_policies()["farsighted-greedy"]):
        exact = task.true_value(policy, gamma=0.7).value
        played = true_value(task, policy, scale=exact, relative_error=0.01, seed=3, gamma=0.7)
        assert abs(played.value - exact) < 4 * played.std_error


def test_no_policy_beats_the_optimal_one():
    task = tasks.make("tabular-v1", seed=4, horizon=300)
    best = task.optimal_values()
    values = {name: task.true_value(policy).value for name, policy in task.target_policies().items()}
    assert max(values.values()) <= best.max(axis=1).mean() + 1e-9
    assert values["farsighted-greedy"] == pytest.approx(best.max(axis=1).mean(), rel=1e-9)
    assert values["worst"] < values["poor"] < values["random"] < values["farsighted-mild"] < values["farsighted-firm"]
    assert values["myopic-greedy"] < values["farsighted-greedy"]
    assert values["random"] < values["behaviour"]


@pytest.mark.parametrize("estimator", ["ips", "snips", "dr"])
def test_estimates_lie_within_four_standard_errors(task, estimator):
    policy = Softmax(task.scores()["myopic"], task.action_count, 0.3)
    data = task.log(episodes=4_000, seed=1)
    states = data.states()
    q = task.optimal_values()[states.argmax(axis=1)]
    chances = policy.probabilities(states)
    log = ope.EvaluationLog(
        rewards=data.rewards,
        propensities=data.propensities,
        target_propensities=policy.probability_of(states, data.actions),
        q_logged=q[np.arange(len(q)), data.actions],
        v_target=(chances * q).sum(axis=1),
        episode_starts=data.episode_starts,
        gamma=data.gamma,
    )
    estimate = ope.estimate(log, estimator, interval="none")
    assert abs(estimate.value - task.true_value(policy).value) < 4 * estimate.std_error


def test_transitions_follow_the_table(task):
    simulator = task.simulator(60_000, seed=0)
    state = simulator.reset().argmax(axis=1)
    step = simulator.step(np.full(60_000, 2))
    reached = step.states.argmax(axis=1)[state == 3]
    observed = np.bincount(reached, minlength=10) / len(reached)
    expected = task.transitions[3, 2]
    assert np.abs(observed - expected).max() < 4 * np.sqrt(0.25 / len(reached))
    assert step.terminated.mean() == pytest.approx(0.1, abs=0.006)
    assert np.array_equal(step.rewards, step.metrics[:, 0])


def test_bad_input_is_refused(task):
    with pytest.raises(InputError, match="5"):
        task.true_value(Uniform(3))
    with pytest.raises(InputError, match="relative_error"):
        task.true_value(task.behaviour, relative_error=2.0)
    with pytest.raises(InputError, match="branching"):
        tasks.make("tabular-v1", branching=0.0)
