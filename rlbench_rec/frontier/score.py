"""The one look at the test side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..evaluation.bridge import log_of, refuse_continued
from ..mdp.dataset import TransitionDataset
from ..ope import Estimate, EvaluationLog, explore
from ..ope.analysis.lifts import paired
from ..ope.analysis.planning import Exploration
from ..ope.estimate import infer
from ..ope.estimators import estimator
from ..ope.inference import Inference
from .contenders import scores_on
from .frontier import Frontier, Step


@dataclass(frozen=True)
class Score:
    """A frontier on episodes that neither trained nor chose it.

    Attributes:
        value: of the frontier's policy.
        behaviour: of the behaviour policy, the log's own mean return.
        lift: the former less the latter, paired; exactly 0 where the frontier is the behaviour policy.
    """

    value: Estimate
    behaviour: Estimate
    lift: Estimate


def score(frontier: Frontier, test: TransitionDataset, *, inference: Inference | None = None) -> Score:
    """The value and the lift of a frontier's policy by `snips`, with ordinary intervals: nothing is chosen here.

    Args:
        frontier: chosen on a validation part.
        test: other episodes.
        inference: of the intervals and verdicts.

    Raises:
        InputError: sessions that do not end, or a base that is not the behaviour policy of these episodes.
    """
    snips, on_policy = estimator("snips"), estimator("on-policy")
    log = _on_behaviour(test) if frontier.chosen is None else log_of_step(frontier, frontier.chosen, test)
    return Score(*infer(log, [snips, on_policy, paired(snips)], inference or Inference()))


def log_of_step(frontier: Frontier, step: Step, data: TransitionDataset) -> EvaluationLog:
    """A log with the weights of a step's policy.

    Raises:
        InputError: as `score`.
    """
    refuse_continued(data)
    scores = scores_on(step.contender, frontier.contenders[step.contender], data)
    return frontier.base.on(data).scored(scores).evaluation_log(step.dial, step.parameter)


def _on_behaviour(data: TransitionDataset) -> EvaluationLog:
    """A log whose target policy is the behaviour policy: every weight is 1."""
    refuse_continued(data)
    ones = np.ones(len(data))
    return log_of(data, ones, ones)


def exploration(frontier: Frontier, data: TransitionDataset) -> list[Exploration]:
    """How many decisions until the most promising step would show, if a share of them explored by it: `ope.explore`
    of the chosen step, or of that with the highest lift.

    Args:
        frontier: of a log of one-step episodes.
        data: that log, or another part of it.

    Raises:
        InputError: longer episodes, weights instead of propensities, or no step with a lift above 0.
    """
    rising = [step for step in frontier.steps if step.lift.value > 0]
    if not rising:
        raise InputError("No step has a lift above 0, so none is worth exploring for.", where="frontier")
    step = frontier.chosen or max(rising, key=lambda step: step.lift.value)
    return explore(log_of_step(frontier, step, data), step.lift.value)
