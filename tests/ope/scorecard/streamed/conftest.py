"""Shops' logs as frames, and as folders of Parquet parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

LOGGING, TARGET = np.array([0.5, 0.3, 0.2]), np.array([0.35, 0.35, 0.3])


def shop_log(n: int = 6_000, seed: int = 0) -> pd.DataFrame:
    """Decisions of users in sessions; some of a session come before the log-in, some rows are there twice."""
    rng = np.random.default_rng(seed)
    action, users = rng.choice(3, n, p=LOGGING), rng.integers(0, n // 5, n)
    # Short: of more than ten steps a stream does not keep the skewness.
    sessions = rng.integers(0, 4, n)
    frame = pd.DataFrame(
        {
            "reward": (rng.random(n) < np.array([0.1, 0.2, 0.4])[action]) * rng.choice([1.0, 2.0], n),
            "propensity": LOGGING[action],
            "target_propensity": TARGET[action],
            "q_logged": np.array([0.15, 0.3, 0.6])[action] + rng.normal(0, 0.1, n),
            "v_target": 0.35 + rng.normal(0, 0.05, n),
            "unsupported_mass": rng.uniform(0, 0.01, n),
            "revenue": (rng.random(n) < 0.3) * rng.choice([5.0, 10.0], n),
            "user": [f"u{user}" for user in users],
            "episode": [f"s{user}-{session}" for user, session in zip(users, sessions, strict=True)],
            "step": np.arange(n),
            "decision_id": [f"d{number}" for number in range(n)],
            "ratio": (TARGET / LOGGING)[action],
            # The same within a session.
            "kept": 1.0 + sessions * 4.0,
        }
    )
    frame.loc[rng.random(n) < 0.1, "user"] = None
    frame = pd.concat([frame, frame.iloc[: n // 50]], ignore_index=True)
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def write_parts(frame: pd.DataFrame, folder: Path, rows: int = 1_100) -> Path:
    """A folder of Parquet files of several row groups each."""
    folder.mkdir()
    for number, first in enumerate(range(0, len(frame), rows)):
        part = frame.iloc[first : first + rows]
        part.to_parquet(folder / f"part-{number:03}.parquet", row_group_size=300, index=False)
    return folder


@pytest.fixture
def parts(tmp_path) -> Callable[..., Path]:
    """A frame -> the folder of its parts."""
    return lambda frame, **options: write_parts(frame, tmp_path / "log", **options)
