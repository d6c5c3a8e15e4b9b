"""Where an increasing function crosses zero."""

from __future__ import annotations

from collections.abc import Callable

TOLERANCE = 1e-7
"""Of the bracket, relative to its larger end."""


def crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """The upper end of a narrow bracket around the zero of an increasing function with rising(low) < 0 <= rising(high).

    False position with the Illinois correction: fewer evaluations than bisection where the function is smooth, and a
    bisection wherever three of its steps have not halved the bracket.
    """
    below, above, before, steps, moved = rising(low), rising(high), high - low, 0, 0
    while high - low > TOLERANCE * max(abs(low), abs(high)):
        middle = low + (high - low) * below / (below - above)
        steps += 1
        if steps % 3 == 0:
            middle = (low + high) / 2 if high - low > before / 2 else middle
            before = high - low
        if not low < middle < high:
            # An infinite end leads nowhere but to the other one.
            middle = (low + high) / 2
        value = rising(middle)
        if value >= 0:
            high, above = middle, value
            below, moved = (below / 2 if moved == 1 else below), 1
        else:
            low, below = middle, value
            above, moved = (above / 2 if moved == -1 else above), -1
    return high
