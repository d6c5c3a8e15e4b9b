"""What every registered task must do: `check_task("recommend-v1")`."""

from __future__ import annotations

import numpy as np

from .. import ope
from ..policies import Uniform
from ..policies.policy import Policy
from ..tasks import TASKS, Task, identify, make
from ..tasks.insiders import InsiderPolicy
from .contract import Check, require


def check_task(task_id: str, stratum: str | None = None, *, episodes: int = 200) -> None:
    """Assert the contract: documented, repeatable, exact propensities, one user alone as in the batch, honest values.

    The behaviour policy beats random, as a real shop's would; IPS of a policy on its own log is the mean return; the
    variants `train` and `judge` are two shops.

    Args:
        task_id: id in `TASKS`, or the file of a calibrated shop.
        stratum: which of its strata; None: `easy`.
        episodes: size of the logs it is checked on.

    Raises:
        AssertionError: what does not hold.
    """
    require(task_checks(task_id, stratum, episodes=episodes))


def task_checks(task_id: str, stratum: str | None = None, *, episodes: int = 200) -> list[Check]:
    """The checks of `check_task`, one by one; they share one shop."""
    task = make(task_id, seed=3, stratum=stratum)
    return [
        Check("is documented and named", lambda: _check_documentation(task_id, task)),
        Check("names sound policies", lambda: _check_policies(task)),
        Check("logs with exact propensities", lambda: _check_log(task, episodes)),
        Check("the same seed gives the same log", lambda: _check_repeatable(task_id, stratum, episodes)),
        Check("a user alone is as in the batch", lambda: _check_alone(task)),
        Check("true values agree with logs", lambda: _check_truth(task)),
        Check("the behaviour policy beats random", lambda: _check_service(task)),
        Check("variants are shops of their own", lambda: _check_variants(task_id, stratum)),
        Check("is a Gymnasium environment", lambda: _check_environment(task)),
    ]


def _check_documentation(task_id: str, task: Task) -> None:
    if task_id in TASKS:
        assert task_id == task.id and task_id.rpartition("-v")[2].isdigit(), (
            f"{task_id}: an id ends in its version, as in shop-v1"
        )
    assert (type(task).__doc__ or "").strip(), f"{task_id}: no docstring; write down the shop's equations"
    low, high = task.observation_bounds
    assert len(low) == len(high) == task.layout.size and len(task.observation_names) == task.layout.context, (
        f"{task_id}: both observation_bounds must have an entry for each column of a state, observation_names for each "
        "before the history"
    )
    assert len(task.action_names) == task.action_count, f"{task_id}: action_names must name each action"


def _check_policies(task: Task) -> None:
    states = task.log(episodes=20, seed=5).states()
    named = task.named_policies()
    for name, policy in named.items():
        matrix = policy.probabilities(states)
        assert matrix.shape == (len(states), task.action_count), f"{name}: shape {matrix.shape}"
        assert np.allclose(matrix.sum(axis=1), 1.0) and (matrix >= 0).all(), f"{name}: not probabilities"
    assert len(task.behaviour_policies()) >= 5, (
        "fewer than 5 behaviour_policies; name some from uniform to nearly deterministic"
    )
    assert len(task.target_policies()) >= 10, "fewer than 10 target_policies; name some from bad to good"
    first = list(task.target_policies())[:2]
    assert first == ["random", "behaviour"], f"target_policies begin with {first}; random and behaviour come first"
    behaviour, target = task.behaviour_policies(), task.target_policies()
    for name in behaviour.keys() & (target.keys() | {"behaviour"}):
        other = task.named_policies()[name].probabilities(states)
        assert np.array_equal(behaviour[name].probabilities(states), other), f"{name}: two policies of one name"
    for name, policy in named.items():
        assert policy.name == name or name in task.behaviour_policies(), f"{name} calls itself {policy.name}"


def _check_log(task: Task, episodes: int) -> None:
    low, high = task.observation_bounds
    for policy in (task.behaviour, *task.behaviour_policies().values()):
        data = task.log(episodes=episodes, policy=policy, seed=1)
        assert data.n_episodes == episodes and data.train_episodes == round(0.8 * episodes), "episodes are missing"
        assert data.episode_lengths.max() <= task.horizon, "a session is longer than the horizon"
        states = data.states()
        assert states.dtype == np.float32 and (states >= low).all() and (states <= high).all(), (
            "states out of bounds; observation_bounds are float32 limits of what a simulator shows"
        )
        exact = policy.probability_of(states, data.actions)
        assert data.propensities is not None, f"{policy.name}: no propensities"
        assert np.allclose(data.propensities, exact, rtol=1e-12), f"{policy.name}: propensities are not the policy's"
        assert data.metric_names == task.metric_names, "a log has other metric_names than the task"
        assert data.action_count == task.action_count, "a log has another action_count than the task"
        assert data.layout == task.layout and data.gamma == task.gamma, (
            "a log has another layout or gamma than the task"
        )
        known = "estimated" if isinstance(policy, InsiderPolicy) else "identified"
        assert data.provenance.source == task.id and data.provenance.identification == known


def _check_repeatable(task_id: str, stratum: str | None, episodes: int) -> None:
    first, again = (make(task_id, 3, stratum=stratum).log(episodes=episodes, seed=1) for _ in range(2))
    for name in ("observations", "actions", "rewards", "propensities", "metrics", "episode_starts"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes(), (
            f"{name} differs from run to run; draw from the seed alone"
        )
    assert first.provenance == again.provenance, "the provenance differs from run to run"
    other = make(task_id, 3, stratum=stratum).log(episodes=episodes, seed=2)
    assert other.actions.tobytes() != first.actions.tobytes(), "the seed of the log changes nothing"
    assert other.provenance.source_sha256 != first.provenance.source_sha256


def _check_alone(task: Task) -> None:
    """A user played alone meets the same states, rewards and end as in the batch."""
    users, chosen = 6, 4
    batch, alone = task.simulator(users, seed=11), task.simulator(users, seed=11, users=[chosen])
    states, lone_states = batch.reset(), alone.reset()
    rng = np.random.default_rng(0)
    while chosen in batch.present:
        here = int(np.flatnonzero(batch.present == chosen)[0])
        assert np.array_equal(states[here], lone_states[0]), (
            f"states differ at step {batch.elapsed}; users may not see each other"
        )
        actions = rng.integers(task.action_count, size=len(batch.present))
        step, lone = batch.step(actions), alone.step(actions[here : here + 1])
        for name in step._fields:
            assert np.array_equal(getattr(step, name)[here], getattr(lone, name)[0]), (
                f"{name} of a user differ at step {batch.elapsed}; users may not see each other"
            )
        states, lone_states = step.states[~step.terminated], lone.states[~lone.terminated]
    assert len(alone.present) == 0, "a user who left the batch stays when alone"


def _check_truth(task: Task) -> None:
    """The value of the behaviour policy agrees with the mean return of its own log, on other users."""
    truth = task.true_value(task.behaviour, relative_error=0.05)
    assert truth.std_error <= 0.05 * abs(task.behaviour_value), "the standard error is larger than asked for"
    assert set(truth.metrics) == set(task.metric_names), "a true value has other metrics than the task"
    data = task.log(episodes=2_000, seed=1)
    steps = np.arange(len(data)) - data.row_starts
    earned = np.add.reduceat(data.rewards * task.gamma**steps, data.episode_starts)
    assert data.propensities is not None, "a task's log has propensities"
    itself = ope.EvaluationLog(
        rewards=data.rewards,
        propensities=data.propensities,
        target_propensities=task.behaviour.probability_of(data.states(), data.actions),
        episode_starts=data.episode_starts,
        gamma=data.gamma,
    )
    ips = ope.estimate(itself, "ips", interval="none").value
    assert abs(ips - earned.mean()) <= 1e-9 * np.abs(earned).mean(), "IPS on a policy's own log is not the mean return"
    error = np.hypot(truth.std_error, earned.std() / np.sqrt(len(earned)))
    assert abs(earned.mean() - truth.value) < 4 * error, (
        f"the log earned {earned.mean():.4g}, and the true value is {truth.value:.4g}"
    )
    # Common random numbers: two policies that decide alike earn alike, to the last bit.
    twin = task.true_value(_Written(Uniform(task.action_count)), relative_error=0.05)
    assert twin == task.true_value(Uniform(task.action_count), relative_error=0.05)


def _check_service(task: Task) -> None:
    served, random = (task.true_value(policy) for policy in (task.behaviour, Uniform(task.action_count)))
    error = np.hypot(served.std_error, random.std_error)
    assert served.value - random.value > 3 * error, (
        f"the behaviour policy is worth {served.value:.3g}, random {random.value:.3g}; it must be clearly better"
    )


def _check_variants(task_id: str, stratum: str | None) -> None:
    shops = [make(task_id, 3, variant, stratum) for variant in ("train", "judge", None)]
    assert len({shop.seed for shop in shops}) == 3, "two variants have one seed"
    settings = {shop.config.model_dump_json() for shop in shops}
    assert len(settings) == 3, "two variants have the same parameters; the config needs fields with limits"
    again = make(task_id, 3, "judge", stratum)
    assert (again.seed, again.config, again.identity) == (shops[1].seed, shops[1].config, shops[1].identity)
    names = [identify(task_id, 3, variant, stratum) for variant in ("train", "judge", None)]
    assert [shop.identity for shop in shops] == names, "what `make` builds is not what `identify` says"
    assert len({name.digest for name in names}) == 3, "two variants have one identity"


def _check_environment(task: Task) -> None:
    env = task.env()
    state, start = env.reset(seed=4)
    simulator = task.simulator(1, start["seed"])
    expected = simulator.reset()
    rng = np.random.default_rng(0)
    ended = False
    while not ended:
        assert np.array_equal(state, expected[0]), "the environment and the simulator differ"
        action = int(rng.integers(task.action_count))
        step = simulator.step(np.array([action]))
        state, reward, ended, truncated, info = env.step(action)
        assert (reward, ended, truncated) == (float(step.rewards[0]), bool(step.terminated[0]), False)
        assert list(info) == list(task.metric_names)
        expected = step.states


class _Written(Policy):
    """The same probabilities, written out in full."""

    name = "written"

    def __init__(self, policy: Policy):
        self.policy, self.action_count = policy, policy.action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return np.array(self.policy.probabilities(states))
