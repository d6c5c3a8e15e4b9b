"""Networks: a state's encoder, a head, and what is left of them after training. Plain torch, but for `factory`, which
hands them to d3rlpy."""

from .action_scores import ActionScores, Constrained, ScoreNetwork, score
from .builder import NetworkBuilder

__all__ = ["ActionScores", "Constrained", "NetworkBuilder", "ScoreNetwork", "score"]
