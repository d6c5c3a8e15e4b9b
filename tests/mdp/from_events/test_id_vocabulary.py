"""Vocabularies, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.mdp.from_events.id_vocabulary import Vocabulary
from rlbench_rec.mdp.from_events.log_columns import Coded

COLUMN = Coded(np.array([2, 0, -1, 1, 2, 0, 1], dtype=np.int32), ["a", "b", "c"])


def test_counts_leave_out_missing_values_and_later_rows():
    assert COLUMN.counts(5).tolist() == [1, 1, 2]


def test_a_vocabulary_goes_by_frequency_and_then_by_value():
    fitted = Vocabulary.fit(COLUMN, rows=5, top_k=2)
    assert fitted.values == ("c", "a") and len(fitted) == 3 and fitted.names() == ("c", "a", "<other>")
    # b, and the missing value, are out of the vocabulary.
    assert fitted.ids(COLUMN).tolist() == [1, 2, 0, 2]


def test_a_value_outside_the_training_rows_is_not_learnt():
    assert Vocabulary.fit(COLUMN, rows=3, top_k=10).values == ("a", "c")


@pytest.mark.parametrize(
    ("codes", "rows", "top_k", "closed"),
    [
        ([0, 1, 1, 0], 2, 2, True),
        ([0, 1, 1, 0], 2, 9, True),
        ([0, 1, 1, 0], 1, 9, False),  # value 1 is of later rows alone
        ([0, 1, 1, 0], 4, 1, False),
        ([0, 1, -1, 0], 2, 9, False),  # a row without a value
        ([0, 0, 0, -1], 3, 9, False),
    ],
)
def test_there_is_another_id_only_where_a_row_needs_it(codes, rows, top_k, closed):
    column = Coded(np.array(codes, dtype=np.int32), ["a", "b"][: max(codes) + 1])
    fitted = Vocabulary.fit(column, rows, top_k)
    ids = fitted.ids(column)[column.codes]
    assert fitted.closed is closed and (fitted.other is None) is closed
    assert ids.max() < len(fitted) == len(fitted.names()) == len(fitted.values) + (not closed)
    assert (fitted.other in ids) is not closed
    assert ("<other>" in fitted.names()) is not closed
