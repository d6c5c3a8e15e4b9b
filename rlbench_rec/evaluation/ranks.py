"""Where a policy ranks what was logged, chunk by chunk: no matrix of all steps by all items is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..policies import ranking_on_log
from ..policies.policy import Policy
from .session_actions import Pairs, SessionActions
from .top_scores import top_scores

CHUNK_CELLS = 1_000_000
"""Scores that are held at a time: they are gone through several times, and stay in a processor's cache."""


@dataclass(frozen=True)
class Ranks:
    """Where relevant actions stand in the lists of some steps.

    Attributes:
        steps: (p,) the step of each relevant action that reaches its list.
        above, equal: (p,) how many actions are ranked higher, and level with it, itself included.
        relevant: (n,) how many actions are relevant at each step.
        known: (n,) how many of them can be recommended.
    """

    steps: np.ndarray
    above: np.ndarray
    equal: np.ndarray
    relevant: np.ndarray
    known: np.ndarray


@dataclass
class _Parts:
    """`Ranks` of the chunks so far."""

    parts: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def add(self, rows: np.ndarray, pairs: Pairs, ranks: tuple[np.ndarray, np.ndarray], k: int, other: int) -> None:
        (places, actions), (above, equal), n = pairs, ranks, len(rows)
        relevant = np.bincount(places, minlength=n)
        known = np.bincount(places, actions != other, minlength=n).astype(np.int64)
        reached = above < k
        self.parts.append((rows[places][reached], above[reached], equal[reached], relevant, known))

    def whole(self) -> Ranks:
        return Ranks(*map(np.concatenate, zip(*self.parts, strict=True)))


@dataclass(frozen=True)
class RankedLog:
    """What a policy's lists make of a log.

    Attributes:
        next: the logged action in the list of all actions.
        rest: the actions of the session from the step on; None where they were not asked for.
        unseen: the logged action in the list of the actions that the session has not had; a step whose action it has
            had reaches nothing. None where not asked for.
        lists: (n, k) the best actions, best first, -1 where nothing is left.
    """

    next: Ranks
    rest: Ranks | None
    unseen: Ranks | None
    lists: np.ndarray


def ranked_log(
    data: TransitionDataset,
    policy: Policy,
    sessions: SessionActions,
    k: int,
    *,
    rest: bool = False,
    unseen: bool = False,
    seed: int = 0,
) -> RankedLog:
    """Rank the actions at every step of a log, in the order of `ranking_on_log`.

    What stands for items outside the vocabulary cannot be recommended.

    Args:
        data: the log.
        policy: whose lists.
        sessions: `SessionActions.of(data)`.
        k: length of the lists.
        rest, unseen: whether to rank these too.
        seed: of the order of ties within lists.

    Raises:
        InputError: a policy whose scores are not numbers.
    """
    rng, k = np.random.default_rng(seed), min(k, data.action_count)
    collected = {"next": _Parts(), "rest": _Parts(), "unseen": _Parts()}
    lists = np.empty((len(data), k), dtype=np.int32)
    longest = int(data.episode_lengths.max()) if rest or unseen else 1
    for rows, scores in _chunks(data, policy, longest):
        wanted = {"next": sessions.own(rows)} | ({"rest": sessions.rest(rows)} if rest else {})
        top = top_scores(scores, k, rng)
        _refuse_nan(top.scores, rows, policy)
        lists[rows] = top.columns
        for name, (places, actions) in wanted.items():
            ranks = top.ranks(places, scores[places, actions])
            collected[name].add(rows, (places, actions), ranks, k, sessions.other)
        if unseen:
            scores[sessions.seen(rows)] = -np.inf
            top, own = top_scores(scores, k, rng), sessions.own(rows)
            collected["unseen"].add(rows, own, top.ranks(own[0], scores[own]), k, sessions.other)
    found = {name: parts.whole() if parts.parts else None for name, parts in collected.items()}
    assert found["next"] is not None, "a log has a step"
    return RankedLog(found["next"], found["rest"], found["unseen"], lists)


def _chunks(data: TransitionDataset, policy: Policy, longest: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(b,) rows, and (b, action_count) scores that may be written to."""
    size = max(1, CHUNK_CELLS // max(data.action_count, longest))
    for first in range(0, len(data), size):
        rows = np.arange(first, min(first + size, len(data)))
        scores = np.array(ranking_on_log(policy, data, slice(first, first + size)))
        if scores.dtype.kind != "f":
            scores = scores.astype(np.float64)
        if data.candidates is not None and data.other_item:
            scores[data.candidates[first : first + size] == data.other_item] = -np.inf
        if data.other_action is not None:
            scores[:, data.other_action] = -np.inf
        yield rows, scores


def _refuse_nan(scores: np.ndarray, rows: np.ndarray, policy: Policy) -> None:
    def refusal(place: int, _: int) -> InputError:
        return InputError(f"A score in row {rows[place]} is not a number.", where=f"policy {policy.name}")

    refuse_rows(np.isnan(scores).any(axis=1), refusal)
