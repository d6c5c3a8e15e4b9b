"""All that sums up a board over tasks and replicates, as files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from .normalised import normalised_table
from .plots.normalised_scale import plot_normalised
from .plots.summary import plot_profiles, plot_summary
from .row_names import NORMALISED_METRIC
from .schema import (
    NORMALISED,
    PAIRWISE,
    PROFILES,
    SUMMARY,
    USEFUL,
    VARIANCE,
)
from .scores import Policy, policy_kinds, scores_of, truths
from .summary import Board, pairwise_table, profiles_table, summary_table
from .useful import YES, useful_table, usefulness
from .variance import variance_table
from .write import write_table


def write_board_tables(runs: pd.DataFrame, folder: Path, plots: Path, *, confidence: float = 0.95) -> None:
    """normalised.csv, useful.csv, summary.csv, pairwise.csv and profiles.csv with their pictures; empty tables where
    nothing could be normalised.

    Args:
        runs: rows of runs.csv.
        folder: where tables go.
        plots: where pictures go.
        confidence: level of the intervals.

    Raises:
        OutputError: a file cannot be written.
    """
    table = normalised_table(runs, confidence=confidence)
    values = truths(runs[runs["metric"] == NORMALISED_METRIC])
    against = useful_table(values)
    board = Board(scores_of(runs), confidence=confidence)
    summary, profiles = summary_table(board, _useful_in(values, against)), profiles_table(board)
    write_table(table, NORMALISED, folder / "normalised.csv")
    write_table(against, USEFUL, folder / "useful.csv")
    write_table(summary, SUMMARY, folder / "summary.csv")
    write_table(pairwise_table(board), PAIRWISE, folder / "pairwise.csv")
    write_table(profiles, PROFILES, folder / "profiles.csv")
    if len(summary):
        plot_normalised(table, plots / "normalised.png")
        plot_summary(summary, plots / "summary.png")
        plot_profiles(profiles, summary, plots / "profiles.png")


def write_variance(runs: pd.DataFrame, folder: Path) -> None:
    """variance.csv, where shops have several logs.

    Args:
        runs: rows of runs.csv.
        folder: where it goes.

    Raises:
        OutputError: the file cannot be written.
    """
    if (runs["log"] > 0).any():
        write_table(variance_table(runs), VARIANCE, folder / "variance.csv")


def _useful_in(values: pd.DataFrame, against: pd.DataFrame) -> dict[Policy, int]:
    """Policy, as in summary.csv -> tasks in which it is useful."""
    answers = usefulness(against)
    kinds = policy_kinds(values)
    names = zip(values["task"], values["algorithm"], values["variant"], strict=True)
    kind_of = dict(zip(names, kinds, strict=True))
    counts: Counter[Policy] = Counter()
    for (task, algorithm, variant), answer in answers.items():
        counts[(algorithm, str(kind_of[(task, algorithm, variant)]))] += answer == YES
    return dict(counts)
