"""Figures of simulated logs on disk, one Parquet file a setting; what is there is not made again."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from .figures import figures
from .settings import Setting
from .simulate import Rows, simulate

CHUNK_ROWS = 1_500_000


def path_of(folder: Path, family: str, setting: Setting) -> Path:
    return folder / family / f"{setting.seed}-{re.sub('[^a-z0-9.]+', '-', setting.name.lower())}.parquet"


def fill(folder: Path, family: str, settings: list[Setting], logs: int) -> None:
    """Simulate the settings that have no file of so many logs."""
    (folder / family).mkdir(parents=True, exist_ok=True)
    for setting in settings:
        path = path_of(folder, family, setting)
        if path.exists() and len(pd.read_parquet(path, columns=["n"])) == logs:
            continue
        began = time.perf_counter()
        table = measured(setting, logs)
        part = path.with_suffix(".part")
        table.to_parquet(part)
        part.replace(path)
        print(f"{setting.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def chunks(setting: Setting, logs: int) -> Iterator[Rows]:
    """The logs of a setting, always the same ones, some hundred at a time."""
    flat = setting.steps == 1 and not setting.dense and (setting.sticky or not setting.users)
    rows = sum(setting.users) if setting.users and setting.steps == 1 else setting.rows * setting.steps
    chunk = 1_000 if flat else max(1, CHUNK_ROWS // rows)
    for first in range(0, logs, chunk):
        yield simulate(setting, min(chunk, logs - first), first)


def measured(setting: Setting, logs: int) -> pd.DataFrame:
    """A row for each log."""
    parts = [pd.DataFrame(figures(setting, rows)) for rows in chunks(setting, logs)]
    limits = setting.reward_range or (np.nan, np.nan)
    return pd.concat(parts, ignore_index=True).assign(range_low=limits[0], range_high=limits[1])


def load(folder: Path, family: str, settings: list[Setting]) -> dict[str, pd.DataFrame]:
    """Tables by the settings' names."""
    return {one.name: pd.read_parquet(path_of(folder, family, one)) for one in settings}
