"""A reweighted policy from its form: a tilt's temperature is set on a log."""

from __future__ import annotations

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from .constrained import ConstrainedGreedy
from .divergence import temperature_for
from .forms import PolicyForm
from .mixed import Mixed
from .past import on_log, scores_on_log
from .policy import Policy
from .q_policies import Greedy, QFunction
from .reweighted import Reweighted
from .tilted import Tilted


def make_reweighted(
    form: PolicyForm,
    q: QFunction,
    action_count: int,
    base: Policy | None = None,
    *,
    temperature: float | None = None,
    on: TransitionDataset | None = None,
) -> Reweighted:
    """The policy of a form `tilted`, `mixed` or `constrained`, its greedy action by q.

    Args:
        form: with its parameter; that of `tilted` is the divergence, None where the temperature is given.
        q: the values; minus infinity for an action that must not be taken.
        action_count: number of actions.
        base: the behaviour policy; None: each call of the policy brings its probabilities.
        temperature: of `tilted`.
        on: the log whose states and session length set the temperature; without a base, its
            `behaviour_probabilities` do.

    Raises:
        InputError: a parameter out of range, or a divergence without a log and a base to measure it on.
    """
    if form.name != "tilted":
        return reweighted_by(form.name, q, action_count, _known(form), base, str(form))
    if temperature is None:
        temperature = _temperature(form, q, base, on)
    return reweighted_by(form.name, q, action_count, temperature, base, str(form))


def reweighted_by(
    form: str, q: QFunction, action_count: int, parameter: float, base: Policy | None = None, name: str | None = None
) -> Reweighted:
    """The policy of a form by what it is made with.

    Args:
        form: `tilted`, `mixed` or `constrained`.
        q, action_count, base: as for `make_reweighted`.
        parameter: a temperature (tilted), c (constrained) or m (mixed).
        name: label in tables; None: the form.

    Raises:
        InputError: a parameter out of range.
    """
    name = name or form
    if form == "mixed":
        return Mixed(Greedy(q, action_count), parameter, base, name)
    if form == "constrained":
        return ConstrainedGreedy(q, action_count, parameter, base, name)
    return Tilted(q, action_count, parameter, base, name)


def _known(form: PolicyForm) -> float:
    assert form.parameter is not None, "parse_form and Run.policy see to it"
    return form.parameter


def _temperature(form: PolicyForm, q: QFunction, base: Policy | None, on: TransitionDataset | None) -> float:
    if on is None:
        hint = "Give on=, a log, or temperature=."
        raise InputError("The log whose states set the temperature is missing.", where=str(form), hint=hint)
    probabilities = on.behaviour_probabilities if base is None else on_log(base, on)
    if probabilities is None:
        hint = "Give base=, the behaviour policy, or temperature=."
        raise InputError("The divergence is from the behaviour policy, which is missing.", where=str(form), hint=hint)
    return temperature_for(scores_on_log(q, on), probabilities, _known(form), len(on) / on.n_episodes)
