"""One log, asked whether it needs RL as a user's own is: what the studies of size and power have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from rlbench_rec import policies, training
from rlbench_rec.frontier import LoggedBase, LookingAhead, looking_ahead
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Policy, QFunction
from rlbench_rec.suite.kinds.algorithms.learners import scores_of
from rlbench_rec.tasks import Task
from rlbench_rec.training.validation import hold_out

from .needs_rl_linear import LinearQ

Learners = Literal["networks", "linear"]
"""What learns: the package's learners, seconds a log; or `LinearQ`, which is as fast as the test itself."""
NETWORKS = ("dqn", "cql", "iql", "sarsa")
"""`sarsa` is fitted Q evaluation of the behaviour policy by temporal differences: acting on it is FQE-greedy."""
SHORT_SIGHTED: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "dqn/gamma-0": ("dqn", {"gamma": 0.0}),
    "cql/gamma-0": ("cql", {"gamma": 0.0}),
    # At gamma = 0 `iql` and `sarsa` are the same regression.
    "myopic": ("myopic", {}),
}
FLOOR = ("constant", "popular-greedy")
STEPS = 400
"""Of every training, in batches of 256."""
VALIDATION = 0.25


def ask(task: Task, episodes: int, seed: int, learners: Learners) -> LookingAhead:
    """Log so many sessions of the behaviour policy, train, choose and test.

    Args:
        task: the shop.
        episodes: of the log; a fifth of them, the last, is the test side.
        seed: of the trainings; the log's is one more.
        learners: see `Learners`.
    """
    train, test = task.log(episodes, seed=seed + 1).split()
    training_part, validation = hold_out(train, VALIDATION)
    assert validation is not None, "a share is held out"
    floor: dict[str, Policy] = {name: policies.make(name, train) for name in FLOOR}
    ahead: dict[str, QFunction] = {}
    short_sighted: dict[str, QFunction] = {}
    if learners == "linear":
        q = LinearQ(training_part)
        ahead |= {"iteration": q.iteration(), "sarsa": q.sarsa(), "returns": q.returns()}
        short_sighted["reward"] = q.reward()
    else:
        for name in NETWORKS:
            ahead |= _checkpoints(name, name, {}, train, seed)
        for name, (algorithm, config) in SHORT_SIGHTED.items():
            short_sighted |= _checkpoints(name, algorithm, config, train, seed)
        floor["mode"] = _fitted("mode", {}, train, seed).policy("greedy")
    return looking_ahead(ahead, short_sighted, floor, validation, test, LoggedBase(task.behaviour))


def _checkpoints(
    name: str, algorithm: str, config: Mapping[str, float], train: TransitionDataset, seed: int
) -> dict[str, QFunction]:
    """Scores of the last checkpoint and, where it is another, of the best."""
    run = _fitted(algorithm, config, train, seed)
    scores = {name: scores_of(run)}
    if run.best_step not in (None, run.steps_used):
        scores[f"{name}/best"] = scores_of(run, "best")
    return scores


def _fitted(algorithm: str, config: Mapping[str, float], train: TransitionDataset, seed: int) -> training.Run:
    return training.fit(
        train, algorithm, loop="lean", steps=STEPS, seed=seed, device="cpu", config=dict(config), validation=VALIDATION
    )


def row_of(task: str, shop: int, episodes: int, found: LookingAhead) -> dict[str, Any]:
    """What a table keeps of an answer."""
    closest = found.closest
    row: dict[str, Any] = {"task": task, "shop": shop, "episodes": episodes, "answer": found.answer}
    row |= {"contender": "", "divergence": "", "behaviour": found.front.behaviour, "opponents": len(found.gains)}
    row |= dict.fromkeys(("opponent", "verdict", "gain", "p", "detectable", "largest_p", "weak", "unreliable"), "")
    if found.step is not None:
        row |= {"contender": found.step.contender, "divergence": found.step.divergence}
    if closest is not None:
        verdicts = [gain.estimate.verdict for gain in found.gains]
        row |= {"opponent": closest.opponent, "verdict": closest.estimate.verdict, "gain": closest.estimate.value}
        row |= {"p": closest.p, "detectable": closest.detectable, "largest_p": max(gain.p for gain in found.gains)}
        row |= {name: verdicts.count(name) for name in ("weak", "unreliable")}
    return row
