"""Several runs as one, whose scores are the mean of theirs: what a frontier over learners may have chosen."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch

from ..errors import InputError
from .networks.action_scores import ActionScores
from .networks.heads import RULED_OUT
from .training_run import Run

NAME = "mean"


class MeanNetwork(ActionScores):
    """score(s, a) = (1 / K) sum_k u_k q_k(s, a) / spread_k, `RULED_OUT` where any of them is.

    Args:
        networks: of q_k.
        factors: (K,) u_k / spread_k / K, u_k being what a score is worth in the log's units.
    """

    def __init__(self, networks: Sequence[ActionScores], factors: Sequence[float]):
        super().__init__()
        self.members = torch.nn.ModuleList(networks)
        self.factors, self.first = tuple(factors), [networks[0]]
        self.rules_out = any(network.rules_out for network in networks)

    @property
    def device(self) -> torch.device:
        return self.first[0].device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        scores = [member(states) for member in self.members]
        total = torch.stack([each * factor for each, factor in zip(scores, self.factors, strict=True)]).sum(dim=0)
        if not self.rules_out:
            return total
        return torch.where(torch.stack(scores).amin(dim=0) <= RULED_OUT / 2, RULED_OUT, total)


def mean_of_runs(runs: Sequence[Run], spreads: Sequence[float], checkpoint: str = "last") -> Run:
    """A run whose last network scores by the mean of the runs' Q values, each divided by its spread; one with a spread
    of 0 is left out, and without any spread the first run counts alone.

    Raises:
        InputError: runs that take other states or actions than the first.
    """
    first = runs[0]
    for run in runs:
        if (run.layout, run.action_count, run.other_action) != (first.layout, first.action_count, first.other_action):
            raise InputError("The runs take other states or actions than one another.", where="runs")
    kept = [(run, spread) for run, spread in zip(runs, spreads, strict=True) if spread > 0] or [(first, 1.0)]
    networks = [copy.deepcopy(run.network(checkpoint).critic) for run, _ in kept]
    factors = [run.q_unit(checkpoint) / spread / len(kept) for run, spread in kept]
    return replace(
        first, algorithm=NAME, networks={"last": MeanNetwork(networks, factors)}, best_step=None, reward_scale=1.0
    )
