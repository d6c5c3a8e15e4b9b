"""Choice logs made by shops whose parameters are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.tasks.calibration.choice_logs import choice_log


@pytest.fixture(scope="session")
def choices() -> Callable[..., TransitionDataset]:
    """choices(task, sessions, seed) is what a shop would know had it logged clicks, carts and purchases alone."""
    return choice_log
