"""What serves as 100 in a shop, and where it is kept from one process to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ...files import write_text
from ...tasks.planners.shop_traits import traits_of

if TYPE_CHECKING:
    from ...tasks import Task

METHOD_VERSION = 1
"""Of what all references share: how candidates are chosen and bounded."""


def method_version(task: Task) -> int:
    """Of the way in which a shop's reference is found. It rises when the same shop would get another one."""
    traits = traits_of(task)
    return METHOD_VERSION + (traits.version if traits else 0)


@dataclass(frozen=True)
class Reference:
    """A policy that serves as 100.

    Attributes:
        contender: how it was found: `optimum` (exact), `search`, `planner`, `ppo` or `online-dqn`.
        form: the policy made of it.
        value, std_error, n_episodes: its true value, by rollout or exact.
        upper_bound: what no policy of the shop exceeds; None where no bound is known.
        bound: the method of the bound.
        method_version: that of the shop when it was found; see `method_version`.
        config: the weights of a searched policy, as JSON.
    """

    contender: str
    form: str
    value: float
    std_error: float
    n_episodes: int
    upper_bound: float | None = None
    bound: str = ""
    method_version: int = METHOD_VERSION
    config: str = ""

    def gap(self, zero: float) -> float | None:
        """(bound - value) / (bound - zero): the share of the most that could be gained over the behaviour policy which
        the reference may lack. Below 0 only by the error of a value that was played.

        Args:
            zero: the behaviour policy's value.
        """
        if self.upper_bound is None or self.upper_bound <= zero:
            return None
        return (self.upper_bound - self.value) / (self.upper_bound - zero)


_KNOWN: WeakKeyDictionary[Task, dict[float, Reference]] = WeakKeyDictionary()


def kept_in(cache: Path | None, task: Task, truth_error: float, make: Callable[[], Reference]) -> Reference:
    """The reference of a shop, made once a process, and once altogether where there is a folder to keep it in.

    A file that cannot be read as one is made anew.
    """
    known = _KNOWN.setdefault(task, {})
    if truth_error not in known:
        file = None
        if cache is not None:
            name = f"{task.reference_identity.digest}-{truth_error:g}-{method_version(task)}.json"
            file = cache / name
        known[truth_error] = (_read(file) if file else None) or make()
        if file and not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, json.dumps(asdict(known[truth_error])) + "\n")
    return known[truth_error]


def _read(file: Path) -> Reference | None:
    try:
        return Reference(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
