"""Anything that gives probabilities over actions."""

from __future__ import annotations

from ..mdp.past import Past
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
from .registry import POLICIES, from_file, make, parameters
from .reweighted import Reweighted
from .simple import Stateless, Uniform, popularity, uniform
from .tilted import Tilted, tilt

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
    "from_file",
    "make",
    "on_log",
    "parameters",
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
