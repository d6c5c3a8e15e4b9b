"""Some of a log's episodes as a log of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..data.log_fields import EPISODE_FIELDS, ROW_FIELDS


def subset(log: EvaluationLog, episodes: np.ndarray) -> EvaluationLog:
    """The log of some episodes: a segment, a week, one arm.

    Parameters that were fitted on the whole log (`nuisance_influence`) count as if fitted on the part.

    Args:
        log: the log.
        episodes: (episodes,) whether each is kept.

    Raises:
        InputError: a mask of another length, or one that keeps nothing.
    """
    keep = np.asarray(episodes)
    if keep.shape != (log.n_episodes,) or keep.dtype != bool:
        what = f"A mask of shape {keep.shape} and type {keep.dtype} for {log.n_episodes} episodes."
        raise InputError(what, where="episodes", hint="Give True or False for each.")
    if not keep.any():
        raise InputError("No episode is kept.", where="episodes")
    rows = keep if log.one_step else np.repeat(keep, log.lengths)
    taken = {name: getattr(log, name) for name in (*ROW_FIELDS, *EPISODE_FIELDS)}
    taken = {
        name: None if column is None else column[rows if name in ROW_FIELDS else keep] for name, column in taken.items()
    }
    if log.episode_starts is not None:
        lengths = log.lengths[keep]
        taken["episode_starts"] = np.cumsum(lengths) - lengths
    return replace(log, **taken)
