"""Logs and true values: exactness, determinism, common random numbers, and what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from rlbench_rec import ope, tasks
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.policies import Policy, Stateless, Uniform
from rlbench_rec.tasks import rollout, true_values


@pytest.fixture(scope="module")
def task():
    return tasks.make("recommend-v1", seed=0)


@pytest.fixture(scope="module")
def log(task):
    return task.log(episodes=1_000, seed=1)


class Fixed(Policy):
    """Whatever rows it is told to give."""

    name = "fixed"

    def __init__(self, row):
        self.row, self.action_count = np.asarray(row, dtype=np.float64), len(row)

    def probabilities(self, states):
        return np.tile(self.row, (len(states), 1))


def discounted(task, data):
    steps = np.arange(len(data)) - data.row_starts
    return np.add.reduceat(data.rewards * task.gamma**steps, data.episode_starts)


def test_ips_of_the_behaviour_policy_on_its_own_log_is_the_mean_discounted_return(task, log):
    states = log.states()
    evaluated = ope.EvaluationLog(
        rewards=log.rewards,
        propensities=log.propensities,
        target_propensities=task.behaviour.probability_of(states, log.actions),
        episode_starts=log.episode_starts,
        gamma=log.gamma,
    )
    assert ope.estimate(evaluated, "ips").value == pytest.approx(discounted(task, log).mean(), rel=1e-9)


def test_true_value_is_the_mean_return_of_its_own_users(task):
    value = task.true_value(task.behaviour, relative_error=1.0, seed=9)
    assert value.episodes == rollout.USERS
    data = task.log(episodes=rollout.USERS, seed=9)
    returns = discounted(task, data)
    assert value.value == pytest.approx(returns.mean(), rel=1e-6)
    assert value.std_error == pytest.approx(returns.std(ddof=1) / np.sqrt(len(returns)), rel=1e-6)
    clicks = np.add.reduceat(
        data.metrics[:, 0] * task.gamma ** (np.arange(len(data)) - data.row_starts), data.episode_starts
    )
    assert value.metrics["CTR"][0] == pytest.approx(clicks.mean(), rel=1e-6)


def test_more_batches_merge_into_the_same_mean_and_error(task):
    policy = task.behaviour
    parts = [true_values.returns(task, policy, rollout.USERS, 2, batch, task.gamma)[:, 0] for batch in range(3)]
    together = np.concatenate(parts)
    error = together.std(ddof=1) / np.sqrt(len(together))
    value = task.true_value(policy, relative_error=1.0001 * error / task.behaviour_value)
    assert value.episodes == len(together)
    assert value.value == pytest.approx(together.mean(), rel=1e-12)
    assert value.std_error == pytest.approx(error, rel=1e-9)


def test_gamma_zero_is_the_first_reward_and_gamma_one_the_plain_sum(task):
    data = task.log(episodes=rollout.USERS, seed=9)
    now = task.true_value(task.behaviour, relative_error=1.0, seed=9, gamma=0.0)
    whole = task.true_value(task.behaviour, relative_error=1.0, seed=9, gamma=1.0)
    assert now.value == pytest.approx(data.rewards[data.episode_starts].mean(), rel=1e-6)
    assert whole.value == pytest.approx(np.add.reduceat(data.rewards, data.episode_starts).mean(), rel=1e-6)


def test_common_random_numbers_make_differences_sharper_than_their_errors(task):
    near = task.policy(task.config.ranker.model_copy(update={"tau": 0.95}))
    first = true_values.returns(task, task.behaviour, rollout.USERS, 5, 0, task.gamma)[:, 0]
    second = true_values.returns(task, near, rollout.USERS, 5, 0, task.gamma)[:, 0]
    assert np.corrcoef(first, second)[0, 1] > 0.5


def test_users_meet_the_same_random_numbers_whatever_was_decided_before(task):
    seen = []
    for action in (0, 7):
        simulator = task.simulator(64, seed=3)
        simulator.reset()
        while len(simulator.present) and simulator.elapsed < 3:
            simulator.step(np.full(len(simulator.present), action))
        seen.append(simulator._generator.random())
    assert seen[0] == seen[1]


def test_log_is_the_same_bytes_in_another_process(task, log):
    code = (
        "import hashlib; from rlbench_rec import tasks; d = tasks.make('recommend-v1', seed=0).log(1000, seed=1); "
        "print(hashlib.sha256(d.observations.tobytes() + d.actions.tobytes() + d.propensities.tobytes()).hexdigest())"
    )
    hashes = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout}
    digest = hashlib.sha256(log.observations.tobytes() + log.actions.tobytes() + log.propensities.tobytes()).hexdigest()
    assert hashes == {digest + "\n"}


def test_log_of_several_batches_keeps_every_session(task):
    data = task.log(episodes=rollout.USERS + 3, seed=1, policy=Uniform(30))
    assert data.n_episodes == rollout.USERS + 3
    time = data.observations[:, data.observation_names.index("time")]
    assert (time[data.episode_starts] == 0).all()
    steps = np.arange(len(data)) - data.row_starts
    assert np.array_equal(time, (steps / task.horizon).astype(np.float32))
    assert (data.propensities == 1 / 30).all()


def test_provenance_is_plain_json_and_tells_policies_apart(task, log):
    recipe = json.loads(json.dumps(log.provenance.config))
    assert recipe["task"] == "recommend-v1"
    assert recipe["policy"] == "behaviour"
    assert recipe["task_config"]["ranker"]["tau"] == 1.0
    other = task.log(episodes=1_000, seed=1, policy=Uniform(30))
    assert other.provenance.source_sha256 != log.provenance.source_sha256


def test_split_follows_the_fraction(task):
    train, test = task.log(episodes=100, seed=1, train_fraction=0.3).split()
    assert (train.n_episodes, test.n_episodes) == (30, 70)


def test_a_static_policy_draws_as_a_written_out_one(task):
    row = np.linspace(0, 2 / 29, 30) / np.linspace(0, 2 / 29, 30).sum()
    thresholds = np.random.default_rng(0).random(10_000)
    states = np.zeros((10_000, task.layout.size), np.float32)
    static = rollout.choose(Stateless("line", row), states, thresholds)
    written = rollout.choose(Fixed(row), states, thresholds)
    assert np.array_equal(static[0], written[0])
    assert np.array_equal(static[1], written[1])
    assert (static[0] > 0).all()
    observed = np.bincount(static[0], minlength=30) / 10_000
    assert np.abs(observed - row).max() < 4 * np.sqrt(row.max() / 10_000)


@pytest.mark.parametrize(
    "row",
    [np.full(30, 0.04), np.full(30, 1 / 29), np.r_[1.5, -0.5, np.zeros(28)], np.full(30, np.nan)],
    ids=["above", "below", "negative", "nan"],
)
def test_rows_that_are_no_probabilities_are_refused(task, row):
    with pytest.raises(InputError, match="policy fixed"):
        task.true_value(Fixed(row))
    with pytest.raises(InputError, match="policy fixed"):
        task.log(episodes=10, policy=Fixed(row))


def test_a_policy_with_other_actions_is_refused(task):
    with pytest.raises(InputError, match="3 actions"):
        task.true_value(Uniform(3))
    short = Fixed(np.full(29, 1 / 29))
    short.action_count = 30
    with pytest.raises(InputError, match="shape"):
        task.true_value(short)


@pytest.mark.parametrize(
    "actions",
    [np.array([0, 30]), np.array([-1, 0]), np.array([0]), np.array([0.0, 1.0]), np.array([[0], [1]])],
    ids=["above", "below", "too few", "floats", "matrix"],
)
def test_actions_out_of_range_are_refused(task, actions):
    simulator = task.simulator(2, seed=0)
    simulator.reset()
    with pytest.raises(InputError, match="step"):
        simulator.step(actions)


def test_the_environment_refuses_a_step_before_reset_and_a_strange_action(task):
    env = task.env()
    with pytest.raises(InputError, match="reset"):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(InputError, match=r"outside 0\.\.29"):
        env.step(30)


@pytest.mark.parametrize(
    "call",
    [
        lambda task: task.log(episodes=1),
        lambda task: task.log(episodes=10, train_fraction=1.0),
        lambda task: task.log(episodes=10, seed=-1),
        lambda task: task.true_value(task.behaviour, relative_error=0.0),
        lambda task: task.true_value(task.behaviour, gamma=1.1),
        lambda task: task.true_value(task.behaviour, seed=-1),
        lambda task: task.simulator(0, seed=0),
        lambda task: task.simulator(3, seed=0, users=[3]),
        lambda task: tasks.make("recommend-v1", seed=-1),
        lambda task: tasks.make("recommend-v1", seed=0.5),
    ],
)
def test_arguments_out_of_range_are_refused(task, call):
    with pytest.raises(InputError):
        call(task)


def test_an_unknown_task_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'recommend-v1'"):
        tasks.make("recomend-v1")


def test_the_room_loads_neither_torch_nor_gymnasium():
    code = (
        "import sys; from rlbench_rec import tasks; t = tasks.make('recommend-v1'); t.log(10); "
        "print([m for m in ('torch', 'd3rlpy', 'gymnasium', 'scipy', 'sklearn', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
