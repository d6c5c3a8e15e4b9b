"""Trials in this process, where worker processes are not what is tested: a worker costs seconds for its imports."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from rlbench_rec.suite import sources
from rlbench_rec.tuning import data, tuner


class Done(list):
    """Names of trials, in the order in which they were done; a Ctrl-C comes after `stop_after` of them."""

    stop_after = None


@contextlib.contextmanager
def trials_in_this_process() -> Iterator[Done]:
    done = Done()

    def execute_all(function, waiting, workers, **options):
        sources._load.cache_clear()
        data._load.cache_clear()
        while waiting:
            if len(done) == done.stop_after:
                raise KeyboardInterrupt
            batch = waiting.popleft()
            done.append(batch[0].name)
            yield batch, function(batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuner, "execute_all", execute_all)
        yield done


@pytest.fixture
def trials_here():
    with trials_in_this_process() as done:
        yield done


@pytest.fixture(scope="module")
def all_trials_here():
    with trials_in_this_process() as done:
        yield done
