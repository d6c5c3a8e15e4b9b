"""What an EvaluationLog must be, checked once when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from . import checks
from .bounds import check_bounds, checked_metric_ranges, checked_reward_range
from .log_fields import ROW_FIELDS, TABLES, VECTORS

if TYPE_CHECKING:
    from .evaluation_log import EvaluationLog

PAIRS = (
    ("q_logged", "v_target"),
    ("category_propensities", "target_category_propensities"),
    ("ratio_gradients", "nuisance_influence"),
)


def check_log(log: EvaluationLog) -> None:
    """Check the fields of a new log, and put each into the type that a log keeps.

    Raises:
        InputError: lengths that differ, NaN, values out of range: names the argument and the first bad row.
    """
    _rows(log)
    _chances(log)
    _parameters(log)
    for pair in PAIRS:
        if (getattr(log, pair[0]) is None) != (getattr(log, pair[1]) is None):
            raise InputError(f"{pair[0]} and {pair[1]} belong together: give both or neither.", where=pair[0])
    _episodes(log)
    checks.settings(log.gamma, log.bandwidth, log.propensity_source)
    reward_range, metric_ranges = checked_reward_range(log), checked_metric_ranges(log)
    check_bounds(log)
    _set(log, "reward_range", reward_range)
    _set(log, "metric_ranges", metric_ranges)


def _rows(log: EvaluationLog) -> None:
    for name in ROW_FIELDS:
        of_rows = checks.optional_table if name in TABLES else checks.optional_vector
        _set(log, name, (checks.vector if name in VECTORS else of_rows)(name, getattr(log, name)))
        if log.n_rows == 0:
            raise InputError("The log has no rows.", where="rewards")
        checks.length(name, getattr(log, name), log.n_rows, "rewards")


def _chances(log: EvaluationLog) -> None:
    # Of continuous actions the two are densities; where weights are all that is known, ratios over 1.
    largest = 1.0 if log.bandwidth is None else np.inf
    checks.chances("propensities", log.propensities, largest, positive=True)
    weights_alone = log.propensity_source == "service"
    if weights_alone and not (log.propensities == 1).all():
        what = "What is known of a behaviour policy by its choices alone has no propensities."
        raise InputError(what, where="propensities", hint="Use EvaluationLog.from_weights.")
    checks.chances("target_propensities", log.target_propensities, np.inf if weights_alone else largest)
    checks.chances("category_propensities", log.category_propensities, positive=True)
    for name in ("unsupported_mass", "target_category_propensities"):
        checks.chances(name, getattr(log, name))
    if log.state_ratios is not None:
        checks.refuse("state_ratios", log.state_ratios < 0, "below 0", log.state_ratios)


def _parameters(log: EvaluationLog) -> None:
    """Fitted parameters on which the ratios depend: gradients by row, influences by episode, bins to test them in."""
    if log.weight_bins is not None:
        bad = (log.weight_bins < 0) | (log.weight_bins != np.floor(log.weight_bins))
        checks.refuse("weight_bins", bad, "not numbers 0, 1, ...", log.weight_bins)
    gradients, influence = log.ratio_gradients, checks.optional_table("nuisance_influence", log.nuisance_influence)
    _set(log, "nuisance_influence", influence)
    if gradients is not None and influence is not None and gradients.shape[1] != influence.shape[1]:
        what = f"{influence.shape[1]} parameters, ratio_gradients has {gradients.shape[1]}."
        raise InputError(what, where="nuisance_influence")


def _episodes(log: EvaluationLog) -> None:
    if log.episode_starts is not None:
        _set(log, "episode_starts", checks.episode_starts(log.episode_starts, log.n_rows))
    if log.weights is not None:
        checks.row_weights(log.weights, log.starts, log.lengths)
    if log.clusters is not None:
        _set(log, "clusters", checks.episode_codes("clusters", log.clusters, log.n_episodes))
    if log.strata is not None:
        _set(log, "strata", checks.episode_codes("strata", log.strata, log.n_episodes))
        checks.nested("clusters", log.clusters, log.strata)
    if log.slate_weights is not None:
        _set(log, "slate_weights", checks.vector("slate_weights", log.slate_weights))
    for name in ("slate_weights", "nuisance_influence"):
        checks.length(name, getattr(log, name), log.n_episodes, "episodes")


def _set(log: EvaluationLog, name: str, value: object) -> None:
    object.__setattr__(log, name, value)
