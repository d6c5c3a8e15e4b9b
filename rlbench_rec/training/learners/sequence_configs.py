"""The configs of the sequence models: what follows the items that a state shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from ...baselines.item_scores import choices, refuse_without_history
from ...errors import InapplicableError, InputError
from ...mdp.dataset import TransitionDataset
from ...mdp.provenance import NOT_IDENTIFIED
from ...mdp.selection import decisions
from ..algorithm_config import AlgorithmConfig, Learns, Width

if TYPE_CHECKING:
    from ..networks import NetworkBuilder
    from .next_item import NextItemLearning


class SequenceModel(AlgorithmConfig):
    """What `gru4rec` and `sasrec` share: logit(s, item) = e_item . W f(s) + b_item, trained on what users took next.

    These are all decisions of a choice log; where the shop chose what was shown, those that earned something. Decisions
    on items outside the vocabulary are left out. The policy `stochastic` is calibrated: its logits are over the
    temperature at which what was taken on held-out steps is likeliest, 1 where nothing is held out.
    """

    learning_rate: float = Field(default=3e-3, gt=0)
    """Step size of Adam."""
    embedding_size: Width = 64
    """Width of item and event embeddings, and of what the encoder makes of the history."""
    hidden_units: tuple[Width, ...] = Field(default=(64,), min_length=1, max_length=100)
    """Widths of the hidden layers between that and W."""
    tied: bool = True
    """Whether e is the embedding by which the encoder reads the history, or one of its own."""
    loss: Literal["cross-entropy", "sampled-softmax"] = "cross-entropy"
    """Over all items, or over the one that followed and `negatives`."""
    negatives: int = Field(default=512, ge=1, le=1_000_000)
    """Items a batch that a sampled softmax is over, log-uniform by popularity rank; a multiple of the batch."""

    learns_from: Literal["auto", "every-decision", "rewarded"] = "auto"
    """Which decisions are learnt from: all, or those with a reward above 0. `auto`: all where users chose."""

    learns: ClassVar[Learns] = "better policy"
    is_baseline: ClassVar[bool] = True

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> NextItemLearning:
        from .next_item import NextItemLearning

        if networks.layout.candidates and self.loss == "sampled-softmax":
            what = "Candidates are few already: their softmax is not sampled."
            raise InputError(what, where="loss", hint="Use cross-entropy.")
        return NextItemLearning(self, networks, batch_size)

    def episodes(
        self, training: TransitionDataset, held_out: TransitionDataset | None
    ) -> tuple[TransitionDataset, TransitionDataset | None]:
        """The decisions that are learnt from; the others are events of the history alone.

        Raises:
            InapplicableError: states without a history, actions that are neither items nor candidates, or no decision
                to learn from.
        """
        refuse_without_history(training)
        kept = self._learnt_from(training)
        if kept is None:
            what = "Nobody took an item of the vocabulary."
            raise InapplicableError(
                what, where=training.provenance.source, hint="Give a larger top_k, or a longer log."
            )
        return kept, None if held_out is None else self._learnt_from(held_out)

    def _learnt_from(self, data: TransitionDataset) -> TransitionDataset | None:
        chosen = choices(data) != data.other_item if data.other_item else np.ones(len(data), dtype=bool)
        shop_chose = data.provenance.identification != NOT_IDENTIFIED
        if self.learns_from == "rewarded" or (self.learns_from == "auto" and shop_chose):
            chosen = chosen & (data.rewards > 0)
        return decisions(data, chosen) if chosen.any() else None


class GRU4Rec(SequenceModel):
    """GRU4Rec: a gated recurrent unit over the items of the session scores what comes next.

    loss = -log pi(a|s) (Hidasi et al. 2016; with the sampled softmax and item embeddings of Hidasi and Karatzoglou
    2018).
    """

    encoder: ClassVar[str] = "gru"
    encoders: ClassVar[tuple[str, ...]] = ("gru", "lstm")


class SASRec(SequenceModel):
    """SASRec: causal self-attention over the items of the session scores what comes next.

    loss = -log pi(a|s) (Kang and McAuley 2018, whose loss has one negative; over all items as in Klenitskiy and
    Vasilev 2023).
    """

    encoder: ClassVar[str] = "transformer"
    encoders: ClassVar[tuple[str, ...]] = ("transformer",)
