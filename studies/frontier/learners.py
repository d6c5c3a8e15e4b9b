"""What is trained in a shop: the contenders, the clone of the behaviour policy, and the control on shuffled rewards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from rlbench_rec import training
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Policy, QFunction
from rlbench_rec.training.validation import hold_out

from .shops import VALIDATION

CONTENDERS = ("dqn", "cql", "sarsa", "iql")
"""Whose Q functions are tried; their mean is one more."""
STEPS = 2_000


@dataclass(frozen=True)
class Learnt:
    """What the training side gave.

    Attributes:
        contenders: Q functions by algorithm.
        shuffled: DQN on the log's rewards in random order.
        clone: the behaviour policy as `bc` learnt it.
        validation: the episodes that none of them was trained on.
    """

    contenders: Mapping[str, QFunction]
    shuffled: QFunction
    clone: Policy
    validation: TransitionDataset


def learn(train: TransitionDataset) -> Learnt:
    """Everything that a shop's frontiers are made of, from its training side."""
    shuffled = replace(train, rewards=np.random.default_rng(0).permutation(train.rewards))
    return Learnt(
        contenders={name: _fit(train, name).q_function() for name in CONTENDERS},
        shuffled=_fit(shuffled, "dqn").q_function(),
        clone=_fit(train, "bc").clone(),
        validation=_held_out(train),
    )


def _fit(train: TransitionDataset, algorithm: str) -> training.Run:
    return training.fit(train, algorithm, loop="lean", steps=STEPS, seed=0, device="cpu", validation=VALIDATION)


def _held_out(train: TransitionDataset) -> TransitionDataset:
    _, validation = hold_out(train, VALIDATION)
    assert validation is not None, "a share is held out"
    return validation
