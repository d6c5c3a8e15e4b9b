"""What belongs to a session, spread over its rows."""

from __future__ import annotations

import numpy as np

from rlbench_rec.mdp.from_events.decisions import of_sessions


def test_rows_know_the_start_of_their_session_in_every_chunk():
    starts, whole = np.array([0, 3, 4, 9]), np.array([0, 0, 0, 3, 4, 4, 4, 4, 4, 9, 9])
    for begin in range(11):
        for end in range(begin + 1, 12):
            assert of_sessions(starts, starts)(slice(begin, end)).tolist() == whole[begin:end].tolist()
