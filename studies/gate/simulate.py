"""Many logs of a setting at once, as flat arrays.

Rows of one cell (visitor, action) without a reward are all alike, so that they need not be drawn one by one: where rows
are the units there is one entry with a count for each cell, and one for each reward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import sizes
from .settings import CONTEXTS, Setting

BUYERS = 3.0
"""How many times as often some users buy as the others."""


@dataclass
class Rows:
    """Decisions of many logs, sorted by log, by unit, and by session and step.

    Attributes:
        logs: how many logs.
        log: (n,) which log.
        unit: (n,) which user, counted over all logs; None: the session, or the row where there is one step.
        start: (n,) whether a session begins; None: every row is one.
        count: (n,) how many such rows there are.
        ratio: (n,) target over behaviour probability.
        behaviour: (n,) behaviour probability.
        reward, q, v: (n,).
        event: (n,) whether the row has a reward; None: where it differs from the median.
    """

    logs: int
    log: np.ndarray
    unit: np.ndarray | None
    start: np.ndarray | None
    count: np.ndarray
    ratio: np.ndarray
    behaviour: np.ndarray
    reward: np.ndarray
    q: np.ndarray
    v: np.ndarray
    event: np.ndarray | None


def simulate(setting: Setting, logs: int, seed: int) -> Rows:
    """`logs` logs of a setting."""
    rng = np.random.default_rng([setting.seed, 7, seed])
    if setting.steps > 1:
        return _sessions(setting, logs, rng)
    if setting.users:
        return _users(setting, logs, rng)
    return _dense(setting, logs, rng) if setting.dense else _sparse(setting, logs, rng)


def _sparse(setting: Setting, logs: int, rng: np.random.Generator) -> Rows:
    behaviour = setting.policies[0]
    chances = (CONTEXTS[:, None] * behaviour).ravel()
    counts = rng.multinomial(setting.rows, chances, size=logs)
    events = rng.binomial(counts, setting.rates.ravel())
    cells = np.tile(np.arange(len(chances)), logs)
    return _with_events(setting, logs, np.repeat(np.arange(logs), len(chances)), cells, counts, events, rng)


def _with_events(setting, logs, log, cells, counts, events, rng, unit=None) -> Rows:
    """Groups of equal rows, `events` of whose `counts` have a reward."""
    counts, events = counts.ravel(), events.ravel()
    several = np.repeat(np.arange(len(log)), events)
    index = np.concatenate([np.arange(len(log)), several])
    count = np.concatenate([counts - events, np.ones(len(several), counts.dtype)])
    size = np.concatenate([np.zeros(len(log)), sizes.draw(setting.size, rng, len(several))])
    event = np.concatenate([np.zeros(len(log), bool), np.ones(len(several), bool)])
    keep = np.flatnonzero(count)
    keep = keep[np.argsort(index[keep], kind="stable")]
    index = index[keep]
    return _rows(
        setting,
        logs,
        log[index],
        cells[index],
        count[keep],
        size[keep],
        event[keep],
        unit=None if unit is None else unit[index],
    )


def _dense(setting: Setting, logs: int, rng: np.random.Generator) -> Rows:
    chances = (CONTEXTS[:, None] * setting.policies[0]).ravel()
    n = logs * setting.rows
    cells = np.searchsorted(np.cumsum(chances)[:-1], rng.random(n), side="right")
    return _rows(
        setting,
        logs,
        np.repeat(np.arange(logs), setting.rows),
        cells,
        np.ones(n, int),
        _rewards(setting, cells, rng),
        None,
    )


def _rewards(setting: Setting, cells: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dense rewards."""
    drawn, bonus = sizes.draw(setting.size, rng, len(cells)), setting.bonus.ravel()[cells]
    if not setting.bounded:
        return drawn + bonus
    return np.where(rng.random(len(cells)) < bonus, sizes.known_range(setting.size)[1], drawn)


def _users(setting: Setting, logs: int, rng: np.random.Generator) -> Rows:
    of_user = np.asarray(setting.users)
    users = logs * len(of_user)
    behaviour = setting.policies[0]
    context = rng.choice(4, users, p=CONTEXTS)
    effect = _effects(setting, users, rng)
    rows = np.tile(of_user, logs)
    log = np.repeat(np.arange(logs), len(of_user))
    if setting.sticky and not setting.dense:
        cells = context * behaviour.shape[1] + _actions(behaviour, context, rng)
        events = rng.binomial(rows, effect * setting.rates.ravel()[cells])
        return _with_events(setting, logs, log, cells, rows, events, rng, unit=np.arange(users))
    unit = np.repeat(np.arange(users), rows)
    if setting.sticky:
        cells = (context * behaviour.shape[1] + _actions(behaviour, context, rng))[unit]
    else:
        cells = context[unit] * behaviour.shape[1] + _actions(behaviour, context[unit], rng)
    if setting.dense:
        reward, event = _rewards(setting, cells, rng) + (effect - 1.0)[unit], None
    else:
        event = rng.random(len(unit)) < effect[unit] * setting.rates.ravel()[cells]
        reward = np.zeros(len(unit))
        reward[event] = sizes.draw(setting.size, rng, int(event.sum()))
    return _rows(setting, logs, log[unit], cells, np.ones(len(unit), int), reward, event, unit=unit)


def _effects(setting: Setting, users: int, rng: np.random.Generator) -> np.ndarray:
    """Factors of mean 1."""
    if not setting.effects:
        return np.ones(users)
    low = 1.0 / (1.0 + (BUYERS - 1.0) * setting.effects)
    return np.where(rng.random(users) < setting.effects, BUYERS * low, low)


def _actions(behaviour: np.ndarray, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One action for each context."""
    ends = np.cumsum(behaviour, axis=1) / behaviour.sum(1, keepdims=True)
    ends[:, -1] = 1.0
    places = (ends + np.arange(4)[:, None]).ravel()
    drawn = np.searchsorted(places, context + rng.random(len(context)), side="right")
    return np.minimum(drawn - context * behaviour.shape[1], behaviour.shape[1] - 1)


def _sessions(setting: Setting, logs: int, rng: np.random.Generator) -> Rows:
    sessions = logs * setting.rows
    behaviour = setting.policies[0]
    users = np.arange(sessions)
    if setting.users:
        users = np.repeat(np.arange(logs * len(setting.users)), np.tile(setting.users, logs))
    context = rng.choice(4, users[-1] + 1, p=CONTEXTS)[users]
    alive, cells, who = np.arange(sessions), [], []
    for _ in range(setting.steps):
        taken = context[alive] * behaviour.shape[1] + _actions(behaviour, context[alive], rng)
        cells.append(taken)
        who.append(alive)
        alive = alive[rng.random(len(alive)) < setting.stay.ravel()[taken]]
    step = np.repeat(np.arange(len(who)), [len(at) for at in who])
    session = np.concatenate(who)
    order = np.argsort(session, kind="stable")
    session, step, cells = session[order], step[order], np.concatenate(cells)[order]
    if setting.dense:
        reward, event = _rewards(setting, cells, rng), None
    else:
        event = rng.random(len(cells)) < setting.rates.ravel()[cells]
        reward = np.zeros(len(cells))
        reward[event] = sizes.draw(setting.size, rng, int(event.sum()))
    unit = users[session] if setting.users else None
    log = session // setting.rows
    return _rows(setting, logs, log, cells, np.ones(len(cells), int), reward, event, unit=unit, step=step)


def _rows(setting, logs, log, cells, count, size, event, unit=None, step=None) -> Rows:
    behaviour, target, _ = (table.ravel() for table in setting.policies)
    q, v = setting.q
    at = 0 if step is None else step
    context = cells // setting.policies[0].shape[1]
    return Rows(
        logs=logs,
        log=log,
        unit=unit,
        start=None if step is None else step == 0,
        count=count,
        ratio=(target / behaviour)[cells],
        behaviour=behaviour[cells],
        reward=size + setting.offset,
        q=q.reshape(setting.steps, -1)[at, cells],
        v=v[at, context],
        event=event,
    )
