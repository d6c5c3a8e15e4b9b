"""From a raw request to what is shown, with the probability of showing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..tolerances import PROBABILITY_SUM
from .checked_values import identifier, mapping, number, sequence
from .policy_file import EARNED, STEPS, read_policy_file
from .raw_requests import earlier_rewards, encode, session_step

OTHER = "<other>"
"""What is drawn where a mixture leaves the decision to what is in service, which shows something that the policy does
not know."""
RULED_OUT = -1e9
"""Score of an action that must not be chosen, as networks write it."""


@dataclass(frozen=True)
class Recommendation:
    """What to show in answer to a request, first place first.

    Attributes:
        actions: names of the actions.
        propensities: of each, given those above it; 1 where the policy is greedy.
        step: how many decisions of the session came before; None where neither policy nor request knows of any.
        state: what the policy saw.
        base: (A,) what was in service, where it was asked for.
    """

    actions: tuple[str, ...]
    propensities: tuple[float, ...]
    step: int | None
    state: np.ndarray
    base: np.ndarray | None = None


class ServedPolicy:
    """A policy that `rlbench export --format onnx` wrote, with numpy and ONNX Runtime alone.

    A greedy policy shows its best actions. Any other draws the first place from its probabilities, the next from those
    of what is left, and so on (Plackett-Luce), so that each place has a propensity, p_i / (1 - sum of those above).

    Args:
        path: of the ONNX file; `<path>.json` stands beside it, and both are checked against each other.
        seed: of the draws; None: another one each time.
        threads: of ONNX Runtime.

    Raises:
        MissingFileError, InputError: files that cannot be read, do not belong together or cannot be served.
        MissingExtraError: without ONNX Runtime.
    """

    def __init__(self, path: str | Path, *, seed: int | None = None, threads: int = 1):
        self.file = read_policy_file(path, threads)
        self._rng = np.random.default_rng(seed)
        if self.file.gives_probabilities and self.file.k < self._recommendable:
            what = f"It gives the {self.file.k} likeliest of {self._recommendable} actions, which cannot be drawn from."
            raise InputError(what, where=str(path), hint="Export it without --k.")

    @property
    def form(self) -> str:
        """Of the policy, such as `softmax-0.3`."""
        return self.file.form

    @property
    def sha256(self) -> str:
        """Of the ONNX file: what a log says of who decided."""
        return self.file.sha256

    @property
    def columns(self) -> tuple[str, ...]:
        """The context columns that a request must have."""
        return tuple(name for name, column in self.file.encoding.columns.items() if column.asked)

    @property
    def takes_base(self) -> bool:
        """Whether a request needs `base`, the probabilities of what is in service."""
        return self.file.takes_base

    @property
    def takes_rewards(self) -> bool:
        """Whether a request needs `rewards`, what each earlier decision of its session earned."""
        return self.file.gamma is not None

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Name of an action -> its number."""
        return {name: number for number, name in enumerate(self.file.action_names)}

    @property
    def _recommendable(self) -> int:
        return self.file.action_count - (self.file.other_action is not None)

    def states(self, requests: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """(n, state size) float32 what the policy sees of n raw requests.

        Raises:
            InputError: a request that cannot be encoded, naming its first bad value.
        """
        return encode(self.file.encoding, requests, self.numbers)

    def ranked(self, requests: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
        """(n, k) numbers of the actions, the best or likeliest first, and their (n, k) scores (greedy) or
        probabilities; of candidates, numbers of items from 1, 0 for an empty slot.

        Raises:
            InputError: as `states`; a base that is missing, or not probabilities; rewards that are missing.
        """
        return self.file.run(self._inputs(requests))

    def recommend(
        self, request: Mapping[str, Any], k: int = 1, rng: np.random.Generator | None = None
    ) -> Recommendation:
        """What to show: k actions, or all that there are.

        Args:
            request: see docs/serving.md.
            k: how many.
            rng: of the draws, in place of the policy's own.

        Raises:
            InputError: a request that cannot be answered, naming its first bad value; k below 1.
        """
        if k < 1:
            raise InputError(f"{k}; at least 1 is needed.", where="k")
        given = self._inputs([request])
        actions, values = (part[0] for part in self.file.run(given))
        if self.file.gives_probabilities:
            chosen, propensities = self._drawn(actions, values.astype(np.float64), k, rng or self._rng)
        else:
            chosen = actions[values > RULED_OUT / 2][:k]
            propensities = np.ones(len(chosen))
        if not len(chosen):
            raise InputError("It leaves nothing to recommend.", where="request")
        names = tuple(self.file.action_names[number] if number >= 0 else OTHER for number in chosen)
        step = int(given[STEPS][0]) if self.takes_rewards else session_step(self.file.encoding, request)
        shares = tuple(map(float, propensities))
        return Recommendation(names, shares, step, given["states"][0], given["base"][0] if self.takes_base else None)

    def _drawn(
        self, actions: np.ndarray, probabilities: np.ndarray, k: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Up to k numbers of actions, one after another, -1 for what is in service, and their propensities."""
        left = 1.0 - probabilities.sum()
        if self.takes_base and self.file.other_action is not None and left > PROBABILITY_SUM:
            actions, probabilities = np.append(actions, -1), np.append(probabilities, left)
        # `Generator.choice` would refuse a sum that single precision has left a little off 1.
        remaining = probabilities / probabilities.sum()
        chosen, propensities = [], []
        for _ in range(min(k, int(np.count_nonzero(remaining)))):
            cumulative = np.cumsum(remaining)
            place = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
            chosen.append(int(actions[place]))
            propensities.append(remaining[place] / cumulative[-1])
            remaining[place] = 0.0
        return np.array(chosen, dtype=np.int64), np.array(propensities)

    def _inputs(self, requests: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
        """What the file takes, a row a request."""
        given = {"states": self.states(requests)}
        for name, takes in (("base", self.takes_base), ("rewards", self.takes_rewards)):
            if not takes and any(request.get(name) is not None for request in requests):
                raise InputError(f"A {self.form} policy takes no {name}.", where=f"request.{name}")
        if self.takes_base:
            given["base"] = np.stack([self._base(request.get("base")) for request in requests])
        if self.takes_rewards:
            given |= self._past(requests)
        return given

    def _past(self, requests: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
        """What each session has earned before, sum_u gamma^u r_u, and in how many decisions."""
        gamma, where = self.file.gamma or 0.0, "request.rewards"
        rewards = [earlier_rewards(self.file.encoding, request, where) for request in requests]
        earned = np.array([sum(gamma**step * reward for step, reward in enumerate(each)) for each in rewards])
        if (np.abs(earned) > np.finfo(np.float32).max).any():
            raise InputError("A number is too large.", where=where)
        return {EARNED: earned.astype(np.float32), STEPS: np.array([*map(len, rewards)], np.int64)}

    def _base(self, given: object) -> np.ndarray:
        where, count = "request.base", self.file.action_count
        if given is None:
            what = f"A {self.form} policy reweights what is in service, whose probabilities are missing."
            raise InputError(what, where=where, hint="Give the probability of each action by its name, or a list.")
        row = np.zeros(count)
        if isinstance(given, Mapping) and not self.file.encoding.candidates:
            for name, share in mapping(given, where).items():
                action = self.numbers.get(identifier(name, where))
                if action is None:
                    raise InputError(f"Unknown action '{str(name)[:60]}'.", where=where)
                row[action] = number(share, f"{where}.{name}")
        else:
            shares = sequence(given, where)
            if len(shares) > count or (len(shares) < count and not self.file.encoding.candidates):
                raise InputError(f"{len(shares)} probabilities of {count} actions.", where=where)
            row[: len(shares)] = [number(share, f"{where}[{place}]") for place, share in enumerate(shares)]
        if row.min() < 0.0 or abs(row.sum() - 1.0) > PROBABILITY_SUM:
            raise InputError(f"These are not probabilities: they sum to {row.sum():g}.", where=where)
        return row.astype(np.float32)
