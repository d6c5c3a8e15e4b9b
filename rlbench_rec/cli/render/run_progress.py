"""How far a run is, on stderr."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ...errors import RlbenchError
from ...suite.progress import JobFinished, ProgressEvent, RunStarted, TablesStarted
from ...suite.time_left import in_words
from .console import note, shows_bars, stderr_console

if TYPE_CHECKING:
    from ...suite import Suite
    from ...suite.kinds.estimators.config import EstimatorSuite


def announce(suite: Suite | EstimatorSuite, folder: Path) -> None:
    """What will run, how many jobs, and where: before anything is loaded that takes long. The suite is not checked yet,
    so that one that cannot be planned is left to the check, which says why."""
    from ...suite.jobs import job_count

    with contextlib.suppress(RlbenchError):
        note(f"rlbench: Checking {suite.name}: {job_count(suite):,} jobs, results in {folder}.")


class RunProgress:
    """A progress callback: a bar on stderr, or a line per job where no bar can be drawn."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = stderr_console()
        self.has_bar = shows_bars(console)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=console, disable=not self.has_bar)
        self.task = self.bar.add_task("starting", start=False, visible=False)

    def __enter__(self) -> RunProgress:
        return self

    def __call__(self, event: ProgressEvent) -> None:
        if isinstance(event, RunStarted):
            # What, where, how many jobs and how long: all before the first of them.
            note(f"rlbench: {event}")
            self.bar.update(self.task, total=event.at_end, completed=event.kept, visible=True)
            self.bar.start()
            self.bar.start_task(self.task)
        elif isinstance(event, JobFinished):
            left = in_words(event.minutes_left)
            self.bar.update(self.task, completed=event.done, description=left and f"{left}, done: {event.run_id}")
            if not self.has_bar:
                note(event)
        elif isinstance(event, TablesStarted):
            self.bar.update(self.task, description="")
            note(f"rlbench: {event}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.bar.stop()
