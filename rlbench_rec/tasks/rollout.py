"""Playing a policy in a simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from ..mdp.past import Past
from ..policies.past import OngoingSessions
from ..policies.policy import Policy, ask
from ..tolerances import PROBABILITY_SUM
from .insiders import InsiderPolicy
from .random_streams import stream

if TYPE_CHECKING:
    from .base import Task

USERS = 4_096
"""Users a batch: large enough that numpy's overhead is small, and small enough to stay in the cache."""
POLICY_STREAM = 1
"""Keeps the policy's random numbers apart from those of the users."""


class Decisions(NamedTuple):
    """One step of every present user of a batch.

    Attributes:
        users: (k,) their numbers within the batch, 0..n_users - 1.
        states: (k, state size) float32, before the decision.
        actions: (k,) int64.
        propensities: (k,) float64, the policy's probability of the action.
        rewards: (k,) float32.
        metrics: (k, m) float32.
        events: (k,) int8 codes of what became of the decisions; 0 in shops that show no history.
    """

    users: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    propensities: np.ndarray
    rewards: np.ndarray
    metrics: np.ndarray
    events: np.ndarray


def batches(episodes: int) -> Iterator[tuple[int, int]]:
    """(number, size) of the batches that make up this many episodes."""
    for number, first in enumerate(range(0, episodes, USERS)):
        yield number, min(USERS, episodes - first)


def play(
    task: Task, policy: Policy, n_users: int, seed: int, batch: int, *, expected: bool = False
) -> Iterator[Decisions]:
    """Play one batch to its end, one item per step.

    The random numbers of users and policy depend on the task's id, the seed and the batch alone: every policy meets the
    same users, and two tasks share none.

    Args:
        task: the shop.
        policy: makes the decisions.
        n_users: users of the batch.
        seed: of users and policy.
        batch: its number.
        expected: rewards and metrics in expectation, where the shop says them (`Simulator.means`).

    Raises:
        InputError: the policy has another number of actions, or its rows are not probabilities.
    """
    if policy.action_count != task.action_count:
        raise InputError(
            f"The policy has {policy.action_count} actions, {task.id} has {task.action_count}.",
            where=f"policy {policy.name}",
        )
    simulator = task.simulator(n_users, seed=stream(task.id, seed, batch))
    rng = np.random.default_rng(stream(task.id, seed, batch, POLICY_STREAM))
    states = simulator.reset()
    sessions = None
    if policy.memory is not None:
        sessions = OngoingSessions(n_users, policy.memory, states.shape[1], task.gamma)
    while len(simulator.present):
        users = simulator.present
        thresholds = rng.random(n_users)[users]
        if isinstance(policy, InsiderPolicy) and (field := simulator.field) is not None:
            # It decides by a field that goes unrecorded, and the true propensity with it.
            actions, _ = draw_actions(policy, policy.informed(states, field), thresholds)
            propensities = policy.probability_of(states, actions)
        else:
            actions, propensities = choose(policy, states, thresholds, sessions.of(users) if sessions else None)
        step = simulator.step(actions)
        if sessions:
            sessions.add(users, states, actions, step.rewards)
        events = np.zeros(len(users), np.int8) if simulator.events is None else simulator.events
        rewards, metrics = step.rewards, step.metrics
        if expected and (means := simulator.means) is not None:
            rewards, metrics = means[:, 0], means[:, 1:]
        yield Decisions(users, states, actions, propensities, rewards, metrics, events)
        states = step.states[~step.terminated]


def choose(
    policy: Policy, states: np.ndarray, thresholds: np.ndarray, past: Past | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw actions by inverting each row's cumulative probabilities at a given uniform number.

    Args:
        policy: the policy.
        states: (k, state size).
        thresholds: (k,) uniform numbers in [0, 1).
        past: of the sessions, for a policy that looks back.

    Returns:
        (k,) int64 actions and (k,) float64 probabilities of them.

    Raises:
        InputError: another shape, or a row that is not probabilities.
    """
    return draw_actions(policy, ask(policy, states, past), thresholds)


def draw_actions(policy: Policy, matrix: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `choose`, from probabilities that were asked for: (k, A), which may be one row, broadcast.

    Raises:
        InputError: another shape, or a row that is not probabilities.
    """
    if matrix.shape != (len(thresholds), policy.action_count):
        raise InputError(
            f"Probabilities of shape {matrix.shape}; {(len(thresholds), policy.action_count)} is needed.",
            where=f"policy {policy.name}",
        )
    # A policy that ignores the state returns one row, broadcast: it is inverted once, not k times.
    same = matrix.strides[0] == 0
    rows = checked(policy, matrix[:1] if same else matrix)
    cumulative = np.cumsum(rows, axis=1, dtype=np.float64)
    totals = cumulative[:, -1]
    if same:
        actions = np.searchsorted(cumulative[0], thresholds * totals[0], side="right")
        return actions, rows[0, actions].astype(np.float64)
    # `>` and not `>=`: an action of probability zero can never be drawn.
    actions = np.argmax(cumulative > (thresholds * totals)[:, None], axis=1)
    return actions, rows[np.arange(len(rows)), actions].astype(np.float64)


def checked(policy: Policy, rows: np.ndarray) -> np.ndarray:
    """The rows themselves, if they are probabilities: not negative, summing to 1 within 1e-4.

    Raises:
        InputError: naming the policy and the first bad row.
    """
    totals = rows.sum(axis=1, dtype=np.float64)
    # Written as "not inside" so that NaN is refused too.
    bad = ~((np.abs(totals - 1.0) <= PROBABILITY_SUM) & (rows.min(axis=1) >= 0.0))

    def refusal(row: int, _: int) -> InputError:
        what = f"Row {row} of the probabilities sums to {totals[row]:g}, its least entry is {rows[row].min():g}."
        hint = "Every row must be non-negative and sum to 1."
        return InputError(what, where=f"policy {policy.name}", hint=hint)

    refuse_rows(bad, refusal)
    return rows
