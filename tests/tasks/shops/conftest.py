"""Users whose random numbers are written down."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def scripted():
    """simulator, draws at the start, draws at each step -> the simulator of users with exactly these numbers.

    Draws are (draws, users), or (draws,) for a single user.
    """

    def script(simulator, *uniforms):
        rows = iter(np.float32(draws).reshape(len(draws), -1) for draws in uniforms)

        def written(draws):
            row = next(rows)
            assert len(row) == draws
            return row

        simulator._uniforms = written
        simulator.reset()
        return simulator

    return script


@pytest.fixture
def play_at_random():
    """simulator -> its steps under uniform random actions."""

    def play(simulator):
        rng = np.random.default_rng(0)
        simulator.reset()
        while len(simulator.present):
            here = simulator.present
            yield here, simulator.step(rng.integers(simulator.action_count, size=len(here)))

    return play
