"""Encoders: a batch of states (see `mdp.StateLayout`) to features. Plain torch modules, built from defaults alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...mdp.dataset import StateLayout
from ..registries import ENCODERS

if TYPE_CHECKING:
    from torch import nn


def build(
    encoder: str, layout: StateLayout, hidden_units: Sequence[int], embedding_size: int, *, pass_on: bool = False
) -> nn.Module:
    """A registered encoder for states of this layout; it never looks at flags of forbidden actions.

    Args:
        encoder: id in `ENCODERS`.
        layout, hidden_units, embedding_size: as the encoders take them.
        pass_on: whether the flags, where there are any, are put behind the features.
    """
    from ..networks import BesideFlags

    inner = ENCODERS[encoder](replace(layout, forbidden=0), hidden_units, embedding_size)
    return BesideFlags(inner, layout.forbidden, pass_on) if layout.forbidden else inner
