"""Networks: a state's encoder, a head, and what is left of them after training. Plain torch, free of d3rlpy."""

from .action_scores import Constrained, ScoreNetwork, score

__all__ = ["Constrained", "ScoreNetwork", "score"]
