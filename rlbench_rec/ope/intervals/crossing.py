"""Where an increasing function crosses zero."""

from __future__ import annotations

from collections.abc import Callable

TOLERANCE = 1e-7
"""Of the bracket, relative to its larger end."""


def crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """The upper end of a narrow bracket around the zero of an increasing function with rising(low) < 0 <= rising(high).

    False position with the Illinois correction: fewer evaluations than bisection where the function is smooth, and a
    bisection step whenever the bracket does not halve in three.
    """
    below, above, checkpoint, step = rising(low), rising(high), high - low, 0
    while high - low > TOLERANCE * max(abs(low), abs(high)):
        step += 1
        slack = step % 3 == 0 and high - low > checkpoint / 2
        middle = (low + high) / 2 if slack else low + (high - low) * below / (below - above)
        if step % 3 == 0:
            checkpoint = high - low
        if not low < middle < high:
            middle = (low + high) / 2
            if not low < middle < high:
                break
        value = rising(middle)
        if value >= 0:
            high, above = middle, value
            below /= 2
        else:
            low, below = middle, value
            above /= 2
    return high
