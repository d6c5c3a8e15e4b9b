"""The columns of every CSV, and what they mean."""

from .boards import NORMALISED, NORMALISED_KEYS, REFERENCES
from .columns import (
    ADDED,
    FORMULA_STARTS,
    IDENTIFICATIONS,
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    STATUSES,
    VERDICTS,
    Kind,
    Schema,
    TableRow,
    runs_as_formula,
)
from .estimators import ESTIMATES, ESTIMATOR_KEYS, ESTIMATORS
from .needs_rl import NEEDS_RL, NEEDS_RL_KEYS
from .published import AGAINST_PUBLISHED, PUBLISHED, PUBLISHED_KEYS
from .runs import (
    CURVES,
    FRONTIER,
    FRONTIER_KEYS,
    KEYS,
    LEADERBOARD,
    RANKING,
    RANKING_KEYS,
    RUN_KEYS,
    RUNS,
    TIMINGS,
    TRIALS,
    added,
)
from .selection import SELECTION, SELECTION_KEYS

__all__ = [
    "ADDED",
    "AGAINST_PUBLISHED",
    "CURVES",
    "ESTIMATES",
    "ESTIMATORS",
    "ESTIMATOR_KEYS",
    "FORMULA_STARTS",
    "FRONTIER",
    "FRONTIER_KEYS",
    "IDENTIFICATIONS",
    "KEYS",
    "LEADERBOARD",
    "NEEDS_RL",
    "NEEDS_RL_KEYS",
    "NORMALISED",
    "NORMALISED_KEYS",
    "PUBLISHED",
    "PUBLISHED_KEYS",
    "RANKING",
    "RANKING_KEYS",
    "READABLE_VERSIONS",
    "REFERENCES",
    "RUNS",
    "RUN_KEYS",
    "SCHEMA_VERSION",
    "SELECTION",
    "SELECTION_KEYS",
    "STATUSES",
    "TIMINGS",
    "TRIALS",
    "VERDICTS",
    "Kind",
    "Schema",
    "TableRow",
    "added",
    "runs_as_formula",
]
