"""Many users at once: the shop's own, replaced as they leave."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.policies import Uniform
from rlbench_rec.training.user_stream import UserStream

SEATS = 40


@pytest.fixture(scope="module", params=["cart-v1", "recommend-v1", "tabular-v1"])
def task(request):
    return tasks.make(request.param, seed=2)


def played(task, seed, steps):
    """States before, rewards and leavings of random decisions: (steps, seats, …) each."""
    stream, rng = UserStream(task, SEATS, seed), np.random.default_rng(5)
    states, rows = stream.reset(), []
    for _ in range(steps):
        after, rewards, left, _ = stream.step(rng.integers(0, task.action_count, SEATS))
        rows.append((states.copy(), rewards, left))
        states = after
    return [np.array(column) for column in zip(*rows, strict=True)]


def test_the_first_users_are_those_of_one_simulator(task):
    _, rewards, left = played(task, 3, 6)
    simulator = task.simulator(SEATS, int(np.random.default_rng(3).integers(2**31)))
    simulator.reset()
    rng = np.random.default_rng(5)
    for t in range(6):
        here = simulator.present
        step = simulator.step(rng.integers(0, task.action_count, SEATS)[here])
        assert np.array_equal(rewards[t, here], step.rewards)
        assert np.array_equal(left[t, here], step.terminated)
        if not len(simulator.present):
            break


def test_whoever_leaves_is_replaced_by_a_user_at_the_first_step(task):
    stream = UserStream(task, SEATS, 0)
    stream.reset()
    lengths, ended = np.zeros(SEATS, int), 0
    for _ in range(3 * task.horizon):
        states, _, left, _ = stream.step(np.zeros(SEATS, int))
        lengths += 1
        assert lengths.max() <= task.horizon and left[lengths == task.horizon].all()
        lengths[left] = 0
        ended += left.sum()
        assert np.isfinite(states).all()
        if task.observation_names[-1] == "time":
            assert states[:, -1] == pytest.approx(lengths / task.horizon)
        assert len(stream._groups) <= task.horizon
    assert ended >= 3 * SEATS


def test_sessions_earn_what_the_policy_is_worth(task):
    steps = 600
    _, rewards, left = played(task, 1, steps)
    returns = []
    for seat in range(SEATS):
        ends = np.flatnonzero(left[:, seat])
        for first, last in zip([0, *(ends[:-1] + 1)], ends, strict=True):
            if first <= steps - task.horizon:  # every session that begins so early is over: none is left out
                returns.append(rewards[first : last + 1, seat] @ task.gamma ** np.arange(last + 1 - first))
    truth = task.true_value(Uniform(task.action_count), 0.005).value
    assert abs(np.mean(returns) - truth) < 4.0 * np.std(returns) / np.sqrt(len(returns))


def test_the_seed_says_which_users_come(task):
    first, again, other = (played(task, seed, 30) for seed in (4, 4, 5))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_questions_are_answered_seat_by_seat(task):
    stream = UserStream(task, SEATS, 0)
    assert stream.get_attr("render_mode", [1, 4]) == [None, None] and len(stream.get_attr("render_mode")) == SEATS
    assert stream.env_is_wrapped(object, 3) == [False]
