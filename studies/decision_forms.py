"""What a decision is: a choice log as credited views and clicks, and with every event a step.

    python studies/decision_forms.py taobao=FOLDER diginetica=FOLDER rees46=FOLDER retailrocket=FOLDER

Prints the tables of docs/mdp.md: the size of each form, and how DQN, BC and popularity rank and are valued on it. A
script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse

import numpy as np

from rlbench_rec import events, mdp, training
from rlbench_rec.evaluation.bridge import evaluate
from rlbench_rec.evaluation.next_item import imitation_metrics
from rlbench_rec.policies import Policy, popularity

FORMS = {"credited": None, "every event": "every-event"}
SIZE = "| data set | form | steps | sessions | reward per session | actions seen in training | reward not credited |"
RANKS = "| data set | form | policy | HR@10 | HR@10-new | value (not-identified) |"


def size(name: str, form: str, data: mdp.TransitionDataset) -> str:
    """A row of the first table."""
    described = data.describe()
    lost = described.get("uncredited_reward") or 0.0
    share = float(lost) / (float(lost) + float(data.rewards.sum(dtype=np.float64)))
    cells = [name, form, f"{len(data):,}", f"{data.n_episodes:,}", f"{described['mean_undiscounted_return']:.3f}"]
    cells += [f"{described['action_coverage']:.3f}", f"{share:.1%}"]
    return f"| {' | '.join(cells)} |"


def ranks(name: str, form: str, data: mdp.TransitionDataset, seeds: int, steps: int) -> list[str]:
    """Rows of the second table: means over seeds, with the spread of the seeds."""
    train, test = data.split()
    figures: dict[str, list[tuple[float, float, float]]] = {}
    for seed in range(seeds):
        batch = min(256, len(train) // 2)
        runs = {id: training.fit(train, id, steps=steps, batch_size=batch, seed=seed) for id in ("bc", "dqn")}
        policies: dict[str, Policy] = {
            "popularity": popularity(train),
            "bc": runs["bc"].policy("stochastic"),
            "dqn softmax-0.1": runs["dqn"].policy("softmax", tau=0.1),
        }
        for policy, made in policies.items():
            hits = {metric.metric: metric.value for metric in imitation_metrics(test, made, n_resamples=1)}
            (estimate,) = evaluate(test, made, ["snips"], behaviour=runs["bc"].clone(), n_resamples=19)
            figures.setdefault(policy, []).append((hits["HR@10"], hits["HR@10-new"], estimate.value))
    rows = []
    for policy, several in figures.items():
        means, spreads = np.mean(several, axis=0), np.std(several, axis=0)
        cells = [f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(means, spreads, strict=True)]
        rows.append(f"| {' | '.join([name, form, policy, *cells])} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logs", nargs="+", metavar="CARD=FOLDER")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--top-k", type=int, default=500)
    arguments = parser.parse_args()
    sizes, ranking = [SIZE, "|---|---|" + "---:|" * 5], [RANKS, "|---|---|---|" + "---:|" * 3]
    for named in arguments.logs:
        name, _, folder = named.partition("=")
        log = events.load(name, folder or None)
        for form, decisions in FORMS.items():
            data = mdp.build(log, mdp.MDPConfig(decisions=decisions, top_k=arguments.top_k))
            sizes.append(size(name, form, data))
            ranking += ranks(name, form, data, arguments.seeds, arguments.steps)
    print("\n".join([*sizes, "", *ranking]))


if __name__ == "__main__":
    main()
