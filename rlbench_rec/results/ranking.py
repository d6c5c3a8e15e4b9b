"""ranking.csv: how well users' own choices are predicted, and how well that can be done at best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from .read import read_table
from .schema import RANKING, RANKING_KEYS

if TYPE_CHECKING:
    import pandas as pd

TABLE = "ranking.csv"


def load_ranking(path: str | Path) -> pd.DataFrame:
    """ranking.csv of a run, or the run's folder, validated; see `read_table`."""
    path = path_of(path, "path")
    return read_table(path / TABLE if path.is_dir() else path, RANKING, RANKING_KEYS)


def next_item(table: pd.DataFrame, dataset: str, metric: str, vocabulary: str = "all") -> pd.DataFrame:
    """Columns `value` and `ceiling` of the next item over all steps and the full list, means over seeds, by algorithm
    and variant; empty where the table has none.

    Args:
        table: `load_ranking`.
        dataset: as in runs.csv.
        metric: `NDCG@10`, say.
        vocabulary: `all` or `known`.
    """
    wanted = {"dataset": dataset, "metric": metric, "target": "next", "steps": "all"}
    wanted |= {"vocabulary": vocabulary, "list": "full"}
    rows = table[(table[list(wanted)] == list(wanted.values())).all(axis=1)]
    return rows.groupby(["algorithm", "variant"])[["value", "ceiling"]].mean()
