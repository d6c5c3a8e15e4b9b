"""A small run that checks can be made on, and copies of it to falsify."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rlbench_rec.results.read import load_runs
from rlbench_rec.results.schema import RUNS
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite

SUITE = Suite(
    name="tiny",
    sources=[{"task": "pricing-v1", "episodes": 60}],
    algorithms=[{"id": "random"}, {"id": "constant"}, {"id": "dqn"}],
    seeds=[0],
    estimators=["snips"],
    steps=5,
    batch_size=16,
    n_resamples=100,
    truth_error=0.3,
)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, jobs_in_this_process, no_pictures) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "tiny"
    with jobs_in_this_process(), no_pictures():
        run_suite(SUITE, folder, device="cpu")
    return folder


@pytest.fixture
def copy(tiny_run, tmp_path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run", ignore=shutil.ignore_patterns("models", "jobs", "plots")))


@pytest.fixture
def falsify(copy) -> Callable[..., Path]:
    """A copy in which the first row that fits has other cells."""

    def change(algorithm: str, estimator: str, **cells: object) -> Path:
        runs = load_runs(copy / "runs.csv")
        rows = runs.index[(runs["algorithm"] == algorithm) & (runs["estimator"] == estimator)]
        for name, cell in cells.items():
            runs.loc[rows[0], name] = cell(runs.loc[rows[0]]) if callable(cell) else cell
        write_table(runs, RUNS, copy / "runs.csv")
        return copy

    return change
