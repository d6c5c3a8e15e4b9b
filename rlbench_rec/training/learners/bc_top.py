"""Cloning of the best episodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from ...mdp.dataset import TransitionDataset
from ...mdp.returns import session_returns
from ..algorithm_config import Learns
from ..algorithms import BC

if TYPE_CHECKING:
    from ..networks.factory import StateEncoderFactory


class BCTop(BC):
    """Behaviour cloning of the best share of the episodes, by their return ("%BC" of Chen et al. 2021).

    loss = -log pi(a|s) over the episodes whose discounted return is at least that of the k-th best of the training
    side, k = ceil(share x episodes). Ties at the cut all count, so that nothing is decided by the order of the log:
    where more than the share of the sessions bought nothing and none of the others is as good as the cut, that is all
    of them, and it is `bc`. A return that is luck makes its actions look good: unlike a value, it is not an average.
    """

    share: float = Field(default=0.1, gt=0.0, le=1.0)
    """Share of the training side's episodes, the best ones, that are cloned; more where returns are tied."""

    learns: ClassVar[Learns] = "better policy"

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        fields = super().d3rlpy_fields(encoder)
        del fields["share"]
        return fields

    def episodes(
        self, training: TransitionDataset, held_out: TransitionDataset | None
    ) -> tuple[TransitionDataset, TransitionDataset | None]:
        """The best episodes of either side, by the cut of the training side; all that are held out where none of them
        is so good."""
        returns = session_returns(training)
        rank = math.ceil(self.share * len(returns))
        cut = np.partition(returns, len(returns) - rank)[len(returns) - rank]
        if held_out is not None and (good := session_returns(held_out) >= cut).any():
            held_out = held_out.select(good)
        return training.select(returns >= cut), held_out
