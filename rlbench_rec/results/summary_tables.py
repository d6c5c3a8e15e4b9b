"""All that sums up a board over tasks and replicates, as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from .across_tasks import across_tasks
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
from .scores import Policy, scores_of, truths
from .summary import Board, pairwise_table, profiles_table, summary_table
from .useful import YES, useful_table, usefulness
from .variance import variance_table
from .write import write_table

if TYPE_CHECKING:
    from ..figures import Format


@dataclass(frozen=True)
class SummaryTables:
    """What sums up a board; empty frames where nothing could be normalised.

    Attributes:
        normalised, useful, summary, pairwise, profiles: rows of the tables of these names.
    """

    normalised: pd.DataFrame
    useful: pd.DataFrame
    summary: pd.DataFrame
    pairwise: pd.DataFrame
    profiles: pd.DataFrame

    def draw(self, plots: Path, format: Format = "png") -> list[Path]:
        """The pictures of normalised values, interquartile means and profiles.

        Args:
            plots: an existing folder.
            format: of the files.

        Raises:
            OutputError: a file cannot be written.
        """
        if not len(self.summary):
            return []
        normalised, summary, profiles = (plots / f"{name}.{format}" for name in ("normalised", "summary", "profiles"))
        plot_normalised(self.normalised, normalised, format)
        plot_summary(self.summary, summary, format)
        plot_profiles(self.profiles, self.summary, profiles, format)
        return [normalised, summary, profiles]


def summary_tables(runs: pd.DataFrame, *, confidence: float = 0.95) -> SummaryTables:
    """All that sums up a board.

    Args:
        runs: rows of runs.csv.
        confidence: level of the intervals.
    """
    values = truths(runs[runs["metric"] == NORMALISED_METRIC])
    against = useful_table(values)
    board = Board(scores_of(runs), confidence=confidence)
    summary = summary_table(board, _useful_in(values, against))
    normalised = normalised_table(runs, confidence=confidence)
    return SummaryTables(normalised, against, summary, pairwise_table(board), profiles_table(board))


def write_summary_tables(runs: pd.DataFrame, folder: Path, plots: Path, *, confidence: float = 0.95) -> None:
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
    tables = summary_tables(runs, confidence=confidence)
    write_table(tables.normalised, NORMALISED, folder / "normalised.csv")
    write_table(tables.useful, USEFUL, folder / "useful.csv")
    write_table(tables.summary, SUMMARY, folder / "summary.csv")
    write_table(tables.pairwise, PAIRWISE, folder / "pairwise.csv")
    write_table(tables.profiles, PROFILES, folder / "profiles.csv")
    tables.draw(plots)


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
    names = ["task", "algorithm", "variant"]
    answers = usefulness(against)
    asked = pd.DataFrame([(*policy, answer == YES) for policy, answer in answers.items()], columns=[*names, "useful"])
    # Named with all rows of the board, those of tasks where nothing was asked too.
    by_policy = across_tasks(values[names].drop_duplicates().merge(asked, how="left")).dropna(subset="useful")
    counts = by_policy.groupby(["algorithm", "variant"])["useful"].sum().reset_index()
    return {(str(algorithm), str(variant)): int(count) for algorithm, variant, count in counts.to_numpy()}
