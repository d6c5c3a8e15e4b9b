"""Replicates: every source of a suite with its shops, its logs and its training seeds.

Replicate r of a task is another shop (`task_seed + r`), with a log of its own and training seeds of its own (`seed +
r * (largest seed + 1)`), so that what is measured over replicates covers all that varies. They share one place: tables
group by it. With `logs` above 1 every shop is logged several times by its behaviour policy, each time for the same
training seeds: a nested design. Data sets have one replicate and one log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .labels import places

if TYPE_CHECKING:
    from .config import Source, Suite

BETWEEN_LOGS = 100_003
"""From the seed of one log of a shop to the next one's: other shops' logs, whose seeds lie near the first, have none
of them."""


@dataclass(frozen=True)
class Replicate:
    """One log of one shop (or a data set), and the seeds to train on it.

    Attributes:
        source: the shop itself, with its own `task_seed` and `log_seed`.
        place: what tables call the source that it is a replicate of.
        replicate: which shop of the place.
        log: which log of the shop.
        seeds: of training.
    """

    source: Source
    place: str
    replicate: int
    log: int
    seeds: tuple[int, ...]


def replicates_of(suite: Suite) -> list[Replicate]:
    """Every log that a suite trains on: source by source, shop by shop.

    Raises:
        InputError: two sources that nothing tells apart.
    """
    return [
        Replicate(_source(source, replicate, log), place, replicate, log, seeds_of(suite, replicate))
        for place, source in zip(places(suite.sources), suite.sources, strict=True)
        for replicate, log in _numbers(suite, source)
    ]


def seeds_of(suite: Suite, replicate: int) -> tuple[int, ...]:
    """The training seeds of a replicate: no other replicate has one of them."""
    shift = replicate * (max(suite.seeds) + 1)
    return tuple(seed + shift for seed in suite.seeds)


def log_seed(source: Source) -> int:
    """The seed of a task's log. It is not the shop's: another log of the same shop is another seed here."""
    return source.task_seed + 1 if source.log_seed is None else source.log_seed


def _numbers(suite: Suite, source: Source) -> Iterator[tuple[int, int]]:
    if source.task is None:
        yield 0, 0
        return
    for replicate in range(suite.replicates):
        for log in range(suite.logs):
            yield replicate, log


def _source(source: Source, replicate: int, log: int) -> Source:
    """A source itself where both numbers are 0."""
    changes = {"task_seed": source.task_seed + replicate} if replicate else {}
    if log or (replicate and source.log_seed is not None):
        changes["log_seed"] = log_seed(source) + replicate + log * BETWEEN_LOGS
    return source.model_copy(update=changes)
