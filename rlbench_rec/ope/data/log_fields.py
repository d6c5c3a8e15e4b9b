"""The optional fields of an EvaluationLog, as keywords of the functions that make one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, get_args

import numpy as np


class OutcomeFields(TypedDict, total=False):
    """What every function that makes a log takes."""

    gamma: float
    reward_range: tuple[float, float] | None
    weight_bound: float | None
    step_bound: int | None
    clusters: np.ndarray | None
    metrics: np.ndarray | None
    metric_ranges: Sequence[tuple[float, float] | None] | None


class SharedFields(OutcomeFields, total=False):
    """Those, and what needs two policies' probabilities."""

    q_logged: np.ndarray | None
    v_target: np.ndarray | None
    state_ratios: np.ndarray | None
    category_propensities: np.ndarray | None
    target_category_propensities: np.ndarray | None
    slate_weights: np.ndarray | None


class EpisodeFields(TypedDict, total=False):
    """Which rows belong together."""

    episode_starts: np.ndarray | None
    strata: np.ndarray | None


class PropensityFields(TypedDict, total=False):
    """What is known of logged propensities."""

    weights: np.ndarray | None
    unsupported_mass: np.ndarray | None
    propensity_source: str
    calibration_error: float | None


class WeightFields(OutcomeFields, EpisodeFields, total=False):
    """What a log of importance weights alone takes."""

    weights: np.ndarray | None
    unsupported_mass: np.ndarray | None


class FittedWeightFields(WeightFields, total=False):
    """Those, and what is known of parameters that the weights depend on."""

    ratio_gradients: np.ndarray | None
    nuisance_influence: np.ndarray | None
    weight_bins: np.ndarray | None


class EstimatedLogFields(SharedFields, EpisodeFields, total=False):
    """What a log with estimated propensities takes."""


class MixtureFields(SharedFields, PropensityFields, total=False):
    """What a log of several behaviour policies takes."""


class LoggedFields(SharedFields, EpisodeFields, PropensityFields, total=False):
    """All optional fields but the width of a kernel."""


class MatrixFields(LoggedFields, total=False):
    """Those, and what `from_arrays` takes besides."""

    trajectory_ids: np.ndarray | None
    steps: np.ndarray | None
    categories: np.ndarray | None
    positions: np.ndarray | None


RowField = Literal[
    "q_logged",
    "v_target",
    "metrics",
    "unsupported_mass",
    "state_ratios",
    "category_propensities",
    "target_category_propensities",
    "weights",
]
"""Those that have an entry for each row."""
OPTIONAL_BY_ROW: tuple[RowField, ...] = get_args(RowField)

VECTORS = ("rewards", "propensities", "target_propensities")
"""What every log has."""
TABLES = ("metrics", "ratio_gradients")
"""Those of several columns."""
ROW_FIELDS = (*VECTORS, *OPTIONAL_BY_ROW, "ratio_gradients", "weight_bins")
"""All fields that have an entry for each row."""
EPISODE_FIELDS = ("clusters", "strata", "slate_weights", "nuisance_influence")
"""All fields that have an entry for each episode."""
