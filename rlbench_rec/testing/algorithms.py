"""What every registered algorithm must do, with any encoder and loop: `check_algorithm("dqn")`.

The toy shop is small enough to be solved by hand and long enough that greed loses.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..mdp.dataset import TransitionDataset
from ..policies import Uniform, on_log, probability_on_log, scores_on_log
from ..training import ALGORITHMS, Run, fit, load
from ..training.trainer import create
from .contract import Check, require

GAMMA = 0.9
OPTIMAL = np.array([1, 2, 0])
"""The best action in the states start, browsing, cart."""
REWARDS = ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (3.0, 0.0, 1.0))
NEXT = ((-1, 1, -1), (-1, -1, 2), (-1, -1, -1))
"""The state that follows, -1 for the end."""
SLOW_LEARNERS: dict[str, dict[str, float]] = {
    "iql": {"learning_rate": 5e-3, "expectile": 0.9},
    "nfq": {"learning_rate": 5e-3},
    "sac": {"learning_rate": 1e-3, "temperature": 1.0},
}
"""NFQ's target moves with every step; an actor that learns fast gives up on what its critics do not value yet; at an
expectile of 0.7 showing around is worth 1.01, and selling at once 1."""


def toy_shop(episodes: int = 600, seed: int = 0, history: int = 0) -> TransitionDataset:
    """A shop of three states and three actions whose behaviour policy is uniform; states are one-hot.

    | state | action 0 | action 1 | action 2 |
    |---|---|---|---|
    | start | sell now: reward 1, the end | show around: to browsing | the end |
    | browsing | sell now: reward 1, the end | the end | offer: to cart |
    | cart | check out: reward 3, the end | the end | reward 1, the end |

    With gamma = 0.9 the best values are 2.43, 2.7 and 3 (`OPTIMAL`); with gamma = 0 selling at once looks best.

    Args:
        episodes: how many sessions.
        seed: of the behaviour policy's draws.
        history: how many past rows a state shows beside its one-hot context.
    """
    rng = np.random.default_rng(seed)
    states: list[int] = []
    actions: list[int] = []
    rewards: list[float] = []
    starts: list[int] = []
    for _ in range(episodes):
        starts.append(len(states))
        state = 0
        while state >= 0:
            action = int(rng.integers(3))
            states.append(state)
            actions.append(action)
            rewards.append(REWARDS[state][action])
            state = NEXT[state][action]
    n = len(states)
    return TransitionDataset(
        observations=np.eye(3, dtype=np.float32)[states],
        actions=np.array(actions),
        rewards=np.array(rewards, dtype=np.float32),
        episode_starts=np.array(starts),
        action_count=3,
        gamma=GAMMA,
        items=(np.array(actions) + 1).astype(np.int32),
        events=np.ones(n, dtype=np.int8),
        gaps=np.ones(n, dtype=np.float32),
        history=history,
        item_count=3,
        event_count=1,
        propensities=np.full(n, 1 / 3),
        train_episodes=episodes,
    )


def check_algorithm(
    algorithm: str,
    *,
    encoder: str | None = None,
    loop: str = "tensor",
    history: int = 2,
    steps: int | None = None,
    config: Mapping[str, object] | None = None,
) -> None:
    """Assert the contract: it learns the toy shop, repeats itself, and offers sound policies.

    An algorithm with a field `gamma` must find the optimal policy, and the greedy one at gamma = 0. One without it must
    find the greedy policy; if it offers the form `stochastic`, or `greedy` alone, it clones, and must be close, over
    the states of the log, to the uniform behaviour policy. One that `learns` the reward of a decision must find the
    greedy policy. One whose config says that it `learns` the value of the behaviour policy must come
    within 0.15 of that, and take what is best by it; one that learns the value of the best policy must clone; a better
    policy must be worth more than the log's.

    Args:
        algorithm, loop: registered ids.
        encoder: a registered id; None: the algorithm's own.
        history: see `toy_shop`.
        steps: gradient steps in which it has to learn the shop; None: 200, of one that learns the behaviour policy's
            value, or of a slow learner of this package, 400.
        config: overrides of its config meanwhile; None: a learning rate of 5e-3 (2e-3 of one that learns the behaviour
            policy's value), a target network copied every 20 steps, and what this package's slow learners need.

    Raises:
        AssertionError: what does not hold.
    """
    require(
        algorithm_checks(algorithm, encoder=encoder, loop=loop, history=history, steps=steps, config=config),
    )


def algorithm_checks(
    algorithm: str,
    *,
    encoder: str | None = None,
    loop: str = "tensor",
    history: int = 2,
    steps: int | None = None,
    config: Mapping[str, object] | None = None,
) -> list[Check]:
    """The checks of `check_algorithm`, one by one; they share one training."""
    data = toy_shop(history=history)
    where = data.observations.argmax(axis=1)
    counts = np.zeros((3, 3))
    np.add.at(counts, (where, data.actions), 1.0)
    behaviour = counts / counts.sum(axis=1, keepdims=True)
    of_the_log = action_values(behaviour)
    config_class = ALGORITHMS[algorithm]
    fields = config_class.model_fields
    # A mean of noisy targets takes larger batches and smaller steps than an order among actions.
    values = config_class.learns == "value of the behaviour policy"
    batch_size, rate = (256, 2e-3) if values else (32, 5e-3)
    train = functools.partial(fit, data, algorithm, encoder=encoder, loop=loop, batch_size=batch_size, device="cpu")
    enough = steps or (400 if values or algorithm in SLOW_LEARNERS else 200)
    fast = dict(SLOW_LEARNERS.get(algorithm, {"learning_rate": rate}) if config is None else config)
    if config is None and "target_update_interval" in fields:
        fast["target_update_interval"] = 20

    @functools.cache
    def trained(**overrides: float) -> Run:
        return train(steps=enough, config=fast | overrides)

    def optimal_values() -> None:
        best = _values(trained(), data).argmax(axis=1)
        assert np.array_equal(best, OPTIMAL[where]), f"{algorithm} did not find the optimal policy"

    def optimal() -> None:
        optimal_values()
        taken = on_log(trained().policy("greedy"), data).argmax(axis=1)
        assert np.array_equal(taken, OPTIMAL[where]), f"{algorithm}'s policy is not the optimal one"

    def behaviour_values() -> None:
        learnt = _values(trained(), data)
        furthest = max(np.abs(learnt[where == s].mean(axis=0) - of_the_log[s]).max() for s in range(3))
        assert furthest < 0.15, f"{algorithm}'s values are up to {furthest:.2f} from the behaviour policy's"

    def one_step() -> None:
        taken = on_log(trained().policy("greedy"), data).argmax(axis=1)
        improved = of_the_log.argmax(axis=1)[where]
        assert np.array_equal(taken, improved), f"{algorithm}'s policy is not the behaviour policy improved by one step"

    def better() -> None:
        matrix = on_log(trained().policy("stochastic"), data)
        policy = np.stack([matrix[where == s].mean(axis=0) for s in range(3)])
        value, logged = ((part * action_values(part))[0].sum() for part in (policy, behaviour))
        assert value > logged, f"{algorithm}'s policy is worth {value:.2f} at the start, the log's {logged:.2f}"

    def greedy(**overrides: float) -> None:
        at_the_start = _values(trained(**overrides), data)[where == 0].argmax(axis=1)
        assert (at_the_start == 0).all(), f"{algorithm} does not take what pays at once"

    def control() -> None:
        greedy(gamma=0.0)

    def cloned() -> None:
        clone = trained().policy("stochastic") if "stochastic" in config_class.forms else trained().clone()
        probabilities = on_log(clone, data)
        distance = 0.5 * np.abs(probabilities - 1 / 3).sum(axis=1).mean()
        assert distance < 0.1, f"{algorithm} is {distance:.2f} (total variation) from the behaviour policy"

    def repeated() -> None:
        first, again = (train(steps=20, seed=7) for _ in range(2))
        assert np.array_equal(_values(first, data), _values(again, data)), f"{algorithm} does not repeat itself"
        assert first.history.equals(again.history), f"{algorithm} does not repeat its learning curve"

    def saved() -> None:
        with tempfile.TemporaryDirectory() as folder:
            trained().save(Path(folder) / "run")
            again = load(Path(folder) / "run")
        same = np.array_equal(_values(trained(), data), _values(again, data))
        assert same, f"{algorithm} has other values after it is saved and read back"

    def said() -> None:
        made = create(trained().config, trained().encoder, data.layout, data.action_count, 32, "cpu")
        gives, says = made.objective is not None, config_class.gives_objective()
        assert gives == says, f"gives_objective() of {algorithm}'s config says {says}, and what it builds {gives}"

    if values:
        learns = [
            Check("values the behaviour policy", behaviour_values),
            Check("improves it by one step", one_step),
            Check("does not look ahead at gamma = 0", control),
        ]
    elif config_class.learns == "value of the best policy":
        learns = [
            Check("values the optimal policy", optimal_values),
            Check("clones the behaviour policy", cloned),
            Check("does not look ahead at gamma = 0", control),
        ]
    elif config_class.learns == "better policy":
        learns = [Check("is better than the behaviour policy", better)]
    elif config_class.learns == "reward":
        learns = [Check("takes what pays at once", greedy)]
    elif "gamma" in fields:
        learns = [Check("finds the optimal policy", optimal), Check("does not look ahead at gamma = 0", control)]
    elif "stochastic" in config_class.forms or config_class.forms == ("greedy",):
        learns = [Check("clones the behaviour policy", cloned)]
    else:
        learns = [Check("takes what pays at once", greedy)]
    return [
        Check("offers sound policies", lambda: _check_policies(trained(), data)),
        *learns,
        Check("repeats itself", repeated),
        Check("is saved and read back", saved),
        Check("says which loops can train it", said),
    ]


def action_values(policy: np.ndarray) -> np.ndarray:
    """(3, 3) Q of a policy of the toy shop, a row a state, by dynamic programming.

    Args:
        policy: (3, 3) probabilities, a row a state.
    """
    values = np.array(REWARDS)
    for state in (1, 0):
        for action, following in enumerate(NEXT[state]):
            if following >= 0:
                values[state, action] += GAMMA * policy[following] @ values[following]
    return values


def _values(run: Run, data: TransitionDataset) -> np.ndarray:
    """(n, A) Q values, or logits, in the states of the log."""
    return scores_on_log(run.q_function(), data)


def _check_policies(run: Run, data: TransitionDataset) -> None:
    rng = np.random.default_rng(0)
    actions = rng.integers(run.action_count, size=len(data))
    base = Uniform(run.action_count)
    parameters: dict[str, dict[str, Any]] = {
        "softmax": {"tau": 0.3},
        "epsilon-greedy": {"epsilon": 0.1},
        "tilted": {"temperature": 0.5, "base": base},
        "mixed": {"share": 0.2, "base": base},
        "constrained": {"share": 0.5, "base": base},
    }
    for form in run.forms:
        policy = run.policy(form, **parameters.get(form, {}))
        matrix = on_log(policy, data)
        assert matrix.shape == (len(data), run.action_count), f"{form}: shape {matrix.shape}"
        assert np.allclose(matrix.sum(axis=1), 1.0) and (matrix >= 0).all(), f"{form}: not probabilities"
        picked = matrix[np.arange(len(data)), actions]
        assert np.allclose(probability_on_log(policy, data, actions), picked), f"{form}: probability_of differs"
        assert policy.name.startswith(form), f"{form}: named {policy.name}"
