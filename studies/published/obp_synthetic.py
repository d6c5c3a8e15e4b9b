"""Open Bandit Pipeline's synthetic example, with a generator of our own: how far estimators are from the truth.

The example of the pipeline's README (examples/synthetic): 10,000 rounds, 30 actions, five context features, 20 runs.
What a run is, by the names of that code, is in `relative_errors`.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from rlbench_rec import ope

ROUNDS, ACTIONS, FEATURES = 10_000, 30, 5
COLDNESS = -3.0
"""The README's `beta`: below 0, so the behaviour policy prefers what pays less."""
ESTIMATORS = ("dm", "ips", "snips", "dr", "sndr")
RUNS = 20
FOLDS = 3


def relative_errors(seed: int, *, rounds: int = ROUNDS, actions: int = ACTIONS) -> dict[str, float]:
    """One run: |estimate - truth| / truth of each estimator.

    - contexts x are N(0, 1); the click rate is q(x, a) = sigmoid(z), z the standardised (over the rows and actions of a
      log) x'c + b_a + (1, x)'M_a with all coefficients U(-1, 1), drawn once a run;
    - the behaviour policy is softmax(-3 q(x, .));
    - the target policy is fitted on another log of the same shop: softmax of the class probabilities of a logistic
      regression of the logged action on x, with weights reward / propensity;
    - dm and its kin take a logistic regression of the reward on (x, one-hot action), cross-fitted in three folds;
    - the truth is the mean over the test contexts of sum_a pi(a|x) q(x, a).

    Args:
        seed: of the shop, both logs and the folds.
        rounds, actions: size of the problem.
    """
    rng = np.random.default_rng([90_210, seed])
    shop = _shop(rng, actions)
    train_x, _, train_actions, train_rewards, train_p = _log(shop, rng, rounds)
    x, q, chosen, rewards, behaviour = _log(shop, rng, rounds)
    weights = train_rewards / train_p[np.arange(rounds), train_actions]
    learner = LogisticRegression(C=100, max_iter=10_000).fit(train_x, train_actions, sample_weight=weights)
    scores = np.zeros((rounds, actions))
    scores[:, learner.classes_] = learner.predict_proba(x)
    target = softmax(scores, axis=1)
    log = ope.EvaluationLog.from_arrays(
        chosen,
        rewards,
        behaviour[np.arange(rounds), chosen],
        target,
        q_hat=_reward_model(x, chosen, rewards, actions, seed),
        behaviour_policy=behaviour,
    )
    truth = float((target * q).sum(axis=1).mean())
    return {e.estimator: abs(e.value - truth) / truth for e in ope.estimate_all(log, list(ESTIMATORS))}


def _shop(rng: np.random.Generator, actions: int) -> tuple[np.ndarray, ...]:
    """Coefficients of the context, of the actions, and of both together; a constant goes before the features."""
    features, columns = FEATURES + 1, actions + 1
    return rng.uniform(-1, 1, features), rng.uniform(-1, 1, columns), rng.uniform(-1, 1, (features, columns))


def _log(shop: tuple[np.ndarray, ...], rng: np.random.Generator, rounds: int) -> tuple[np.ndarray, ...]:
    """Contexts, click rates, actions, rewards and the behaviour policy."""
    of_context, of_action, of_both = shop
    x = rng.normal(size=(rounds, FEATURES))
    with_constant = np.column_stack([np.ones(rounds), x])
    # (1, one-hot): the constant's coefficient beside each action's own.
    one_hot = np.column_stack([np.ones(len(of_action) - 1), np.eye(len(of_action) - 1)])
    logits = (with_constant @ of_context)[:, None] + one_hot @ of_action + with_constant @ of_both @ one_hot.T
    q = expit((logits - logits.mean()) / logits.std())
    behaviour = softmax(COLDNESS * q, axis=1)
    actions = (behaviour.cumsum(axis=1) < rng.random((rounds, 1))).sum(axis=1).clip(max=q.shape[1] - 1)
    rewards = (rng.random(rounds) < q[np.arange(rounds), actions]).astype(float)
    return x, q, actions, rewards, behaviour


def _reward_model(x: np.ndarray, chosen: np.ndarray, rewards: np.ndarray, actions: int, seed: int) -> np.ndarray:
    """(rounds, actions) click rates of a logistic regression that saw other folds alone."""
    eye, model_q = np.eye(actions), np.zeros((len(x), actions))
    for learn, score in KFold(FOLDS, shuffle=True, random_state=seed).split(x):
        model = LogisticRegression(C=100, max_iter=10_000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=RuntimeWarning)
            model.fit(np.column_stack([x[learn], eye[chosen[learn]]]), rewards[learn])
        for action in range(actions):
            columns = np.column_stack([x[score], np.broadcast_to(eye[action], (len(score), actions))])
            model_q[score, action] = model.predict_proba(columns)[:, 1]
    return model_q


def ours(runs: int = RUNS) -> dict[str, tuple[float, float]]:
    """Estimator -> mean relative error over runs, and its standard error."""
    errors = [relative_errors(seed) for seed in range(runs)]
    columns = {name: np.array([run[name] for run in errors]) for name in ESTIMATORS}
    return {name: (float(v.mean()), float(v.std(ddof=1) / np.sqrt(runs))) for name, v in columns.items()}
