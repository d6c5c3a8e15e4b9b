"""Whether the logs of a suite are long enough to train on, asked once and before any work."""

from __future__ import annotations

import warnings
from pathlib import Path

from ....errors import DataWarning, InputError
from ....events.archives.compressed import stamps
from ....events.cards.find import find, resolve_files
from ....ope.estimators import needs_q
from ...config import Source, Suite
from ...sources import decisions

LONGEST_ROW = 4_096
"""Bytes of raw files for each row of a batch, above which a log is not read here: reading it may take minutes, and
hardly any log is so wide."""
FOLDS = 2
"""Of cross-fitting, each of which needs a user or an episode."""


def check_length(source: Source, suite: Suite) -> None:
    """Refuse a log with fewer rows to train on than a batch, or too few users to cross-fit q.

    What is wrong with a log otherwise is for its jobs to say where there are other sources, whose jobs go on.

    Raises:
        InputError: the log is too short, with what it has and what is needed; or it cannot be read or split, and it is
            the suite's only source.
    """
    if not _may_be_short(source, suite.batch_size):
        return
    try:
        with warnings.catch_warnings():
            # Its jobs say what is odd about it.
            warnings.simplefilter("ignore", DataWarning)
            train, test = decisions(source).split()
    except InputError:
        if len(suite.sources) == 1:
            raise
        return
    except Exception:
        return
    from ....training.validation import hold_out

    rows = len(hold_out(train, suite.validation)[0])
    if rows < suite.batch_size:
        raise InputError(
            f"The log is too short to train on: its training side has {train.n_episodes:,} episodes of {len(train):,} "
            f"rows, {rows:,} of them left when validation episodes are set apart; a training step takes a batch of "
            f"{suite.batch_size:,}.",
            where=source.name,
            hint=f"Give a longer log, or a batch_size of {rows} or less (--batch-size with --dataset).",
        )
    units = test.user_codes()[1]
    if units < FOLDS and any(needs_q(name) for name in suite.estimators):
        what = "episodes" if test.clusters is None else "users"
        raise InputError(
            f"The log is too short to cross-fit q: its test side has {units} of the {FOLDS} {what} needed.",
            where=source.name,
            hint="Give a longer log, or estimators that need no q: snips, ips.",
        )


def _may_be_short(source: Source, batch_size: int) -> bool:
    """Whether the log is small enough to count its rows here."""
    if source.dataset is None:
        # An episode has a row at least, and more than half of the episodes are trained on.
        return source.episodes < 2 * batch_size
    files = resolve_files(find(source.dataset), None if source.data is None else Path(source.data))
    return sum(size for size, _ in stamps(files).values()) < LONGEST_ROW * batch_size
