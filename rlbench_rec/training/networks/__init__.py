"""Networks: a state's encoder, a head, and what is left of them after training. Plain torch, but for `factory`, which
hands them to d3rlpy."""

from .action_scores import ActionScores, Constrained, ScoreNetwork, score
from .actor_critic import ActorCritic, BehaviourQ, JointActorCritic, Output
from .builder import NetworkBuilder
from .next_item import NextItemLogits, NextItemScores
from .past_scores import PastScores

__all__ = [
    "ActionScores",
    "ActorCritic",
    "BehaviourQ",
    "Constrained",
    "JointActorCritic",
    "NetworkBuilder",
    "NextItemLogits",
    "NextItemScores",
    "Output",
    "PastScores",
    "ScoreNetwork",
    "score",
]
