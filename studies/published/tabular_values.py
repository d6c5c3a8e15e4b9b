"""Values that a textbook prints, by the dynamic programming of `tabular-v1` (Sutton and Barto 2018).

Their gridworld (Example 3.5, Figures 3.2 and 3.5), the small gridworld of policy evaluation (Example 4.1) and the
random walk (Example 6.2).
"""

from __future__ import annotations

import numpy as np

from rlbench_rec import ope
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.shops.tabular import Tabular, TabularConfig

STEPS = 1_000
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))


def _world(reaches: np.ndarray, rewards: np.ndarray, gamma: float) -> Tabular:
    """`tabular-v1` with these moves (S, A, S) and mean rewards (S, A), from which nobody leaves."""
    states, actions = rewards.shape
    task = Tabular(TabularConfig(states=states, actions=actions, leave=0.0, horizon=STEPS, gamma=gamma))
    task.transitions, task.click_rates = reaches, rewards
    return task


def gridworld() -> Tabular:
    """Five by five; a step against the wall costs 1; A (0, 1) earns 10 and leads to (4, 1), B (0, 3) 5 and (2, 3)."""
    reaches, rewards = np.zeros((25, 4, 25)), np.zeros((25, 4))
    jumps = {(0, 1): ((4, 1), 10.0), (0, 3): ((2, 3), 5.0)}
    for row, column in np.ndindex(5, 5):
        for action, (down, right) in enumerate(MOVES):
            to, reward = (row + down, column + right), 0.0
            if (row, column) in jumps:
                to, reward = jumps[row, column]
            elif not (0 <= to[0] < 5 and 0 <= to[1] < 5):
                to, reward = (row, column), -1.0
            reaches[5 * row + column, action, 5 * to[0] + to[1]] = 1.0
            rewards[5 * row + column, action] = reward
    return _world(reaches, rewards, gamma=0.9)


def small_gridworld() -> Tabular:
    """Four by four, -1 a step until one of two corners."""
    reaches, rewards = np.zeros((16, 4, 16)), np.full((16, 4), -1.0)
    for row, column in np.ndindex(4, 4):
        for action, (down, right) in enumerate(MOVES):
            to = min(max(row + down, 0), 3), min(max(column + right, 0), 3)
            reaches[4 * row + column, action, 4 * to[0] + to[1]] = 1.0
    for corner in (0, 15):
        reaches[corner], rewards[corner] = np.eye(16)[corner], 0.0
    return _world(reaches, rewards, gamma=1.0)


def random_walk() -> Tabular:
    """Five states in a row, 1 for leaving on the right."""
    reaches, rewards = np.zeros((7, 2, 7)), np.zeros((7, 2))
    for state in range(1, 6):
        reaches[state, 0, state - 1] = reaches[state, 1, state + 1] = 1.0
    reaches[0, :, 0] = reaches[6, :, 6] = 1.0
    rewards[5, 1] = 1.0
    return _world(reaches, rewards, gamma=1.0)


def ours() -> dict[str, float]:
    """`<world>/<policy>/<state>` -> value, of all states that are printed."""
    grid, small, walk = gridworld(), small_gridworld(), random_walk()
    values = {
        "gridworld/random": grid.state_values(Uniform(4)),
        "gridworld/optimal": grid.optimal_values().max(axis=1),
        "small-gridworld/random": small.state_values(Uniform(4)),
        "random-walk/random": walk.state_values(Uniform(2))[1:6],
    }
    return {f"{name}/{state}": float(value) for name, of in values.items() for state, value in enumerate(of)}


def walks(episodes: int = 20_000, seed: int = 0) -> dict[str, tuple[float, float]]:
    """The walk's value from its middle for a policy that goes right with probability .6, from a log of the random walk:
    estimator -> estimate and standard error. Exactly: r = .4 / .6, (1 - r^3) / (1 - r^6) = 1 / (1 + r^3) = 27 / 35."""
    rng, right = np.random.default_rng(seed), 0.6
    rewards, weights, starts = [], [], []
    for _ in range(episodes):
        at = 3
        starts.append(len(rewards))
        while 0 < at < 6:
            step = 1 if rng.random() < 0.5 else -1
            at += step
            rewards.append(float(at == 6))
            weights.append(right if step > 0 else 1 - right)
    log = ope.EvaluationLog(
        np.array(rewards), np.full(len(rewards), 0.5), np.array(weights), episode_starts=np.array(starts)
    )
    return {e.estimator: (e.value, e.std_error) for e in ope.estimate_all(log, ["ips", "snips"], interval="normal")}
