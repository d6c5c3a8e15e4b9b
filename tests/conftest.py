"""Fixtures shared by all rooms."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Without compiled files every worker, and each of some hundred processes that tests start, compiles all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# No test ends with a loss of power. Processes that tests start wait for the disk as they would for a user.
os.fsync = lambda handle: None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: nothing is spent on looking for garbage in it, now or between tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real samples beside the checkout (or `RLBENCH_SHARED_DATA`); tests that need it skip without it."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RLBENCH_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("real samples are not here: set RLBENCH_SHARED_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def jobs_in_this_process() -> Callable[[], AbstractContextManager[list[str]]]:
    """Inside the block suites run their jobs in this process, where workers are not what is tested; it gives the names
    of the jobs that were done. A worker costs seconds for its imports alone."""

    @contextlib.contextmanager
    def block() -> Iterator[list[str]]:
        from rlbench_rec.audit import redo
        from rlbench_rec.suite import runner, sources

        done: list[str] = []

        def execute_all(function, batches, workers, **options):
            sources._load.cache_clear()
            waiting = batches if isinstance(batches, deque) else deque(batches)
            while waiting:
                batch = waiting.popleft()
                done.extend(job.name for job in batch)
                yield batch, function(batch)

        with pytest.MonkeyPatch.context() as patch:
            for module in (runner, redo):
                patch.setattr(module, "execute_all", execute_all)
            yield done
        sources._load.cache_clear()

    return block


@pytest.fixture(scope="session")
def parsers() -> Callable:
    """Gives the parser of a typer app, made once: it holds no state, and takes longer than many a command."""
    from typer.main import get_command

    made = functools.cache(lambda app, rich_markup_mode: get_command(app))
    return lambda app: made(app, app.rich_markup_mode)


@pytest.fixture
def rlbench(capsys, monkeypatch, parsers) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process: exit code, stdout, stderr."""
    from rlbench_rec.cli.app import main

    monkeypatch.setattr("typer.main.get_command", parsers)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rlbench", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def in_this_process(jobs_in_this_process) -> Iterator[list[str]]:
    """One test of `jobs_in_this_process`."""
    with jobs_in_this_process() as done:
        yield done


@pytest.fixture(scope="session")
def no_pictures() -> Callable[[], AbstractContextManager[None]]:
    """Inside the block suites draw nothing, where no picture is looked at: they are most of the time of a small run."""

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        from rlbench_rec.suite.kinds.algorithms import tables as of_algorithms
        from rlbench_rec.suite.kinds.estimators import tables as of_estimators

        with pytest.MonkeyPatch.context() as patch:
            for module in (of_algorithms, of_estimators):
                for name in [name for name in vars(module) if name.startswith("plot_")]:
                    patch.setattr(module, name, lambda *arguments, **options: None)
            yield

    return block


@pytest.fixture
def without_pictures(no_pictures) -> Iterator[None]:
    """One test of `no_pictures`."""
    with no_pictures():
        yield
