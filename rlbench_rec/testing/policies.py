"""What every policy without a training loop must do: `check_policy("popularity")`."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InapplicableError, RlbenchError
from ..mdp.dataset import TransitionDataset
from ..policies import (
    POLICIES,
    Policy,
    PolicyWithMemory,
    Reweighted,
    allowed_actions,
    ask,
    make,
    on_log,
    probability_on_log,
)
from .contract import Check, require
from .toy_logs import toy_logs

SUM_ERROR = 1e-6
"""How far a row may be from 1."""
Contract = Callable[[Policy, TransitionDataset], None]


def check_policy(name: str, train: TransitionDataset | None = None) -> None:
    """Assert the contract: sound probabilities, the same each time, and nothing that is forbidden; of a policy that
    reweights another one, that it does so with whatever base a call brings.

    Args:
        name: id in `POLICIES`.
        train: the log that it is made from; None: small logs with and without sessions, items outside the vocabulary,
            forbidden actions, candidates and events that are not decisions. Those that it refuses with an
            `InapplicableError` are left out, unless it refuses all.

    Raises:
        AssertionError: what does not hold.
    """
    require(policy_checks(name, train))


def policy_checks(name: str, train: TransitionDataset | None = None) -> list[Check]:
    """The checks of `check_policy`, one by one."""
    offered = toy_logs() if train is None else {train.provenance.source: train}
    try:
        policies = _policies(name, offered)
    except (AssertionError, RlbenchError) as error:
        on_toy_logs = train is None and isinstance(error, RlbenchError)
        return [Check("can be made of a log", functools.partial(_refuse, str(error), on_toy_logs))]
    logs = {title: log for title, log in offered.items() if title in policies}
    contracts: dict[str, Contract] = {
        "is a policy over the log's actions": _check_made,
        "probabilities are rows that sum to 1": _check_rows,
        "probability_of agrees with probabilities": _check_probability_of,
        "a row does not depend on those that it is asked with": _check_batches,
        "what is forbidden has no probability": _check_forbidden,
        "draws are actions that it can take": _check_draws,
    }

    def over_logs(contract: Contract) -> Callable[[], None]:
        def run() -> None:
            for title, log in logs.items():
                try:
                    contract(policies[title], log)
                except AssertionError as error:
                    raise AssertionError(f"On a log of {title}: {error}") from error

        return run

    def repeatable() -> None:
        for title, log in logs.items():
            _check_repeatable(name, title, log)

    def reweights() -> None:
        for title, log in logs.items():
            policy = POLICIES[name](log)
            if isinstance(policy, Reweighted):
                _check_base(policy, title, log)

    checks = [Check(promise, over_logs(contract)) for promise, contract in contracts.items()]
    checks.append(Check("reweights the base that a call brings", reweights))
    return [*checks, Check("is the same each time", repeatable)]


def _policies(name: str, logs: dict[str, TransitionDataset]) -> dict[str, Policy]:
    """The policy made of each log that it applies to.

    Raises:
        AssertionError: what was made is not a policy.
        RlbenchError: it applies to none of the logs, or refuses one for another reason.
    """
    policies, refusals = {}, []
    for title, log in logs.items():
        try:
            policies[title] = _made(name, log)
        except InapplicableError as error:
            refusals.append(error)
    if not policies:
        raise refusals[0]
    return policies


def _made(name: str, log: TransitionDataset) -> Policy:
    policy = POLICIES[name](log)
    what = f"made {type(policy).__name__}; return an instance of a subclass of policies.Policy."
    assert isinstance(policy, Policy), what
    return make(name, log)


def _refuse(message: str, on_toy_logs: bool) -> None:
    hint = " Where it is made for one log alone, check it on that: --dataset CARD, or check_policy(name, train)."
    raise AssertionError(f"{message}{hint if on_toy_logs else ''}")


def _check_made(policy: Policy, log: TransitionDataset) -> None:
    assert isinstance(policy.name, str) and policy.name, "has no name; set `name`, the label in tables."
    count = policy.action_count
    assert count == log.action_count, f"has {count} actions of {log.action_count}; set action_count to the log's."
    looks_back = policy.memory is not None
    what = f"looks back {policy.memory} decisions; that has to be a subclass of policies.PolicyWithMemory."
    assert not looks_back or isinstance(policy, PolicyWithMemory), what


def _check_rows(policy: Policy, log: TransitionDataset) -> None:
    states = log.states()
    before = states.tobytes()
    past = None if policy.memory is None else log.past(None, policy.memory)
    rows = ask(policy, states, past)
    assert states.tobytes() == before, "changes the states that it is given; work on a copy."
    expected = (len(states), log.action_count)
    assert rows.shape == expected, f"probabilities have the shape {rows.shape}; {expected} is needed."
    assert np.isfinite(rows).all(), f"row {_first(~np.isfinite(rows).all(axis=1))} holds a NaN or an infinity."
    assert (rows >= 0).all(), f"row {_first((rows < 0).any(axis=1))} holds a probability below 0."
    wrong = ~np.isclose(rows.sum(axis=1), 1.0, rtol=0, atol=SUM_ERROR)
    row = _first(wrong)
    assert not wrong.any(), f"row {row} sums to {rows[row].sum():.6g}; divide each row by its sum."
    assert ask(policy, states[:0], past and past[:0]).shape == (0, log.action_count), "no states must give no rows."


def _check_probability_of(policy: Policy, log: TransitionDataset) -> None:
    actions = np.random.default_rng(0).integers(log.action_count, size=len(log))
    expected = on_log(policy, log)[np.arange(len(log)), actions]
    single = probability_on_log(policy, log, actions)
    assert single.shape == expected.shape, f"probability_of has the shape {single.shape}; {expected.shape} is needed."
    wrong = ~np.isclose(single, expected, rtol=1e-6, atol=1e-12)
    row = _first(wrong)
    assert not wrong.any(), f"row {row} has {single[row]:.6g}, and {expected[row]:.6g} in probabilities."


def _check_batches(policy: Policy, log: TransitionDataset) -> None:
    whole = on_log(policy, log)
    alone = np.concatenate([on_log(policy, log, slice(row, row + 1)) for row in range(len(log))])
    wrong = ~np.isclose(alone, whole, rtol=1e-5, atol=1e-9).all(axis=1)
    assert not wrong.any(), f"row {_first(wrong)} alone has other probabilities; read nothing but the row itself."


def _check_forbidden(policy: Policy, log: TransitionDataset) -> None:
    states = log.states()
    allowed = allowed_actions(states, log.layout, log.action_count)
    if allowed is None:
        return
    taken = ((on_log(policy, log) > 0) & ~allowed).any(axis=1)
    assert not taken.any(), f"row {_first(taken)} gives probability to a forbidden action or an empty slot."


def _check_draws(policy: Policy, log: TransitionDataset) -> None:
    states = log.states()
    past = {} if policy.memory is None else {"past": log.past(None, policy.memory)}
    drawn, again = (policy.act(states, np.random.default_rng(0), **past) for _ in range(2))
    assert drawn.shape == (len(states),) and drawn.dtype == np.int64, f"act gives {drawn.dtype} {drawn.shape}."
    assert ((drawn >= 0) & (drawn < log.action_count)).all(), "act draws an action that does not exist."
    chances = on_log(policy, log)[np.arange(len(states)), drawn]
    assert (chances > 0).all(), f"row {_first(chances <= 0)}: act draws an action of probability 0."
    assert np.array_equal(drawn, again), "act draws differently from the same generator; draw from `rng` alone."


def _check_base(policy: Reweighted, title: str, log: TransitionDataset) -> None:
    states, on = log.states(), f"On a log of {title}: "
    past = None if policy.memory is None else log.past(None, policy.memory)
    rng = np.random.default_rng(0)
    base = rng.dirichlet(np.ones(log.action_count), size=len(states))
    rows = policy.probabilities(states, base, past=past)
    assert rows.shape == base.shape, f"{on}probabilities have the shape {rows.shape}; {base.shape} is needed."
    sound = (rows >= 0).all() and np.allclose(rows.sum(axis=1), 1.0, rtol=0, atol=SUM_ERROR)
    assert sound, f"{on}with a base that a call brings the rows are no probabilities."
    actions = rng.integers(log.action_count, size=len(states))
    single = policy.probability_of(states, actions, base, past=past)
    expected = rows[np.arange(len(states)), actions]
    assert np.allclose(single, expected, rtol=1e-6, atol=1e-12), f"{on}probability_of takes another base."
    drawn = policy.act(states, np.random.default_rng(0), base, past=past)
    assert (rows[np.arange(len(states)), drawn] > 0).all(), f"{on}act takes another base."
    if policy.base is not None:
        own = policy.probabilities(states, on_log(policy.base, log), past=past)
        assert np.array_equal(own, policy.probabilities(states, past=past)), (
            f"{on}its own base, brought by a call, counts otherwise."
        )


def _check_repeatable(name: str, title: str, log: TransitionDataset) -> None:
    policy, twin = make(name, log), make(name, log)
    first, second, third = (on_log(each, log) for each in (policy, policy, twin))
    assert np.array_equal(first, second), f"On a log of {title}: asked twice, it gives different answers."
    assert np.array_equal(first, third), f"On a log of {title}: made twice, it is another policy; fix its seeds."


def _first(rows: ArrayLike) -> int:
    return int(np.argmax(rows))
