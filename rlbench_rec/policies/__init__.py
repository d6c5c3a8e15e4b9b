"""Anything that gives probabilities over actions."""

from __future__ import annotations

from collections.abc import Callable

from ..mdp.dataset import TransitionDataset
from ..mdp.past import Past
from ..registry import Registry
from .allowed import Allowed, allowed_actions
from .constrained import ConstrainedGreedy
from .divergence import DIVERGENCES, divergence, temperature_for, temperatures_for
from .empirical import Empirical
from .forms import PolicyForm, parse_form
from .mixed import Mixed
from .past import OngoingSessions, on_log, probability_on_log, scores_on_log
from .policy import Policy, PolicyWithMemory, ask, sample
from .q_policies import EpsilonGreedy, Greedy, QFunction, ScoresWithMemory, Softmax, softmax
from .ranking import ranking_on_log
from .reweighted import Reweighted
from .simple import Stateless, Uniform, popularity, uniform
from .tilted import Tilted, tilt

POLICIES: Registry[Callable[..., Policy]] = Registry(
    "policy",
    {"random": uniform, "popularity": popularity},
    aliases={"uniform": "random"},
    group="rlbench_rec.policies",
)
"""Policies that need no training loop: name -> function of the training dataset."""


def make(name: str, train: TransitionDataset, **parameters: float) -> Policy:
    """A registered policy, fitted on the training side: `make("popularity", train)`.

    It keeps to what may be recommended: see `allowed_actions`.
    """
    policy = POLICIES[name](train, **parameters)
    return Allowed(policy, train.layout) if train.layout.beside else policy


__all__ = [
    "DIVERGENCES",
    "POLICIES",
    "Allowed",
    "ConstrainedGreedy",
    "Empirical",
    "EpsilonGreedy",
    "Greedy",
    "Mixed",
    "OngoingSessions",
    "Past",
    "Policy",
    "PolicyForm",
    "PolicyWithMemory",
    "QFunction",
    "Reweighted",
    "ScoresWithMemory",
    "Softmax",
    "Stateless",
    "Tilted",
    "Uniform",
    "allowed_actions",
    "ask",
    "divergence",
    "make",
    "on_log",
    "parse_form",
    "popularity",
    "probability_on_log",
    "ranking_on_log",
    "sample",
    "scores_on_log",
    "softmax",
    "temperature_for",
    "temperatures_for",
    "tilt",
    "uniform",
]
