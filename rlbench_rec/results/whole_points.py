"""Scores from 0 (behaviour policy) to 100 (reference policy) as people read them, to whole points."""

from __future__ import annotations

import math


def whole_points(score: float) -> str:
    """A score to whole points, never -0; nothing where it is not known."""
    return "" if math.isnan(score) else f"{round(score):d}"


def whole_limits(low: float, high: float) -> str:
    """Its limits, `[12, 20]`; nothing where they are not known."""
    return "" if math.isnan(low) else f"[{whole_points(low)}, {whole_points(high)}]"
