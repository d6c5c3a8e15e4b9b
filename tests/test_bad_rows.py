"""The first bad row, and how many there are."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.bad_rows import refuse_rows
from rlbench_rec.errors import InputError


def refusal(row: int, count: int) -> InputError:
    return InputError(f"{count} from row {row}")


def test_the_first_bad_row_is_named_with_how_many_there_are():
    with pytest.raises(InputError, match=r"^2 from row 1$"):
        refuse_rows(np.array([False, True, False, True]), refusal)


def test_rows_in_blocks_are_numbered_through():
    blocks = [np.array([False, False]), np.array([], dtype=bool), np.array([False, True]), np.array([True])]
    with pytest.raises(InputError, match=r"^2 from row 3$"):
        refuse_rows(iter(blocks), refusal)


@pytest.mark.parametrize("good", [np.zeros(3, dtype=bool), np.zeros(0, dtype=bool), [], [np.zeros(2, dtype=bool)]])
def test_without_a_bad_row_nothing_is_raised(good):
    refuse_rows(good, refusal)
