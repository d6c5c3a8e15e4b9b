"""Encoders: a batch of states (see `mdp.StateLayout`) to features. Plain torch modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ....mdp.dataset import StateLayout
from ...registries import ENCODERS

if TYPE_CHECKING:
    from torch import nn


def build(
    encoder: str, layout: StateLayout, hidden_units: Sequence[int], embedding_size: int, *, pass_on: bool = False
) -> nn.Module:
    """A registered encoder for states of this layout; it never looks at what may be done.

    Args:
        encoder: id in `ENCODERS`.
        layout, hidden_units, embedding_size: as the encoders take them.
        pass_on: whether the columns that say what may be done are put behind the features.
    """
    from ..heads import Beside

    inner = ENCODERS[encoder](replace(layout, forbidden=0, candidates=0), hidden_units, embedding_size)
    return Beside(inner, layout.beside, pass_on) if layout.beside else inner
