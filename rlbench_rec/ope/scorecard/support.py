"""What a log could support: a mixture of the two policies, or the lift, were it longer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..analysis.lifts import paired
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Outcome, estimator, valued
from ..inference.inference_options import Inference
from ..inference.influence import LogParts, measure
from ..reliability.diagnostics import Verdicts
from ..reliability.gate import Gate, Overlap, tail_was_seen, times_as_long

SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05, 0.02)
"""Of the target policy in a mixture with the behaviour policy."""
UNEVEN = 0.25
"""Share of the events that unequal sizes leave, below which the largest sizes are what is missing."""


def share_with_events(log: EvaluationLog, rows: np.ndarray) -> float:
    """The share of decisions, or sessions, in which something other than the usual was earned."""
    happened = np.zeros(log.n_rows)
    happened[rows] = 1.0
    of_episodes = log.times_weights((log.per_episode(happened) > 0) * 1.0)
    return float(of_episodes.sum() / log.total_weight)


def log_needed(log: EvaluationLog, gate: Gate, outcome: Outcome = None) -> tuple[float, bool]:
    """How many times as long the log must be for a trusted lift of `snips`, and whether it is the unequal sizes of
    rewards that ask for it.

    Args:
        log: the logged decisions.
        gate: that must trust it.
        outcome: whose lift; None: the reward's.
    """
    overlaps, skewness = lift_overlaps(log, gate, outcome)
    uneven = any(
        overlap.sizes is not None and not tail_was_seen(overlap, gate) and 0 < overlap.sizes.evenness < UNEVEN
        for overlap in overlaps
    )
    return times_as_long(overlaps, skewness, gate), uneven


def lift_overlaps(log: EvaluationLog, gate: Gate, outcome: Outcome = None) -> tuple[list[Overlap], float]:
    """All figures that the verdict on a lift of `snips` looks at, and its skewness."""
    lift = paired(valued(estimator("snips"), outcome))
    (measured,) = measure(LogParts(log, [lift]))
    return Verdicts(log, gate).overlaps(lift), measured.skewness


def supported_mixture(log: EvaluationLog, gate: Gate) -> tuple[float, Estimate, Estimate] | None:
    """The largest share of the target policy in a mixture whose value this log supports, with its value and lift."""
    snips = estimator("snips")
    for share in SHARES:
        mass = None if log.unsupported_mass is None else share * log.unsupported_mass
        target = (1.0 - share) * log.propensities + share * log.target_propensities
        mixture = replace(log, target_propensities=np.minimum(target, 1.0), unsupported_mass=mass, weight_bound=None)
        if infer(mixture, [snips], Inference("none", gate=gate))[0].verdict == "trusted":
            value, gain = infer(mixture, [snips, paired(snips)], Inference(gate=gate))
            # Two rows that do not support the whole policy do not support a twentieth of it either.
            return None if gain.verdict == "unreliable" else (share, value, gain)
    return None
