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
GREEDY = "greedy"
FORMS_WITH_A_NUMBER = ("softmax", "epsilon-greedy", "tilted", "mixed", "constrained")
"""Forms that are written with their parameter: `softmax-0.3`."""
FRONTIER_FORM, FRONTIER_BEST_FORM = FRONTIER_FORMS = ("frontier", "frontier-best")
"""Last part of the variant of a policy that a frontier chose, as `policies.forms` has it."""
SHUFFLED, NEGATED = "shuffled", "negated"
"""Controls of a frontier, the last part of a variant: the same dial on Q of shuffled rewards (the folder of that
training too, beside the plain one), and on -Q."""
MYOPIC = "myopic"
FLOOR = (BEHAVIOUR, "constant", "popular-greedy", "mode", MYOPIC)
"""Algorithms of the floor; the frontier of `myopic` is one-step constrained improvement."""


def is_lift(estimator: str) -> bool:
    """Whether a row holds a difference from the behaviour policy, in place of a value."""
    return estimator.endswith(LIFT)


def is_best(variant: str) -> bool:
    """Whether a row is on the best checkpoint."""
    return BEST in variant.split("/")


def last_checkpoint(variant: str) -> str:
    """The variant of the same policy on the last checkpoint."""
    return "/".join(part for part in variant.split("/") if part != BEST)


def is_frontier_control(variant: str) -> bool:
    """Whether a row is a check of a frontier, and nobody's policy."""
    *_, form, last = ["", *variant.split("/")]
    return form in FRONTIER_FORMS and last in (SHUFFLED, NEGATED)


def is_floor(algorithm: str, variant: str) -> bool:
    """Whether a row is one that a useful policy must beat. Best checkpoints are not, their last ones are; controls of a
    frontier are nobody's policy."""
    return algorithm in FLOOR and not is_best(variant) and not is_frontier_control(variant)


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
