"""Fixtures shared by all rooms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real samples beside the checkout (or `RLBENCH_SHARED_DATA`); tests that need it skip without it."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RLBENCH_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("real samples are not here: set RLBENCH_SHARED_DATA to their folder")
    return folder
