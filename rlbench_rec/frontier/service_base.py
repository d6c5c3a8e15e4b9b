"""The behaviour policy as what is in service: only its choices are known, and a tilt needs no more.

The weight of a tilt is w = exp(q / tau) / Z(s), Z(s) = E_b[exp(q / tau) | s]: the propensity of the logged action
cancels (incremental interventions, Kennedy 2019), and only Z must be known. It is fitted; see `normaliser`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..evaluation.bridge import log_of, weights_log_of
from ..mdp.dataset import TransitionDataset
from ..ope import EvaluationLog
from ..policies.policy import Policy, at_actions
from ..policies.tilts import Tilts
from .base import Base, BaseOnLog, Dial, ScoredLog, Setting
from .logged_base import probabilities_on, spread_within
from .normaliser import Calibrated, calibrated, prefix_factors
from .normaliser_features import StateFeatures

FIRST_FEATURES = 6
"""Of the first fit, of which the factors of the second are made: none of the state's own columns."""
CLOSE = 0.02
"""Relative: how near a step comes to the divergence that it was asked for."""
MOST_ROUNDS = 4


class ServiceBase(Base):
    """What is in service, known by its choices; to be used where no distribution is (`logged_base` gives None).

    It takes that choices followed from the state (with what the log calls context and history) and from chance, and
    from nothing else that bears on rewards. Logged propensities are not needed, and not looked at but for `mixed`.

    Args:
        clone: a model of the behaviour policy, learnt on other episodes: `Run.clone()` of `bc`. It is where the fit of
            Z starts from; it alone is never the base.
    """

    kind = "service"
    policy = None

    def __init__(self, clone: Policy):
        self.clone = clone

    def on(self, data: TransitionDataset) -> ServiceOnLog:
        """What it says of a log."""
        return ServiceOnLog(data, probabilities_on(self.clone, data))


class ServiceOnLog(BaseOnLog):
    """A log of choices, and a model of the policy that made them.

    Args:
        data: the log.
        model: (n, A) the model's probabilities.
    """

    def __init__(self, data: TransitionDataset, model: np.ndarray):
        self.data, self.model = data, model
        self.features = StateFeatures(data, model)
        self.decisions_per_episode = len(data) / data.n_episodes

    def scored(self, scores: np.ndarray) -> ServiceScores:
        return ServiceScores(self, scores)

    def spread(self, scores: np.ndarray) -> float:
        return spread_within(self.model, scores)


class ServiceScores(ScoredLog):
    """A log of choices under one contender's scores.

    Args:
        log: the log and the model.
        scores: (n, A).
    """

    def __init__(self, log: ServiceOnLog, scores: np.ndarray):
        self.log, self.scores = log, scores

    def settings(self, dial: Dial, divergences: Sequence[float]) -> list[Setting]:
        """As measured on the logged actions, where D is the mean of w log w - w + 1 times decisions a session."""
        if dial == "tilted":
            return list(self._tilted_settings(divergences))
        if dial == "mixed" and self.log.data.propensities is not None:
            return self._mixed_settings(divergences)
        return []

    def evaluation_log(self, dial: Dial, parameter: float) -> EvaluationLog:
        data = self.log.data
        if dial == "mixed":
            if data.propensities is None:
                raise InputError("A mixture needs logged propensities.", where="propensities", hint="Use a tilt.")
            return log_of(data, data.propensities, self._mixed_ratios(parameter) * data.propensities)
        if dial != "tilted":
            what = f"'{dial}' needs the behaviour policy's whole distribution."
            raise InputError(what, where="dial", hint="Use a tilt, or LoggedBase.")
        guess, features, fit = self._fit(parameter)
        return weights_log_of(
            data,
            fit.ratios,
            ratio_gradients=features,
            nuisance_influence=fit.influence,
            weight_bins=self.log.features.bins(guess),
        )

    @cached_property
    def _tilts(self) -> Tilts:
        return Tilts(self.scores, self.log.model, self.log.decisions_per_episode)

    def guess(self, temperature: float) -> tuple[np.ndarray, np.ndarray]:
        """(n,) the model's weights, and (n,) its log Z."""
        best, gaps = self._logged_gaps
        totals = self._tilts.log_totals(temperature)
        # A gap of minus infinity is an action that the scores rule out; where they leave nothing, the base stays.
        return np.where(self._tilts.left, np.exp(gaps / temperature - totals), 1.0), best / temperature + totals

    @cached_property
    def _logged_gaps(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) the best score of a row among what the model takes, and (n,) the logged action's less that."""
        best = np.max(self.scores, axis=1, initial=-np.inf, where=self.log.model > 0)
        best = np.where(self._tilts.left, best, 0.0)
        return best, at_actions(self.scores, self.log.data.actions) - best

    def _first(self, ratios: np.ndarray, guess: np.ndarray) -> np.ndarray:
        """(n,) weights of a fit on few features."""
        few, ones = self.log.features.of(guess, FIRST_FEATURES), np.ones(len(ratios))
        return calibrated(ratios, few, ones, self.log.data.episode_starts).ratios

    def _fit(self, temperature: float) -> tuple[np.ndarray, np.ndarray, Calibrated]:
        """(n,) log Z of the model, (n, p) features, and the fit on them."""
        ratios, guess = self.guess(temperature)
        starts, features = self.log.data.episode_starts, self.log.features.of(guess)
        factors = prefix_factors(self._first(ratios, guess), starts)
        return guess, features, calibrated(ratios, features, factors, starts)

    def _tilted_settings(self, divergences: Sequence[float]) -> list[Setting]:
        """The model's temperatures, moved until the logged actions agree: D goes with 1 / tau^2 where it is small."""
        found, factor = [], 1.0
        for divergence in divergences:
            temperature = self._tilts.temperature(divergence)
            if not 0 < temperature < math.inf:
                continue
            temperature *= factor
            for _ in range(MOST_ROUNDS):
                measured = self._nats(self._first(*self.guess(temperature)))
                if not measured > 0 or abs(math.log(measured / divergence)) <= CLOSE:
                    break
                step = math.sqrt(measured / divergence)
                temperature, factor = temperature * step, factor * step
            if measured > 0:
                found.append(Setting(temperature, measured))
        return found

    def _nats(self, ratios: np.ndarray) -> float:
        """mean of w log w - w + 1, which is never below 0, times decisions a session."""
        logs = np.log(ratios, out=np.zeros(len(ratios)), where=ratios > 0)
        return float(np.mean(ratios * logs - ratios + 1.0)) * self.log.decisions_per_episode

    def _mixed_ratios(self, share: float) -> np.ndarray:
        """(n,) w = 1 - m + m 1{the best action} / p."""
        data = self.log.data
        assert data.propensities is not None, "asked only where they are logged"
        return 1.0 - share + share * (self.scores.argmax(axis=1) == data.actions) / data.propensities

    def _mixed_settings(self, divergences: Sequence[float]) -> list[Setting]:
        from scipy.optimize import brentq

        def beyond(share: float, wanted: float) -> float:
            return self._nats(self._mixed_ratios(share)) - wanted

        reachable = [wanted for wanted in divergences if beyond(1.0, wanted) > 0]
        return [Setting(float(brentq(beyond, 0.0, 1.0, args=(wanted,))), wanted) for wanted in reachable]
