"""What do users' own choices let a policy predict: how much does the vocabulary allow, and what do baselines reach?

    python -m studies.choice_ceiling taobao=FOLDER

Prints, for each data set and number of items with an action of their own, the ceiling and NDCG@10 of baselines: with
steps outside the vocabulary as misses, without these steps, and with items already seen taken out of the list.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence

from rlbench_rec import events, mdp, policies
from rlbench_rec.errors import DataWarning
from rlbench_rec.evaluation import RankingReport, ranking_report
from rlbench_rec.mdp.dataset import TransitionDataset

TOP_K = (500, 5_000, 1_000_000)
BASELINES = ("popularity", "markov", "repeat", "item-knn", "vsknn")
HEADER = "| data set | actions | test steps | policy | NDCG@10 | interval | of known steps | nothing seen | ceiling |"


def reports(data: TransitionDataset, baselines: Sequence[str], n_resamples: int = 1_000) -> dict[str, RankingReport]:
    """Baseline -> its report on the test side."""
    train, test = data.split()
    return {
        name: ranking_report(test, policies.make(name, train), train=train, n_resamples=n_resamples)
        for name in baselines
    }


def line(name: str, actions: int, policy: str, report: RankingReport) -> str:
    """A row of the table."""
    shown = report.row("NDCG@10")
    others = (report.row("NDCG@10", vocabulary="known").value, report.row("NDCG@10", list="unseen").value)
    cells = [name, f"{actions:,}", f"{shown.n_steps:,}", policy, f"{shown.value:.4f}"]
    cells += [f"{shown.ci_low:.4f} to {shown.ci_high:.4f}", *(f"{value:.3f}" for value in others)]
    return f"| {' | '.join(cells)} | {report.ceiling:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("logs", nargs="+", metavar="CARD=FOLDER")
    parser.add_argument("--top-k", type=int, nargs="+", default=TOP_K)
    args = parser.parse_args()
    warnings.simplefilter("ignore", DataWarning)
    print(HEADER, "|---|---:|---:|---|---:|---|---:|---:|---:|", sep="\n")
    for card, _, folder in (log.partition("=") for log in args.logs):
        log, done = events.load(card, folder), set()
        for top_k in args.top_k:
            data = mdp.build(log, mdp.MDPConfig(top_k=top_k))
            actions = data.action_count - (data.other_action is not None)
            if actions in done:
                # The log has no more.
                continue
            done.add(actions)
            for policy, report in reports(data, BASELINES).items():
                print(line(card, actions, policy, report), flush=True)


if __name__ == "__main__":
    main()
