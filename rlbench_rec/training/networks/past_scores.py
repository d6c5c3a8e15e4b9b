"""Networks that look at the past of a session."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import torch

from .action_scores import ActionScores

if TYPE_CHECKING:
    from ..transitions import Batch


class PastScores(ActionScores):
    """States and what happened before them -> (b, A) scores; see `mdp.Past`.

    It is called with (b, state size) states, (b,) `earned` and (b,) `steps`, and where its memory K is above 0 with
    (b, K) rewards, (b, K) actions and (b, K, state size) earlier states.
    """

    memory: int

    @property
    @abstractmethod
    def gamma(self) -> float:
        """Discount factor of what was earned: that of the log that it was trained on."""

    @abstractmethod
    def on_batch(self, batch: Batch) -> torch.Tensor:
        """(b, A) scores in a batch of logged decisions, knowing what training knows of them: what followed, too."""
