"""Ranking metrics of one policy where users chose the items themselves: rows of runs.csv and of ranking.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....evaluation.report import ranking_report
from ....mdp.provenance import NOT_IDENTIFIED
from ....results.leaderboard import RANKED
from ....results.schema import RANKING
from ...plan import JobResult, Row
from ...sources import Loaded
from .jobs import TrainingJob
from .rows import Contender, row_of

if TYPE_CHECKING:
    from ....evaluation.report import RankingReport

ON_BOARD = ("HR", "NDCG")
"""Metrics that the leaderboard shows, at one length, over all steps and (`-new`) over those whose item is new."""
IMITATION = {"identification": "imitation"}


def add_ranking(job: TrainingJob, loaded: Loaded, contender: Contender, result: JobResult, training: Row) -> None:
    """Rank the test side by a policy; nothing where the log is not of users' own choices.

    Args:
        job: whose policy.
        loaded: its source.
        contender: the policy.
        result: takes the rows.
        training: what rows say of the policy's training.
    """
    if loaded.identification != NOT_IDENTIFIED:
        return
    assert contender.policy is not None, "such a log has no base"
    report = ranking_report(
        loaded.test,
        contender.policy,
        train=loaded.train,
        seed=job.seed,
        n_resamples=job.suite.n_resamples,
        confidence=job.suite.confidence,
    )
    result.rows += [row | training for row in _board_rows(job, loaded, contender, report)]
    subject = contender.subject
    names: Row = {"run_id": job.run_id, "dataset": job.place, "seed": job.seed}
    names |= {"algorithm": subject.algorithm, "variant": subject.variant}
    for figure in report.rows:
        cells = {name: getattr(figure, name) for name in RANKING if hasattr(figure, name)}
        result.ranking.append(names | cells | (IMITATION if figure.target else {"identification": ""}))


def _board_rows(job: TrainingJob, loaded: Loaded, contender: Contender, report: RankingReport) -> list[Row]:
    rows, k = [], job.suite.ranking_top_k
    for steps, suffix in (("all", ""), ("new", "-new")):
        for name in ON_BOARD:
            figure = report.row(f"{name}@{k}", steps=steps)
            cells = {cell: getattr(figure, cell) for cell in ("value", "ci_low", "ci_high", "n_episodes", "verdict")}
            rows.append(row_of(job, loaded, contender.subject, f"{name}@{k}{suffix}", RANKED) | cells | IMITATION)
    return rows
