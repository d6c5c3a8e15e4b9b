"""Encoders: a batch of states (see `mdp.StateLayout`) to features. Plain torch modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING

from ....errors import InputError
from ....mdp.dataset import StateLayout
from ...registries import ENCODERS

if TYPE_CHECKING:
    from torch import nn


def build(
    encoder: str,
    layout: StateLayout,
    hidden_units: Sequence[int],
    embedding_size: int,
    *,
    pass_on: bool = False,
    dropout: float = 0.0,
    layer_norm: bool = False,
) -> nn.Module:
    """A registered encoder for states of this layout; it never looks at what may be done.

    Args:
        encoder: id in `ENCODERS`.
        layout, hidden_units, embedding_size: as the encoders take them.
        pass_on: whether the columns that say what may be done are put behind the features.
        dropout, layer_norm: of its hidden layers; an encoder of a plugin need not know them.

    Raises:
        InputError: the encoder does not take one of these.
    """
    from ..heads import Beside

    options = {name: value for name, value in (("dropout", dropout), ("layer_norm", layer_norm)) if value}
    make = ENCODERS[encoder]
    if lacking := options.keys() - signature(make).parameters.keys():
        raise InputError(f"The encoder {encoder} takes no {min(lacking)}.", where="config", hint="Leave it out.")
    inner = make(replace(layout, forbidden=0, candidates=0), hidden_units, embedding_size, **options)
    return Beside(inner, layout.beside, pass_on) if layout.beside else inner
