"""Whatever a job raises is its row, and the jobs beside it go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.schema import ESTIMATES, RUNS
from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import LONGEST_REASON, execute, failure
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.algorithms.kind import KIND
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.kinds.estimators.jobs import plan as plan_logs
from rlbench_rec.suite.kinds.kind import KINDS

SUITE = Suite(name="s", sources=[{"task": "tabular-v1"}], algorithms=[{"id": "dqn"}], seeds=[0, 1])
SCORING = EstimatorSuite(kind="estimators", name="s", sources=[{"task": "tabular-v1"}], episodes=[50], logs=[2])
PANIC = type("PanicException", (BaseException,), {})
UNSAYABLE = type("Unsayable", (Exception,), {"__str__": lambda self: 1 / 0})


def kind_that_raises(monkeypatch, error, *, in_prepare=False):
    def prepare(batch):
        if in_prepare:
            raise error
        return [None] * len(batch)

    def work(job, prepared, folder):
        if job.seed == 0:
            raise error
        return failure(job, "never")

    kind = replace(KIND, prepare=prepare, execute=work)
    monkeypatch.setitem(KINDS._targets, "algorithms", kind)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("No rows.", where="log.csv"), "failed: log.csv: No rows."),
        (KeyError("x"), "failed: KeyError: 'x'"),
        (AssertionError(), "failed: AssertionError"),
        (ZeroDivisionError("a\n  b"), "failed: ZeroDivisionError: a b"),
        (MemoryError(), "failed: MemoryError"),
        (RecursionError("deep"), "failed: RecursionError: deep"),
        (SystemExit(3), "failed: SystemExit: 3"),
        (PANIC("at x.rs"), "failed: PanicException: at x.rs"),
        (InputError("No rows.", where="caf\udce9.csv"), r"failed: caf\udce9.csv: No rows."),
        (UNSAYABLE(), "failed: Unsayable"),
        (ValueError("\x1b[31mred"), r"failed: ValueError: \u001b[31mred"),
        (ValueError("x" * 10_000), "failed: ValueError: " + "x" * (LONGEST_REASON - len("ValueError: "))),
    ],
)
@pytest.mark.parametrize("in_prepare", [False, True])
def test_whatever_is_raised_is_the_status(monkeypatch, error, status, in_prepare):
    kind_that_raises(monkeypatch, error, in_prepare=in_prepare)
    batch = plan(SUITE, "cpu")[1:]
    found = execute(batch)
    assert [result.run_id for result in found] == [job.run_id for job in batch]
    assert found[0].status == status and list(found[0].rows[0]) == list(RUNS)
    # What fails while a source is loaded fails every job on it; else the other job has its own fate.
    assert found[1].status == (status if in_prepare else "failed: never")


def test_ctrl_c_is_no_failure(monkeypatch):
    kind_that_raises(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        execute(plan(SUITE, "cpu")[1:])


def test_a_log_that_fails_is_a_row_of_estimates():
    job = plan_logs(SCORING)[0]
    (row,) = failure(job, "killed by signal 9", 2.0).rows
    assert list(row) == list(ESTIMATES) and row["status"] == "failed: killed by signal 9"
    assert (row["task"], row["n_episodes"], row["log_seed"]) == ("tabular-v1", 50, 1)
