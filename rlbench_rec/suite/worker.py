"""A worker as its parent sees it: a process, here or on a cluster, that does one batch of jobs after the other."""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setup:
    """What a worker needs before its first batch.

    Attributes:
        function: what it does with a batch, as a pickle.
        plugins: modules to import.
        trains: whether the function needs torch.
    """

    function: bytes
    plugins: tuple[str, ...] = ()
    trains: bool = True


class Worker(ABC):
    """A process, and the batch that it is at.

    It reports to a queue of events: itself, what happened, and the content. `ready`: it is set up. `refused`: it
    cannot be, with the error. `warned`: texts of DataWarnings. `done`: results. `raised`: why a batch has none.
    `ended`: it is gone.

    Args:
        job_timeout: seconds that a job may take, several in one batch that many times as long; None: any.
    """

    def __init__(self, job_timeout: float | None):
        self.batch: Sequence[Any] = ()
        self.job_timeout, self._ready, self._since = job_timeout, False, time.monotonic()

    def give(self, batch: Sequence[Any]) -> None:
        """Hand it a batch."""
        self.batch, self._since = batch, time.monotonic()
        self._send(batch)

    def start_clock(self) -> None:
        """Its time begins: it has imported what it needs."""
        self._ready, self._since = True, time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been at its batch."""
        return time.monotonic() - self._since

    def is_late(self) -> bool:
        """Whether its batch runs past its time."""
        return self._ready and self.job_timeout is not None and self.seconds > self.job_timeout * len(self.batch)

    @abstractmethod
    def _send(self, batch: Sequence[Any]) -> None:
        """Hand it a batch, without waiting; one that has ended says so by itself."""

    @abstractmethod
    def has_ended(self) -> bool:
        """Whether it is gone, as far as can be told without waiting for it to say so."""

    @abstractmethod
    def how_it_ended(self) -> str:
        """Why it ended."""

    @abstractmethod
    def end(self) -> None:
        """Kill it, whatever it does."""


Events = queue.SimpleQueue[tuple[Worker, str, Any]]
