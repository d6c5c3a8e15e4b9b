"""Asking for a lucky return: the gate and the frontier catch what comes of it."""

from __future__ import annotations

import pytest

from studies.asked_return import asked


@pytest.mark.slow
def test_a_lucky_return_is_caught():
    """In this shop one session in a hundred earns .8 and more; what those did is worth a third of the usual."""
    row = asked("offers-v1", 1, 0.99, "rvs", 2_000)
    assert row.target > 1.5 * row.behaviour, "it asks for much"
    assert row.truth < 0.7 * row.behaviour, "and gets less than what is in service"
    assert row.verdict != "trusted", "the gate says so"
    assert row.step_truth > -0.02 * row.behaviour, "and the frontier of the same scores loses nothing"
