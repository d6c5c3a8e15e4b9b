"""Run: what training leaves behind."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ..errors import InputError
from ..mdp.dataset import StateLayout
from ..policies import EpsilonGreedy, Greedy, Policy, QFunction, Softmax, allowed_actions
from .networks import ActionScores, score

if TYPE_CHECKING:
    import pandas as pd

    from .algorithm_config import AlgorithmConfig

Checkpoint = Literal["last", "best"]
CHECKPOINTS: tuple[str, ...] = get_args(Checkpoint)
PARAMETERS = {"softmax": "tau", "epsilon-greedy": "epsilon"}


@dataclass(frozen=True)
class Run:
    """A finished training run: its networks, and everything needed to use, plot or repeat it.

    Attributes:
        algorithm, encoder, loop: ids.
        config: the algorithm's config, overrides applied and gamma settled.
        layout: how the states it takes read.
        action_count: number of actions.
        networks: checkpoint -> network. `last` is always there; `best`, the point of the learning curve with the
            least `unexplained` (`bc`: log_loss), wherever episodes were held out.
        history: a row per evaluation: step, loss (mean since the row before), and on the held-out episodes td_error,
            mean_q, mean_return, unexplained and log_loss (see `validation.Scores`).
        steps, batch_size, seed: as given to `fit`.
        best_step: the step of the best checkpoint, or None.
        steps_per_second: speed of training alone, evaluations left out.
        action_names, other_action: the dataset's.
    """

    algorithm: str
    encoder: str
    loop: str
    config: AlgorithmConfig
    layout: StateLayout
    action_count: int
    networks: dict[str, ActionScores] = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    steps: int
    batch_size: int
    seed: int
    best_step: int | None
    steps_per_second: float
    action_names: tuple[str, ...] = field(default=(), repr=False)
    other_action: int | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """The policy forms this algorithm offers."""
        return self.config.forms

    def q_values(self, states: np.ndarray, *, checkpoint: str = "last") -> np.ndarray:
        """(n, state size) -> (n, action_count) float32 Q values; the logits of the cloned policy for `bc`.

        Raises:
            InputError: states of another width, or a checkpoint that is not there.
        """
        network = self.network(checkpoint)
        if states.ndim != 2 or states.shape[1] != self.layout.size:
            raise InputError(f"Shape {states.shape}; (n, {self.layout.size}) is needed.", where="states")
        return score(network, states)

    def policy(
        self, form: str, *, tau: float | None = None, epsilon: float | None = None, checkpoint: str = "last"
    ) -> Policy:
        """A policy over the trained network. It recommends nothing that cannot be shown: see `allowed_actions`.

        Args:
            form: `greedy`, `softmax` (needs tau) or `epsilon-greedy` (needs epsilon); for `bc`, `stochastic` (the
                clone itself: softmax of the logits) or `greedy`.
            tau: temperature of `softmax`, in units of the reward.
            epsilon: uniform share of `epsilon-greedy`.
            checkpoint: `last` or `best`.

        Raises:
            InputError: a form the algorithm does not offer, a parameter missing or out of place, no such checkpoint.
        """
        if form not in self.forms:
            raise InputError(
                f"{self.algorithm} offers no policy '{form}'.", where="form", hint=f"Use {', '.join(self.forms)}."
            )
        for name, value in {"tau": tau, "epsilon": epsilon}.items():
            if (value is not None) != (PARAMETERS.get(form) == name):
                need = "needs" if value is None else "takes no"
                raise InputError(f"{form} {need} {name}.", where=name)
        self.network(checkpoint)
        q = functools.partial(self._recommended, checkpoint=checkpoint)
        if form == "greedy":
            return Greedy(q, self.action_count)
        if form == "epsilon-greedy":
            assert epsilon is not None, "checked above"
            return EpsilonGreedy(q, self.action_count, epsilon)
        policy = Softmax(q, self.action_count, 1.0 if tau is None else tau)
        if form == "stochastic":
            policy.name = "stochastic"
        return policy

    def clone(self, checkpoint: str = "last") -> Policy:
        """The behaviour policy as `bc` learnt it: a softmax of the logits over all logged actions, the one outside the
        vocabulary among them. A model to take propensities from; `policy("stochastic")` is what could be shown.

        Raises:
            InputError: another algorithm, or no such checkpoint.
        """
        if "stochastic" not in self.forms:
            raise InputError(
                f"{self.algorithm} does not clone the behaviour policy.", where="algorithm", hint="Use bc."
            )
        policy = Softmax(self.q_function(checkpoint), self.action_count, 1.0)
        policy.name = "stochastic"
        return policy

    def _recommended(self, states: np.ndarray, checkpoint: str) -> np.ndarray:
        """Q values, minus infinity for what may not be recommended."""
        values = self.q_values(states, checkpoint=checkpoint)
        allowed = allowed_actions(states, self.layout, self.action_count, self.other_action)
        return values if allowed is None else np.where(allowed, values, -np.inf)

    def q_function(self, checkpoint: str = "last") -> QFunction:
        """`q_values` of one checkpoint as a function of states."""
        self.network(checkpoint)
        return functools.partial(self.q_values, checkpoint=checkpoint)

    def network(self, checkpoint: str = "last") -> ActionScores:
        """The torch module of one checkpoint: (b, state size) states to (b, action_count) scores.

        Raises:
            InputError: no such checkpoint.
        """
        if checkpoint in self.networks:
            return self.networks[checkpoint]
        if checkpoint in CHECKPOINTS:
            what = f"No {checkpoint} checkpoint: nothing was held out, or it could not tell networks apart."
            raise InputError(what, where="checkpoint")
        raise InputError(f"Unknown checkpoint '{checkpoint}'.", where="checkpoint", hint="Use last or best.")

    def save(self, folder: str | Path) -> None:
        """Write run.json, a .safetensors file a checkpoint; see `training.load`."""
        from .saved_run import save

        save(self, Path(folder))
