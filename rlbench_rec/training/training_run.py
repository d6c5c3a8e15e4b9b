"""Run: what training leaves behind."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ..arguments import path_of
from ..errors import InputError
from ..mdp.dataset import StateLayout
from ..mdp.past import Past
from ..policies import EpsilonGreedy, Greedy, Policy, QFunction, ScoresWithMemory, Softmax, allowed_actions
from ..policies.forms import PARAMETERS, REWEIGHTED_FORMS, PolicyForm
from ..policies.make_reweighted import make_reweighted
from ..policies.policy import fitting
from .fit_options import Steps
from .networks import ActionScores, PastScores, score

if TYPE_CHECKING:
    import pandas as pd

    from ..mdp.dataset import TransitionDataset
    from ..serving.state_encoding import StateEncoding
    from .algorithm_config import AlgorithmConfig

DIVERGING = 25.0
"""Overestimation above which a training has run away. Chosen in `train` shops (docs/training.md): levels that stay
where they are, as those of CQL with a large alpha, were 23 at the most, and what ran away passed 50."""
Checkpoint = Literal["last", "best"]
CHECKPOINTS: tuple[str, ...] = get_args(Checkpoint)


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
            mean_q, mean_return, unexplained, log_loss and overestimation (see `validation.Scores`).
        steps, batch_size, seed: as given to `fit`.
        steps_used: gradient steps done, which `plateau` leaves to the training.
        best_step: the step of the best checkpoint, or None.
        steps_per_second: speed of training alone, evaluations left out.
        action_names, other_action: the dataset's.
        reward_scale: how many of the log's units of reward are one of the networks': what rewards were divided by in
            training (see `reward_scale`), 1 where they were not. `q_values` and all that is made of them are in the
            log's units.
        encoding: how raw requests become its states; None: it was saved by a version that did not keep it.
    """

    algorithm: str
    encoder: str
    loop: str
    config: AlgorithmConfig
    layout: StateLayout
    action_count: int
    networks: dict[str, ActionScores] = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    steps: Steps
    steps_used: int
    batch_size: int
    seed: int
    best_step: int | None
    steps_per_second: float
    action_names: tuple[str, ...] = field(default=(), repr=False)
    other_action: int | None = None
    reward_scale: float = 1.0
    encoding: StateEncoding | None = field(default=None, repr=False)

    @property
    def forms(self) -> tuple[str, ...]:
        """The policy forms this algorithm offers: its own, and those that reweight the behaviour policy."""
        return (*self.config.forms, *REWEIGHTED_FORMS)

    @property
    def overestimation(self) -> float:
        """How many times what the log earned the last network believes it can earn; see `overestimation_at`."""
        return self.overestimation_at("last")

    def overestimation_at(self, checkpoint: str) -> float:
        """Mean Q over the log's mean discounted return, on held-out rows (see `validation.overestimation`); NaN where
        nothing was held out, nothing was ever earned, or there is no Q.

        Raises:
            InputError: no such checkpoint.
        """
        self.network(checkpoint)
        if "overestimation" not in self.history:
            return math.nan
        steps = self.history["step"]
        at = steps == (self.best_step if checkpoint == "best" else steps.max())
        return float(self.history["overestimation"][at].iloc[0])

    def diverges(self, checkpoint: str = "last") -> bool:
        """Whether the values of a checkpoint are more than `DIVERGING` times what the log earned: they feed on
        themselves, and with a few more steps its policy would be another one."""
        return self.overestimation_at(checkpoint) > DIVERGING

    def q_values(self, states: np.ndarray, *, past: Past | None = None, checkpoint: str = "last") -> np.ndarray:
        """(n, state size) -> (n, action_count) float32 Q values in the log's units; of what has none (`bc`), its
        policy's logits.

        Args:
            states: (n, state size).
            past: of the sessions, where the run looks back (`memory`).
            checkpoint: `last` or `best`.

        Raises:
            InputError: states of another width, a past that is missing or does not fit, or a checkpoint that is not
                there.
        """
        return self._scored(self.network(checkpoint).critic, states, self.q_unit(checkpoint), past)

    def scores(self, states: np.ndarray, *, past: Past | None = None, checkpoint: str = "last") -> np.ndarray:
        """(n, state size) -> (n, action_count) float32 scores that the run's own policies are made of: Q values in the
        log's units, or the logits of an actor-critic's policy.

        Raises:
            InputError: as `q_values`.
        """
        return self._scored(self.network(checkpoint), states, self.unit, past)

    @property
    def memory(self) -> int | None:
        """How many decisions of the session its policies look back; see `Policy.memory`."""
        return self.network().memory

    def _scored(self, network: ActionScores, states: np.ndarray, unit: float, past: Past | None) -> np.ndarray:
        if states.ndim != 2 or states.shape[1] != self.layout.size:
            raise InputError(f"Shape {states.shape}; (n, {self.layout.size}) is needed.", where="states")
        scores = score(network, states, self._fitting(network, states, past))
        return scores if unit == 1.0 else scores * np.float32(unit)

    def _fitting(self, network: ActionScores, states: np.ndarray, past: Past | None) -> Past | None:
        if not isinstance(network, PastScores):
            return None
        past = fitting(past, network.memory, states, self.algorithm)
        if np.float32(past.gamma) != np.float32(network.gamma):
            what = f"The past is discounted by {past.gamma:g}, and it was trained on a log of {network.gamma:g}."
            raise InputError(what, where=self.algorithm, hint="Give the log, or the shop, the same gamma.")
        return past

    @property
    def unit(self) -> float:
        """What a score of its networks is worth in the log's units: `reward_scale`, and 1 for logits."""
        return 1.0 if "stochastic" in self.forms else self.reward_scale

    def q_unit(self, checkpoint: str = "last") -> float:
        """What a value of `network(checkpoint).critic` is worth in the log's units: `reward_scale` for an actor-critic
        too, whose scores are logits.

        Raises:
            InputError: no such checkpoint.
        """
        network = self.network(checkpoint)
        return self.unit if network.critic is network else self.reward_scale

    def policy(
        self,
        form: str,
        *,
        tau: float | None = None,
        epsilon: float | None = None,
        divergence: float | None = None,
        temperature: float | None = None,
        share: float | None = None,
        base: Policy | None = None,
        on: TransitionDataset | None = None,
        checkpoint: str = "last",
    ) -> Policy:
        """A policy over the trained network. It recommends nothing that cannot be shown (see `allowed_actions`), but
        for what the base of a mixture shows.

        Args:
            form: `greedy`, `softmax` (needs tau) or `epsilon-greedy` (needs epsilon); for `bc`, `stochastic` (the
                clone itself: softmax of the logits) or `greedy`; for all, `tilted` (needs divergence or temperature),
                `mixed` or `constrained` (need share): see `policies.Tilted`, `Mixed` and `ConstrainedGreedy`. They
                reweight the base by `q_values`.
            tau: temperature of `softmax`, in units of the reward.
            epsilon: uniform share of `epsilon-greedy`.
            divergence: distance of `tilted` from the base, in nats a session; it needs `on`, and `base` unless that
                log carries the probabilities of all actions.
            temperature: of `tilted`, in units of the scores, in place of a divergence.
            share: the greedy policy's share of `mixed`; of `constrained`, how likely an action must be for the base,
                as a share of its likeliest.
            base: the behaviour policy that is reweighted; None: each call brings the probabilities of what is in
                service.
            on: the log whose states and session length set the temperature.
            checkpoint: `last` or `best`.

        Raises:
            InputError: a form the algorithm does not offer, a parameter missing or out of place, no such checkpoint.
        """
        given = {"tau": tau, "epsilon": epsilon, "divergence": divergence, "share": share}
        self._check_form(form, given | {"temperature": temperature, "base": base, "on": on})
        self.network(checkpoint)
        q = Recommended(self, checkpoint, values=form in REWEIGHTED_FORMS)
        if form in REWEIGHTED_FORMS:
            reweighted = PolicyForm(form, given[PARAMETERS[form]])
            return make_reweighted(reweighted, q, self.action_count, base, temperature=temperature, on=on)
        if form == "greedy":
            return Greedy(q, self.action_count)
        if form == "epsilon-greedy":
            assert epsilon is not None, "checked above"
            return EpsilonGreedy(q, self.action_count, epsilon)
        policy = Softmax(q, self.action_count, 1.0 if tau is None else tau)
        if form == "stochastic":
            policy.name = "stochastic"
        return policy

    def _check_form(self, form: str, given: dict[str, object]) -> None:
        if form not in self.forms:
            hint = f"Use {', '.join(self.forms)}."
            if form.startswith(tuple(f"{name}-" for name in PARAMETERS)):
                hint += " A parameter is an argument: policy('softmax', tau=0.3)."
            if form.startswith("frontier"):
                hint += " A frontier is chosen on a log: rb.frontier.trace, or a suite."
            raise InputError(f"{self.algorithm} offers no policy '{form}'.", where="form", hint=hint)
        needed = {PARAMETERS.get(form, "")}
        if form == "tilted" and given["temperature"] is not None:
            needed = {"temperature"}
        taken = needed | ({"base", "on"} if form in REWEIGHTED_FORMS else set())
        for name, value in given.items():
            if value is None and name in needed:
                raise InputError(f"{form} needs {name}{' or temperature' * (form == 'tilted')}.", where=name)
            if value is not None and name not in taken:
                raise InputError(f"{form} takes no {name}.", where=name)

    def clone(self, checkpoint: str = "last") -> Policy:
        """The behaviour policy as `bc` learnt it: a softmax of the logits over all logged actions, the one outside the
        vocabulary among them. A model to take propensities from; `policy("stochastic")` is what could be shown.

        Raises:
            InputError: another algorithm, or no such checkpoint.
        """
        if self.config.learns != "behaviour policy":
            raise InputError(
                f"{self.algorithm} does not clone the behaviour policy.", where="algorithm", hint="Use bc."
            )
        policy = Softmax(self.q_function(checkpoint), self.action_count, 1.0)
        policy.name = "stochastic"
        return policy

    def q_function(self, checkpoint: str = "last") -> QFunction:
        """`q_values` of one checkpoint as a function of states."""
        self.network(checkpoint)
        return QValues(self, checkpoint)

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

        save(self, path_of(folder, "folder"))


class QValues(ScoresWithMemory):
    """`Run.q_values` of one checkpoint."""

    def __init__(self, run: Run, checkpoint: str):
        self.run, self.checkpoint, self.memory = run, checkpoint, run.memory

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        return self.run.q_values(states, past=past, checkpoint=self.checkpoint)


class Recommended(ScoresWithMemory):
    """Scores of one checkpoint, or its Q values, and minus infinity for what may not be recommended."""

    def __init__(self, run: Run, checkpoint: str, values: bool):
        self.run, self.checkpoint, self.memory = run, checkpoint, run.memory
        self.scores = run.q_values if values else run.scores

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        run, scores = self.run, self.scores(states, past=past, checkpoint=self.checkpoint)
        allowed = allowed_actions(states, run.layout, run.action_count, run.other_action)
        return scores if allowed is None else np.where(allowed, scores, -np.inf)
