"""ranking.csv: how well users' own choices are predicted, and how well that can be done at best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .read import read_table
from .schema import RANKING, RANKING_KEYS

if TYPE_CHECKING:
    import pandas as pd

TABLE = "ranking.csv"


def load_ranking(path: str | Path) -> pd.DataFrame:
    """ranking.csv of a run, or the run's folder, validated; see `read_table`."""
    path = Path(path)
    return read_table(path / TABLE if path.is_dir() else path, RANKING, RANKING_KEYS)


def ceiling_of(table: pd.DataFrame, dataset: str, metric: str) -> float | None:
    """The best that a list can reach for the next item of a log, as not all items can be recommended; None where the
    table does not say.

    Args:
        table: `load_ranking`.
        dataset: as in runs.csv.
        metric: `NDCG@10`, say.
    """
    wanted = {"dataset": dataset, "metric": metric, "target": "next", "steps": "all"}
    wanted |= {"vocabulary": "all", "list": "full"}
    rows = table[(table[list(wanted)] == list(wanted.values())).all(axis=1)]
    return float(rows["ceiling"].iloc[0]) if len(rows) else None
