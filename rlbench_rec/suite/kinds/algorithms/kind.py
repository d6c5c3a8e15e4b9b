"""Suites of algorithms: one training (or one fixed policy) a job; runs.csv, leaderboard.csv and their kin."""

from __future__ import annotations

from ...config import Suite
from ..kind import Kind
from .check import check, sources, trains
from .jobs import TrainingJob, batches
from .needs_rl import plan
from .tables import write_tables
from .train import Prepared, execute, failed_row, prepare

KIND: Kind[Suite, TrainingJob, Prepared] = Kind(
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
