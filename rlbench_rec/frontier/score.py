"""The one look at the test side."""

from __future__ import annotations

from dataclasses import dataclass

from ..arguments import expect
from ..errors import InputError
from ..evaluation.bridge import log_of_behaviour, refuse_continued
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
    expect(test, TransitionDataset, "test")
    snips, on_policy = estimator("snips"), estimator("on-policy")
    log = log_of_frontier(frontier, test)
    return Score(*infer(log, [snips, on_policy, paired(snips)], inference or Inference()))


def log_of_step(frontier: Frontier, step: Step, data: TransitionDataset) -> EvaluationLog:
    """A log with the weights of a step's policy.

    Raises:
        InputError: as `score`.
    """
    expect(frontier, Frontier, "frontier")
    expect(data, TransitionDataset, "data")
    refuse_continued(data)
    scores = scores_on(step.contender, frontier.contenders[step.contender], data)
    return frontier.base.on(data).scored(scores).evaluation_log(step.dial, step.parameter)


def log_of_frontier(frontier: Frontier, data: TransitionDataset) -> EvaluationLog:
    """A log with the weights of the frontier's policy: the chosen step's, or the behaviour policy's, which are 1.

    Raises:
        InputError: as `score`.
    """
    expect(frontier, Frontier, "frontier")
    expect(data, TransitionDataset, "data")
    if frontier.chosen is not None:
        return log_of_step(frontier, frontier.chosen, data)
    refuse_continued(data)
    return log_of_behaviour(data)


def most_promising(frontier: Frontier) -> Step | None:
    """The chosen step, or else that with the highest lift; None where no step has a lift above 0."""
    expect(frontier, Frontier, "frontier")
    rising = [step for step in frontier.steps if step.lift.value > 0]
    return (frontier.chosen or max(rising, key=lambda step: step.lift.value)) if rising else None


def exploration(frontier: Frontier, data: TransitionDataset) -> list[Exploration]:
    """How many decisions until the most promising step would show, if a share of them explored by it: see
    `most_promising` and `ope.explore`.

    Args:
        frontier: of a log of one-step episodes.
        data: that log, or another part of it.

    Raises:
        InputError: longer episodes, weights instead of propensities, or no step with a lift above 0.
    """
    step = most_promising(frontier)
    if step is None:
        raise InputError("No step has a lift above 0, so none is worth exploring for.", where="frontier")
    return explore(log_of_step(frontier, step, data), step.lift.value)
