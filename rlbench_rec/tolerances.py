"""How near two numbers must be to count as the same, by what sets them apart. Relative, unless it says otherwise."""

LAST_DIGITS = 1e-12
"""A few operations in double precision: one figure, computed in two ways."""
LONG_SUM = 1e-10
"""Sums over a million rows err by a tenth of it."""
ROUNDING = 1e-9
"""Another processor, another order of sums, an average over a row of probabilities."""
SINGLE_PRECISION = 1e-6
"""Numbers that were kept in single precision."""
SAME_PROPENSITY = 1e-3
"""Two figures of one propensity, each written with a few digits: the logged one, and that of the whole distribution."""
PROBABILITY_SUM = 1e-4
"""Absolute: a row of probabilities, in single precision or written with few digits, sums to 1 within it."""
