"""The domains of MAGIC (Thomas and Brunskill 2016): where a model fails, where it wins, and both in turn.

The paper shows curves of the mean squared error and no table, so what is compared is what it says of them, as ratios of
mean squared errors; the values of the policies are exact. Its gridworld, whose policies it does not give, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlbench_rec import ope

ESTIMATORS = {"model": "dm", "ips": "ips", "dr": "dr", "wdr": "sndr", "magic": "magic"}
"""The paper's names, and ours."""
LOGS = 128
SMALL, LARGE = 32, 512
"""Episodes a log."""


@dataclass(frozen=True)
class Domain:
    """A small world of S states and two actions.

    Attributes:
        reaches: (S, 2, S) where an action leads.
        rewards: (S, S) of moving from a state to another.
        shown: (S,) what the log says of a state: states of one number look alike.
        horizon: steps of an episode.
        behaviour, target: (S, 2) policies.
    """

    reaches: np.ndarray
    rewards: np.ndarray
    shown: np.ndarray
    horizon: int
    behaviour: np.ndarray
    target: np.ndarray

    def value(self, policy: np.ndarray) -> float:
        """V_0(start), with V_k(s) = sum_a pi(a|s) sum_s' P(s'|s, a) [R(s, s') + V_{k-1}(s')], undiscounted."""
        values = np.zeros(len(self.shown))
        moves = np.einsum("sa,sat->st", policy, self.reaches)
        for _ in range(self.horizon):
            values = (moves * (self.rewards + values)).sum(axis=1)
        return float(values[0])

    def play(self, episodes: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """(episodes, horizon) states, actions and rewards under the behaviour policy, and (episodes, horizon + 1)."""
        states = np.zeros((episodes, self.horizon + 1), dtype=int)
        actions = np.zeros((episodes, self.horizon), dtype=int)
        for t in range(self.horizon):
            now = states[:, t]
            actions[:, t] = rng.random(episodes) >= self.behaviour[now, 0]
            ahead = self.reaches[now, actions[:, t]].cumsum(axis=1)
            states[:, t + 1] = (ahead <= rng.random((episodes, 1))).sum(axis=1)
        return states, actions, self.rewards[states[:, :-1], states[:, 1:]]


def domains() -> dict[str, Domain]:
    """`model-fail`, `model-win` and `hybrid`.

    model-fail: from the start, action 1 leads to the upper state and action 2 to the lower one; the next step earns 1
    from the upper state and -1 from the lower. The two look alike, as a log does not show which it was. model-win: from
    the middle, action 1 leads left (+1) with probability .4 and right (-1) with .6, action 2 the other way round; from
    both sides the way leads back. hybrid: the first, then 20 steps of the second.
    """
    choose, back = np.array([[0, 1.0, 0, 0], [0, 0, 1.0, 0]]), np.tile([1.0, 0, 0], (2, 1))
    end = np.tile([0, 0, 0, 1.0], (2, 1))
    fail_moves, fail_rewards = np.stack([choose, end, end, end]), np.zeros((4, 4))
    fail_rewards[1, 3], fail_rewards[2, 3] = 1, -1
    win_moves = np.stack([np.array([[0, 0.4, 0.6], [0, 0.6, 0.4]]), back, back])
    win_rewards = np.zeros((3, 3))
    win_rewards[0, 1], win_rewards[0, 2] = 1, -1
    both_moves, both_rewards = np.zeros((6, 2, 6)), np.zeros((6, 6))
    both_moves[:3, :, :4] = fail_moves[:3]
    both_moves[3:, :, 3:] = win_moves
    both_rewards[:3, :4], both_rewards[3:, 3:] = fail_rewards[:3], win_rewards
    sure, mild = np.array([0.88, 0.12]), np.array([0.73, 0.27])
    in_both = np.stack([sure] * 3 + [mild] * 3)
    return {
        "model-fail": _opposite(fail_moves, fail_rewards, np.array([0, 1, 1, 2]), 2, np.tile(sure, (4, 1))),
        "model-win": _opposite(win_moves, win_rewards, np.arange(3), 20, np.tile(mild, (3, 1))),
        "hybrid": _opposite(both_moves, both_rewards, np.array([0, 1, 1, 2, 3, 4]), 22, in_both),
    }


def _opposite(reaches: np.ndarray, rewards: np.ndarray, shown: np.ndarray, horizon: int, policy: np.ndarray) -> Domain:
    """The target policy prefers what the behaviour policy does not, as much."""
    return Domain(reaches, rewards, shown, horizon, policy, policy[:, ::-1])


def errors(domain: Domain, episodes: int, logs: int, seed: int = 0) -> dict[str, float]:
    """The paper's name of an estimator -> its mean squared error over logs."""
    truth, squares = domain.value(domain.target), []
    for number in range(logs):
        log = _evaluation_log(domain, *domain.play(episodes, np.random.default_rng([seed, episodes, number])))
        estimates = ope.estimate_all(log, list(ESTIMATORS.values()), interval="normal")
        squares.append([(estimate.value - truth) ** 2 for estimate in estimates])
    return dict(zip(ESTIMATORS, np.mean(squares, axis=0).tolist(), strict=True))


def _evaluation_log(domain: Domain, states: np.ndarray, actions: np.ndarray, rewards: np.ndarray) -> ope.EvaluationLog:
    """With the q of a model: the shown states' observed moves and mean rewards, played over the steps that are left."""
    kinds = int(domain.shown.max()) + 1
    now, then = domain.shown[states[:, :-1]], domain.shown[states[:, 1:]]
    counts, sums = np.zeros((kinds, 2, kinds)), np.zeros((kinds, 2))
    np.add.at(counts, (now, actions, then), 1)
    np.add.at(sums, (now, actions), rewards)
    seen = counts.sum(axis=2)
    moves = counts / np.maximum(seen, 1)[:, :, None]
    mean_rewards = sums / np.maximum(seen, 1)
    target = np.stack([domain.target[domain.shown == kind].mean(axis=0) for kind in range(kinds)])
    q = np.zeros((domain.horizon + 1, kinds, 2))
    for left in range(1, domain.horizon + 1):
        q[left] = mean_rewards + moves @ (target * q[left - 1]).sum(axis=1)
    left = domain.horizon - np.broadcast_to(np.arange(domain.horizon), now.shape)
    of_steps = q[left, now]
    chosen = domain.behaviour[states[:, :-1], actions], domain.target[states[:, :-1], actions]
    return ope.EvaluationLog(
        rewards.ravel(),
        chosen[0].ravel(),
        chosen[1].ravel(),
        q_logged=np.take_along_axis(of_steps, actions[:, :, None], axis=2).ravel(),
        v_target=(of_steps * target[now]).sum(axis=2).ravel(),
        episode_starts=np.arange(0, rewards.size, domain.horizon),
    )


def ours(logs: int = LOGS) -> dict[str, float]:
    """What the paper says of its curves, as numbers."""
    worlds = domains()
    small = {name: errors(world, SMALL, logs) for name, world in worlds.items()}
    large = {name: errors(world, LARGE, logs) for name, world in worlds.items()}
    fail, win, hybrid = (large[name] for name in ("model-fail", "model-win", "hybrid"))
    return {
        **{f"{name}/value": world.value(world.target) for name, world in worlds.items()},
        "model-fail/model: error kept": fail["model"] / small["model-fail"]["model"],
        "model-fail/magic over model": fail["magic"] / fail["model"],
        "model-fail/magic over wdr": fail["magic"] / fail["wdr"],
        "model-win/model over wdr": win["model"] / win["wdr"],
        "model-win/magic over wdr": win["magic"] / win["wdr"],
        "hybrid/magic over model": hybrid["magic"] / hybrid["model"],
        "hybrid/magic over wdr": hybrid["magic"] / hybrid["wdr"],
        "hybrid/wdr over dr": hybrid["wdr"] / hybrid["dr"],
    }
