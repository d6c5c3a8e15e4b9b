"""Policies that stay with the log, made of the scores of a training: `tilted-<k>`, `mixed-<m>`, `constrained-<c>`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ....policies import PolicyForm, QFunction, scores_on_log
from ....policies.forms import REWEIGHTED_FORMS
from ....policies.make_reweighted import make_reweighted
from ...sources import Loaded
from .rows import Contender, Subject

if TYPE_CHECKING:
    from ....frontier import Base
    from ....frontier.base import Dial
    from ....mdp.dataset import TransitionDataset
    from ....ope import EvaluationLog

DIALS: dict[str, Dial] = {"tilted": "tilted", "mixed": "mixed", "constrained": "constrained"}
assert tuple(DIALS) == REWEIGHTED_FORMS


def parameter_of(loaded: Loaded, base: Base, form: PolicyForm, scores: QFunction) -> float | None:
    """The number behind a form: as it is written, but of `tilted` the temperature that is so many nats a session from
    the behaviour policy on the validation episodes. None where no temperature is, or where the base does not tell the
    policy's weights.

    Args:
        loaded: the source.
        base: the behaviour policy.
        form: `tilted`, `mixed` or `constrained`.
        scores: what the behaviour policy is reweighted by.
    """
    assert form.parameter is not None, "such forms have one"
    data = loaded.validation
    if form.name != "tilted":
        known = base.kind == "logged" or (form.name == "mixed" and data.propensities is not None)
        return form.parameter if known else None
    settings = base.on(data).scored(scores_on_log(scores, data)).settings("tilted", [form.parameter])
    return settings[0].parameter if settings else None


def staying(
    base: Base, form: PolicyForm, parameter: float, scores: QFunction, algorithm: str, variant: str
) -> Contender:
    """The policy of a form, ready to be scored.

    Args:
        base: the behaviour policy.
        form: `tilted`, `mixed` or `constrained`.
        parameter: see `parameter_of`.
        scores: what the behaviour policy is reweighted by.
        algorithm, variant: names of its rows.
    """
    temperature = parameter if form.name == "tilted" else None
    policy = None
    if base.policy is not None:
        policy = make_reweighted(form, scores, base.policy.action_count, base.policy, temperature=temperature)
    weighted = partial(_weighted, base=base, dial=DIALS[form.name], parameter=parameter, scores=scores)
    return Contender(Subject(algorithm, variant, str(form), base.kind), policy, weighted)


def _weighted(data: TransitionDataset, base: Base, dial: Dial, parameter: float, scores: QFunction) -> EvaluationLog:
    return base.on(data).scored(scores_on_log(scores, data)).evaluation_log(dial, parameter)
