"""How the normaliser of a tilt of what is in service must be fitted for lifts to be covered.

    OMP_NUM_THREADS=1 python -m studies.service_weights --seeds 30 40

In each judge shop a model of the behaviour policy and two Q functions are learnt on 10,000 sessions. Tilts of three
sizes are then scored on further logs of 2,000 sessions each, with weights of several makes; true lifts are those of
paired rollouts. Shops that are in the table already are left alone, so that a run may be stopped. These shops chose how
the normaliser is fitted; others must show what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from rlbench_rec import ope, tasks, training
from rlbench_rec.evaluation.bridge import log_of, weights_log_of
from rlbench_rec.frontier.normaliser import calibrated, prefix_factors
from rlbench_rec.frontier.normaliser_features import StateFeatures
from rlbench_rec.frontier.service_base import FIRST_FEATURES, ServiceOnLog
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.ope.analysis.simultaneous_lifts import lift_on_log
from rlbench_rec.policies import Policy, Tilted
from rlbench_rec.policies.tilts import Tilts
from rlbench_rec.tasks import Task
from rlbench_rec.tasks.rollout import USERS
from rlbench_rec.tasks.true_values import returns

from .frontier.each_shop import measured

LEARNERS = ("dqn", "sarsa")
DIVERGENCES = (0.15, 0.5, 1.2)
EPISODES, LOGS, BATCHES = 2_000, 3, 6
NO_BINS = ope.inference.Inference(gate=ope.Gate(trusted_bins_p=0.0))
"""What the bins of the fit say stands in a column of its own."""


def logs_of(
    data: TransitionDataset, ratios: np.ndarray, guess: np.ndarray, features: StateFeatures
) -> Iterator[tuple[str, ope.EvaluationLog]]:
    """The log by the make of its weights.

    Args:
        data: the log.
        ratios: (n,) the model's.
        guess: (n,) its log Z.
        features: those of the log.
    """
    starts, ones, bins = data.episode_starts, np.ones(len(data)), features.bins(guess)
    few, all_of_them = features.of(guess, FIRST_FEATURES), features.of(guess)
    first = calibrated(ratios, few, ones, starts)
    factors = prefix_factors(first.ratios, starts)
    yield (
        "model alone",
        ope.EvaluationLog.from_weights(
            data.rewards.astype(np.float64), ratios, exact=True, episode_starts=starts, gamma=data.gamma
        ),
    )
    fits = {
        "few features": (few, first),
        "states, rows alike": (all_of_them, calibrated(ratios, all_of_them, ones, starts)),
        "states, rows by weight": (all_of_them, calibrated(ratios, all_of_them, factors, starts)),
    }
    for name, (columns, fit) in fits.items():
        tables = {"ratio_gradients": columns, "nuisance_influence": fit.influence, "weight_bins": bins}
        yield name, weights_log_of(data, fit.ratios, **tables)


def answer(log: ope.EvaluationLog, value: float = 1.0) -> dict:
    """What a log says of the lift, over the behaviour policy's value."""
    on_log = lift_on_log(log, inference=NO_BINS)
    estimate = on_log.estimate
    return {
        "lift": estimate.value / value,
        "std_error": estimate.std_error / abs(value),
        "verdict": estimate.verdict,
        "bins_p": ope.diagnose(log).bins_p,
    }


def measure(task_id: str, seed: int, logs: int = LOGS, episodes: int = EPISODES, steps: int = 2_000) -> Iterator[dict]:
    """The rows of one shop."""
    task = tasks.make(task_id, seed, variant="judge")
    train, _ = task.log(5 * episodes, seed=seed + 1).split()
    options = {"steps": steps, "seed": 0, "validation": 0.25, "loop": "lean", "device": "cpu"}
    model = training.fit(train, "bc", **options).clone()
    scores = {name: training.fit(train, name, **options).policy("tilted", temperature=1.0).q for name in LEARNERS}
    served = [_played(task, task.behaviour, batch) for batch in range(BATCHES)]
    value = float(np.mean(served))
    for name, q in scores.items():
        states = train.states()
        tilts = Tilts(q(states), task.behaviour.probabilities(states), len(train) / train.n_episodes)
        for divergence in DIVERGENCES:
            temperature = tilts.temperature(divergence)
            policy = Tilted(q, task.action_count, temperature, task.behaviour)
            apart = np.concatenate([_played(task, policy, batch) - served[batch] for batch in range(BATCHES)])
            true = {"true_lift": apart.mean() / value, "true_error": apart.std() / np.sqrt(len(apart)) / abs(value)}
            for number in range(logs):
                data = task.log(episodes, seed=50_000 + 100 * seed + number)
                for make, log in _all_logs(data, policy, model, temperature):
                    of_case = {"log": number, "learner": name, "nats": divergence, "weights": make}
                    yield {"task": task_id, "shop": seed} | of_case | true | answer(log, value)


def _all_logs(
    data: TransitionDataset, policy: Tilted, model: Policy, temperature: float
) -> Iterator[tuple[str, ope.EvaluationLog]]:
    assert data.propensities is not None, "logs of shops have propensities"
    states = data.states()
    yield "exact base", log_of(data, data.propensities, policy.probability_of(states, data.actions))
    on_log = ServiceOnLog(data, model.probabilities(states))
    yield from logs_of(data, *on_log.scored(policy.scores(states)).guess(temperature), on_log.features)


def _played(task: Task, policy: Policy, batch: int) -> np.ndarray:
    return returns(task, policy, USERS, 1_000_003, batch, task.gamma)[:, 0]


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """By the make of the weights: how many lifts are trusted, and how many of these hold the truth."""
    trusted = rows[rows.verdict == "trusted"]
    error = np.hypot(trusted.std_error, trusted.true_error)
    apart = (trusted.lift - trusted.true_lift) / error
    covered = trusted.assign(covered=apart.abs() <= 1.96, bias=apart, bins=trusted.bins_p < 1e-3)
    columns = {"trusted": ("covered", "size"), "covered": ("covered", "mean"), "bias": ("bias", "mean")}
    return covered.groupby("weights", sort=False).agg(**columns, bins=("bins", "mean")).round(3)


def main() -> None:
    """Measure the shops that the table lacks, and print its summary."""
    table = measured(__doc__.splitlines()[0], [30, 40], "results/studies/service_weights.csv", measure)
    print(summary(table).to_string())


if __name__ == "__main__":
    main()
