"""Rows of `cells` with bootstrap limits in place of normal ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from . import bootstrap, cells, rules, store
from .settings import Setting


def rows(
    folder: Path, settings: list[Setting], logs: int, resamples: int
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """The first `logs` logs of each setting for which it is quick, its cells, and which of them the rule trusts."""
    of_rows, of_cells, first = [], [], 0
    for setting in filter(bootstrap.possible, settings):
        table = pd.read_parquet(store.path_of(folder, "show", setting))
        limits = resampled(setting, len(table), logs, resamples)
        found, kinds = cells.of([setting], {setting.name: table.head(logs)})
        labels = kinds["estimator"].to_numpy()[found["cell"]]
        found = found[np.isin(labels, list(limits))].copy()
        pairs = np.concatenate([limits[label] for label in kinds["estimator"] if label in limits])
        found["miss"] = (found["truth"] < pairs[:, 0]) | (found["truth"] > pairs[:, 1])
        found["cell"] += first
        first += len(kinds)
        of_rows.append(found)
        of_cells.append(kinds)
    whole, kinds = pd.concat(of_rows, ignore_index=True), pd.concat(of_cells, ignore_index=True)
    used, place = np.unique(whole["cell"], return_inverse=True)
    whole["cell"] = place
    return whole, kinds.iloc[used].reset_index(drop=True), rules.balanced(whole)


def resampled(setting: Setting, stored: int, logs: int, resamples: int) -> dict[str, np.ndarray]:
    """For each estimator and lift: (logs, 2) limits of the first of the stored logs."""
    found: dict[str, list[np.ndarray]] = {}
    done = 0
    for chunk in store.chunks(setting, stored):
        take = min(chunk.logs, logs - done)
        for label, pairs in bootstrap.limits(chunk, take, resamples, setting.seed + done).items():
            found.setdefault(label, []).append(pairs)
        done += take
        if done == logs:
            break
    return {label: np.concatenate(pairs) for label, pairs in found.items()}
