"""The edge to d3rlpy: the same transitions as its own dataset type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from . import quiet

if TYPE_CHECKING:
    import d3rlpy

    from ..dataset import TransitionDataset


def to_d3rlpy(data: TransitionDataset) -> d3rlpy.dataset.MDPDataset:
    """d3rlpy's MDPDataset with one transition a row.

    Every episode ends with a terminal flag, never a timeout: d3rlpy drops the last transition of an episode that
    ends by timeout, and all rows after the last flag. The action size is passed, since d3rlpy would otherwise take the
    largest action it happens to see.

    Raises:
        InputError: episodes that go on in the user's next one, which d3rlpy's own dataset cannot say.
    """
    if data.next_episodes is not None:
        hint = "Take d3rlpy_buffer() or another loop, or build with ends = 'terminal'."
        raise InputError("d3rlpy's own dataset cannot lead from one episode to another.", where="ends", hint=hint)
    library = quiet.d3rlpy()
    return library.dataset.MDPDataset(
        observations=data.states(),
        actions=np.asarray(data.actions)[:, None],
        rewards=np.asarray(data.rewards)[:, None],
        terminals=data.terminals.astype(np.float32),
        action_space=library.constants.ActionSpace.DISCRETE,
        action_size=data.action_count,
    )
