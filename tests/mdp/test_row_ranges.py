import numpy as np

from rlbench_rec.mdp.row_ranges import row_ranges


def test_stretches_come_one_after_another_and_empty_ones_leave_no_trace():
    rows = row_ranges(np.array([7, 0, 2, 0]), np.array([2, 0, 3, 1]))
    np.testing.assert_array_equal(rows, [7, 8, 2, 3, 4, 0])
    assert row_ranges(np.array([], dtype=int), np.array([], dtype=int)).shape == (0,)
