"""Names that rows of a board have: who stands in them, and how a value was found."""

from __future__ import annotations

from collections.abc import Iterable

BEHAVIOUR = "behaviour"
ON_POLICY = "on-policy"
REFERENCE = "reference"
"""The best policy that is known in a shop: 100 on the normalised scale."""
BEST = "best"
"""Part of the variant of rows on the best checkpoint."""
TRUTH = "truth"
"""Estimator of values that were played: no log stands behind them."""
RANKED = "ranking"
"""Estimator of imitation metrics: the rank of what was logged, not an off-policy estimate."""
LIFT = "-lift"
"""How estimators of lifts end: V(target) - V(behaviour), which compares with no value."""
DIVERGING = "diverging"
"""Status of runs whose Q is far above what the log earned."""
NORMALISED_METRIC = "normalised"
"""The metric whose 0 is the behaviour policy's reward and whose 100 the reference policy's."""
FRONTIER_FORM = "frontier"
"""Last part of the variant of the policy that a frontier chose."""
MYOPIC = "myopic"
FLOOR = (BEHAVIOUR, "constant", "popular-greedy", "mode", MYOPIC)
"""Algorithms of the floor; the frontier of `myopic` is one-step constrained improvement."""


def is_lift(estimator: str) -> bool:
    """Whether a row holds a difference from the behaviour policy, in place of a value."""
    return estimator.endswith(LIFT)


def is_floor(algorithm: str, variant: str) -> bool:
    """Whether a row is one that a useful policy must beat. Best checkpoints are not: their last ones are."""
    return algorithm in FLOOR and BEST not in variant.split("/")


def floor_lacks(policies: Iterable[tuple[str, str]]) -> list[str]:
    """What of the floor is not among these policies, in words.

    Args:
        policies: algorithm and variant of each.
    """
    rows = [(algorithm, variant.split("/")) for algorithm, variant in policies if is_floor(algorithm, variant)]
    lacking = [name for name in FLOOR if all(algorithm != name for algorithm, _ in rows)]
    if not any(algorithm == MYOPIC and parts[-1] == FRONTIER_FORM for algorithm, parts in rows):
        lacking.append(f"the {FRONTIER_FORM} of {MYOPIC}")
    return lacking
