"""A variant of an algorithm that d3rlpy implements: other fields, other defaults, d3rlpy's own update."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rlbench_rec.training.algorithms import DQN

if TYPE_CHECKING:
    from rlbench_rec.training.networks.factory import StateEncoderFactory


class CautiousCQL(DQN):
    """CQL of two critics, whose penalty is given as its share of the loss.

    loss = Double DQN's + alpha (logsumexp_b Q(s, b) - Q(s, a)), alpha = caution / (1 - caution); d3rlpy's DiscreteCQL.
    """

    caution: float = Field(default=0.3, ge=0, lt=1)
    """Share of the penalty in the loss; 0 is Double DQN."""
    n_critics: int = Field(default=2, ge=1, le=100)
    """Independent Q networks; targets take their minimum, scores their mean."""

    d3rlpy_config: ClassVar[str] = "DiscreteCQLConfig"

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        fields = super().d3rlpy_fields(encoder)
        del fields["caution"]
        return fields | {"alpha": self.caution / (1.0 - self.caution)}
