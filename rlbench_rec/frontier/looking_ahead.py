"""Does a log need RL? One look at its test side: a policy that looks ahead against all that do not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..arguments import expect
from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..ope import Estimate, EvaluationLog
from ..ope.analysis.lifts import lift
from ..ope.inference import Inference
from ..policies.policy import Policy
from ..policies.q_policies import QFunction
from ..statistics.paired import LEVEL, PairedGain
from ..tolerances import ROUNDING
from .base import Base, ScoredLog
from .contenders import MEAN, PolicyScores, scores_on
from .frontier import Frontier, Step
from .trace import trace

Answer = Literal["yes", "not shown"]
LEVELS = {"trusted": LEVEL, "weak": 0.001}
"""Of the test by the verdict on a difference. At .001 a difference is 3.1 standard errors above 0, so that it would be
shown at 5 % too if its standard error were too small by a factor of 1.8, which is more than that of weak intervals, of
which about four in five covered (a factor of 1.5). What is `unreliable` shows nothing."""
BEHAVIOUR = "behaviour"
"""The opponent that every log has."""


@dataclass(frozen=True)
class Gain:
    """The policy that looks ahead less one opponent, on the same test episodes.

    Attributes:
        opponent: the contender whose scores the opponent is made of; `behaviour`: the behaviour policy.
        step: the opponent's step; None for the behaviour policy.
        estimate: the paired difference of their values, by `snips`; its interval leaves 5 % out on either side.
        n_units: episodes, or users, behind it.
    """

    opponent: str
    step: Step | None
    estimate: Estimate
    n_units: int

    @property
    def paired(self) -> PairedGain:
        """The estimate as a paired gain over the units."""
        return PairedGain(self.estimate.value, self.estimate.std_error, self.n_units)

    @property
    def p(self) -> float:
        """One-sided, of the hypothesis that nothing is gained; NaN where the log does not define it."""
        return self.paired.p

    @property
    def level(self) -> float:
        """That the difference has to be shown at, by its verdict; 0 where it cannot be."""
        return LEVELS.get(self.estimate.verdict, 0.0)

    @property
    def shown(self) -> bool:
        """Whether the gain is above 0, as far as it may be believed."""
        return self.level > 0 and self.p <= self.level

    @property
    def detectable(self) -> float:
        """The gain that four in five logs like this one would show; NaN where none can be."""
        return self.paired.detectable(self.level) if self.level > 0 else math.nan


@dataclass(frozen=True)
class LookingAhead:
    """What one log says of looking ahead.

    Attributes:
        front: of what looks ahead, on the validation part.
        step: the policy that is tested, as the validation part chose it; None where no step may be chosen that is
            supported at gamma = 0 too.
        gains: over every opponent, on the test side; empty where there is nothing to test.
    """

    front: Frontier
    step: Step | None
    gains: tuple[Gain, ...]

    @property
    def answer(self) -> Answer:
        """`yes`: the gain over every opponent is shown. Never no: a gain that one log does not show may be there."""
        return "yes" if self.gains and all(gain.shown for gain in self.gains) else "not shown"

    @property
    def closest(self) -> Gain | None:
        """The opponent over which a gain is least shown: it decides."""

        def doubt(gain: Gain) -> float:
            return gain.p / gain.level if gain.level > 0 and not math.isnan(gain.p) else math.inf

        return max(self.gains, key=doubt) if self.gains else None


def looking_ahead(
    ahead: Mapping[str, QFunction],
    short_sighted: Mapping[str, QFunction],
    floor: Mapping[str, Policy],
    validation: TransitionDataset,
    test: TransitionDataset,
    base: Base,
    *,
    inference: Inference | None = None,
) -> LookingAhead:
    """Choose a policy that looks ahead on the validation part, and test it once against every one that does not.

    Of the contenders that look ahead (learners, their checkpoints, the mean of their scores) the validation part
    chooses one step as a frontier does, the eligible one of the highest lower limit, among those that are as far from
    the behaviour policy as an eligible step at gamma = 0: being bolder is not looking ahead. Opponents are chosen there
    too, each from its own scores and on the same dials: of every contender the eligible step of the highest lower
    limit, and the one that is as bold as the step to be tested. The test side then estimates
    the paired difference from each, and from the behaviour policy, by `snips`. The answer is `yes` where every
    difference is above 0 by a one-sided t-test, at 5 % where it is `trusted` and at .1 % where it is `weak`: an
    intersection-union test, whose size is that of one test however many opponents there are (Berger 1982). The choice
    does not touch it, since it saw other episodes.

    Args:
        ahead: scores by name, of learners that look ahead.
        short_sighted: of the same learners at gamma = 0, and of models of the reward.
        floor: policies that are to be beaten too, by name; what is tested is steps from the behaviour policy towards
            them, since a log of long sessions supports no deterministic policy itself.
        validation: episodes that no contender was trained on.
        test: other episodes, which neither trained nor chose anything.
        base: the behaviour policy.
        inference: its seed, and thresholds of the verdict.

    Raises:
        InputError: sessions of one decision, in which nothing lies ahead; else as `trace`.
    """
    for name, data in {"validation": validation, "test": test}.items():
        expect(data, TransitionDataset, name)
    if validation.one_step:
        raise InputError("Every session is one decision: nothing lies ahead.", where="validation")
    if both := sorted(set(short_sighted) & set(floor)):
        raise InputError(f"'{both[0]}' is among both.", where="short_sighted, floor", hint="Name each opponent once.")
    inference = replace(inference or Inference(), interval="normal", confidence=1 - 2 * LEVEL)
    front = trace(ahead, validation, base, inference=inference)
    near = trace(short_sighted, validation, base, inference=inference)
    supported = [each for each in near.steps if each.eligible]
    step = _highest_limit([each for each in front.steps if any(_as_bold(other, each) for other in supported)])
    if step is None:
        return LookingAhead(front, None, ())
    opponents = opponents_of(near, step)
    towards = {name: PolicyScores(policy) for name, policy in floor.items()}
    if towards:
        # What the mean of deterministic policies prefers is nobody's policy.
        steps = opponents_of(trace(towards, validation, base, inference=inference), step)
        opponents += [each for each in steps if each.contender != MEAN]
    on_test = _OnTest(test, base, {**towards, **near.contenders})
    log = on_test.log_of(step, front.contenders[step.contender])
    gains = [_gain(log, None, None, inference)]
    gains += [_gain(log, each, on_test.of_opponent(each), inference) for each in opponents]
    return LookingAhead(front, step, tuple(gains))


def opponents_of(front: Frontier, step: Step) -> list[Step]:
    """The steps that a policy is tested against: of every contender the eligible one of the highest lower limit, and
    the one of the same dial that is as far from the behaviour policy, eligible or not; where it cannot go so far, the
    boldest."""
    found: list[Step] = []
    for contender in front.contenders:
        own = [each for each in front.steps if each.contender == contender]
        of_dial = sorted((each for each in own if each.dial == step.dial), key=lambda each: each.divergence)
        as_bold = next((each for each in of_dial if _as_bold(each, step)), of_dial[-1] if of_dial else None)
        found += [each for each in (_highest_limit(own), as_bold) if each is not None]
    return list({(each.contender, each.dial, each.divergence): each for each in found}.values())


def _as_bold(step: Step, other: Step) -> bool:
    """Whether a step is at least as far from the behaviour policy as another one of the same dial."""
    return step.dial == other.dial and step.divergence >= other.divergence * (1.0 - ROUNDING)


def _highest_limit(steps: Sequence[Step]) -> Step | None:
    """The eligible step of the highest lower limit, which may lie below 0."""
    return max((step for step in steps if step.eligible), key=lambda step: step.lift.ci_low, default=None)


class _OnTest:
    """The test side under the weights of steps.

    Args:
        test: the test side.
        base: the behaviour policy.
        contenders: scores of the opponents, by name; each is asked once for all of its steps.
    """

    def __init__(self, test: TransitionDataset, base: Base, contenders: Mapping[str, QFunction]):
        self.test, self.on_log, self.contenders = test, base.on(test), contenders
        self.scored: dict[str, ScoredLog] = {}

    def log_of(self, step: Step, q: QFunction) -> EvaluationLog:
        """Of a step of these scores."""
        return self._under(step.contender, q).evaluation_log(step.dial, step.parameter)

    def of_opponent(self, step: Step) -> EvaluationLog:
        """Of an opponent's step."""
        if step.contender not in self.scored:
            self.scored[step.contender] = self._under(step.contender, self.contenders[step.contender])
        return self.scored[step.contender].evaluation_log(step.dial, step.parameter)

    def _under(self, name: str, q: QFunction) -> ScoredLog:
        return self.on_log.scored(scores_on(name, q, self.test))


def _gain(log: EvaluationLog, step: Step | None, against: EvaluationLog | None, inference: Inference) -> Gain:
    difference = lift(
        log,
        "snips",
        against=against,
        interval=inference.interval,
        confidence=inference.confidence,
        gate=inference.gate,
    )
    return Gain(BEHAVIOUR if step is None else step.contender, step, difference, log.n_units)
