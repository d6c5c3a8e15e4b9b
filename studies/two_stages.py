"""What two stages are worth beside each of them alone. Prints a table for docs/training.md.

    python -m studies.two_stages yoochoose --data sessions --top-k 1000

A log of users' choices; the greedy policy of each contender ranks the next item of the test side among all items. The
algorithms are trained alike, among all items and among what a retriever gives.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from rlbench_rec import events, mdp, policies, training
from rlbench_rec.evaluation import imitation_metrics
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy
from rlbench_rec.training import Retrieval, TwoStageRun

BASELINES = ("markov", "item-knn", "als")
ALGORITHMS = (("gru4rec", "gru"), ("cql", "gru"))
CANDIDATES = 100


class Row(NamedTuple):
    """One contender: NDCG@10 and HR@10 over all rows, how often what came next was retrieved, and CPU seconds."""

    contender: str
    retriever: str
    ndcg: float
    hits: float
    retrieved: float
    seconds: float


def rows(train: TransitionDataset, test: TransitionDataset, retrievers: Sequence[str], steps: int) -> Iterator[Row]:
    """Baselines alone, then each algorithm among all items and among what each retriever gives."""
    for name in BASELINES:
        started = time.process_time()
        yield _row(name, "", policies.make(name, train), test, np.nan, started)
    for algorithm, encoder in ALGORITHMS:
        for name in ("", *retrievers):
            started = time.process_time()
            asked = Retrieval(name, CANDIDATES) if name else None
            run = training.fit(
                train, algorithm, encoder=encoder, loop="lean", steps=steps, device="cpu", retrieval=asked
            )
            given = np.nan
            if isinstance(run, TwoStageRun):
                given = (run.first.retriever(test.states()) == (test.actions + 1)[:, None]).any(axis=1).mean()
            yield _row(f"{algorithm} ({encoder})", name, run.policy("greedy"), test, float(given), started)


def _row(
    contender: str, retriever: str, policy: Policy, test: TransitionDataset, retrieved: float, started: float
) -> Row:
    metrics = {metric.metric: metric.value for metric in imitation_metrics(test, policy, n_resamples=100)}
    seconds = time.process_time() - started
    return Row(contender, retriever, metrics["NDCG@10"], metrics["HR@10"], retrieved, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("card")
    parser.add_argument("--data", required=True)
    parser.add_argument("--top-k", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--retrievers", nargs="+", default=["als"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    log = events.load(options.card, options.data)
    train, test = mdp.build(log, mdp.MDPConfig(top_k=options.top_k)).split()
    print(f"{len(train):,} and {len(test):,} decisions; {test.describe()['oov_share']:.3f} outside the vocabulary")
    print("| contender | candidates of | NDCG@10 | HR@10 | retrieved | CPU s |\n|---|---|---|---|---|---|")
    for row in rows(train, test, options.retrievers, options.steps):
        retrieved = "" if np.isnan(row.retrieved) else f"{row.retrieved:.3f}"
        told = (row.contender, row.retriever, f"{row.ndcg:.4f}", f"{row.hits:.4f}", retrieved, f"{row.seconds:.0f}")
        print(f"| {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
