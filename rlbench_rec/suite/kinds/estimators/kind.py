"""Suites that score estimators: one log per job; estimates.csv and estimators.csv."""

from __future__ import annotations

from ..kind import Kind
from .check import check, sources, trains
from .config import EstimatorSuite
from .jobs import LogJob, batches, execute, failed_row, plan, prepare
from .tables import write_tables

KIND: Kind[EstimatorSuite, LogJob, None] = Kind(
    sources=sources,
    trains=trains,
    check=check,
    plan=plan,
    batches=batches,
    prepare=prepare,
    execute=execute,
    failed_row=failed_row,
    write_tables=write_tables,
)
