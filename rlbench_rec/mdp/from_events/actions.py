"""Items and actions as numbers."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..config import MDPConfig
from .decisions import Decisions
from .id_vocabulary import Vocabulary
from .log_columns import Coded, LogColumns


def items_and_actions(
    source: LogColumns,
    at_decisions: LogColumns,
    decisions: Decisions,
    column: Coded,
    train_rows: int,
    config: MDPConfig,
) -> tuple[Vocabulary, np.ndarray, np.ndarray, Vocabulary]:
    """The item vocabulary, (m,) item ids from 1, (n,) actions, and the vocabulary of the actions."""
    log, decided = source.log, decisions.coded_at_decisions(column)
    if log.catalogue is not None:
        chosen = Vocabulary(tuple(log.catalogue), closed=True)
        unknown = sorted(set(column.distinct) - set(chosen.values))
        if unknown:
            raise InputError(f"Item {unknown[0]} is not in the catalogue.", where=log.card.id, hint="Correct the card.")
    else:
        chosen = Vocabulary.fit(decided, train_rows, config.top_k)
    items = chosen if decisions.chosen is None else chosen.of(column)
    item_ids = decisions.of_events(translated(source, column, items.ids(column) + 1, np.int32))
    if config.actions == "items":
        return items, item_ids, translated(at_decisions, decided, chosen.ids(column), np.int64), chosen
    column = at_decisions.coded("category")
    if not column.distinct:
        raise InputError("The log has no categories.", where=log.card.id, hint="Use actions = 'items'.")
    categories = Vocabulary.fit(column, train_rows, config.top_k)
    return items, item_ids, translated(at_decisions, column, categories.ids(column), np.int64), categories


def action_probabilities(at_decisions: LogColumns, actions: Vocabulary, config: MDPConfig) -> np.ndarray | None:
    """(n, actions) float32 probabilities of all items, where the log carries them and items are the actions."""
    if config.actions != "items" or not at_decisions.has("probabilities"):
        return None
    return at_decisions.lists("probabilities", len(actions))


def translated(source: LogColumns, column: Coded, ids: np.ndarray, dtype: type) -> np.ndarray:
    """A coded column as other ids, one for each code and the last for missing values."""
    # Code -1, a missing value, is the last of `ids`.
    return source.columns.compute((source.rows,), dtype, lambda rows: ids[column.codes[rows]])
