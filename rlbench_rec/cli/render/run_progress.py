"""How far a run is, on stderr."""

from __future__ import annotations

from types import TracebackType

from ...suite.progress import JobFinished, ProgressEvent, RunStarted, TablesStarted
from ...suite.time_left import in_words
from .console import note, shows_bars, stderr_console


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
