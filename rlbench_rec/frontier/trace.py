"""The curve of a frontier: every step of the dials, estimated on the validation part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arguments import expect
from ..errors import InputError
from ..evaluation.bridge import refuse_continued
from ..mdp.dataset import TransitionDataset
from ..ope.analysis.simultaneous_lifts import LiftOnLog, lift_on_log, with_limits
from ..ope.inference import Inference
from ..policies.divergence import DIVERGENCES
from ..policies.q_policies import QFunction
from .base import Base, BaseOnLog, Dial, Setting
from .choose import chosen_of, in_words, log_needed, reasons_against, stricter
from .contenders import MEAN, MeanScores, check_contenders, mean_scores, scores_on
from .dial import check_dials
from .frontier import Frontier, Step


class _Measured(NamedTuple):
    """A step before its limits are known."""

    contender: str
    dial: Dial
    setting: Setting
    lift: LiftOnLog


def trace(
    contenders: Mapping[str, QFunction],
    validation: TransitionDataset,
    base: Base,
    *,
    dials: Sequence[Dial] = ("tilted", "constrained"),
    divergences: Sequence[float] = DIVERGENCES,
    inference: Inference | None = None,
) -> Frontier:
    """Estimate the lift of every step from the behaviour policy outwards, and choose.

    Each step's lift is estimated by `snips`, with limits that hold for all steps of all contenders at once (see
    `ope.inference.critical_value`): what is chosen because its lower limit is the highest is covered all the same. They
    cover the chance of which sessions were logged, the scores being what they are; scores must come from other episodes
    than the validation part. Among the steps whose lift is `trusted` with a margin (see `choose.stricter`), the one
    with the highest lower limit is chosen if that is above 0; if there is none, the frontier is the behaviour policy.
    Score it once on a third part: `frontier.score`.

    Args:
        contenders: scores by name. With several, the mean of their standardised scores is one more, `mean`.
        validation: episodes that no contender was trained on.
        base: the behaviour policy, as far as it is known.
        dials: which policies are tried; `constrained` is left out where sessions have more than two decisions.
        divergences: how far each step is from the behaviour policy, in nats a session.
        inference: level of the limits, seed of their critical value, thresholds of the verdict.

    Raises:
        InputError: no contenders, no base, scores of another shape, a base that is not the behaviour policy, sessions
            that do not end (`next_episodes`), dials or divergences that are none.
    """
    expect(validation, TransitionDataset, "validation")
    check_contenders(contenders)
    check_dials(dials, divergences)
    refuse_continued(validation)
    if not isinstance(base, Base):
        hint = "Give LoggedBase(policy), what logged_base(data, policy) found, or ServiceBase(clone)."
        raise InputError("It is not a base.", where="base", hint=hint)
    inference = inference or Inference()
    on_log = base.on(validation)
    scores, tried = _all_scores(contenders, validation, on_log)
    measured = list(_measured(scores, on_log, dials, divergences, inference))
    limits, critical_value = with_limits([each.lift for each in measured], seed=inference.seed)
    steps = []
    for (contender, dial, setting, lift), estimate in zip(measured, limits, strict=True):
        reasons = reasons_against(lift)
        needed = log_needed(lift, estimate, critical_value, not reasons)
        concentration = lift.balanced_weights
        steps.append(Step(contender, dial, *setting, estimate, concentration, not reasons, reasons, needed))
    chosen = chosen_of(steps)
    return Frontier(
        steps=tuple(steps),
        chosen=chosen,
        why=in_words(steps, chosen),
        base=base,
        contenders=tried,
        action_count=validation.action_count,
        critical_value=critical_value,
        behaviour=float(validation.returns_to_go(validation.gamma)[validation.episode_starts].mean()),
        n_episodes=validation.n_episodes,
        n_units=validation.user_codes()[1],
        decisions_per_episode=len(validation) / validation.n_episodes,
    )


def _all_scores(
    contenders: Mapping[str, QFunction], validation: TransitionDataset, on_log: BaseOnLog
) -> tuple[dict[str, np.ndarray], dict[str, QFunction]]:
    """(n, A) scores of every contender, their mean among them where there are several, and the contenders."""
    scores = {name: scores_on(name, q, validation) for name, q in contenders.items()}
    if len(scores) < 2:
        return scores, dict(contenders)
    spreads = [on_log.spread(each) for each in scores.values()]
    mean = MeanScores(list(contenders.values()), spreads)
    return scores | {MEAN: mean_scores(list(scores.values()), spreads)}, {**contenders, MEAN: mean}


def _measured(
    scores: Mapping[str, np.ndarray],
    on_log: BaseOnLog,
    dials: Sequence[Dial],
    divergences: Sequence[float],
    inference: Inference,
) -> Iterator[_Measured]:
    margin = stricter(inference.gate)
    for contender, of_contender in scores.items():
        scored = on_log.scored(of_contender)
        for dial in dials:
            for setting in scored.settings(dial, divergences):
                log = scored.evaluation_log(dial, setting.parameter)
                lift = lift_on_log(log, "snips", inference=inference, stricter=margin)
                yield _Measured(contender, dial, setting, lift)
