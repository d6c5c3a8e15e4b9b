"""How far a download is, on stderr."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ...events.download.progress import DownloadProgress
from .console import note, shows_bars, stderr_console

if TYPE_CHECKING:
    from rich.progress import TaskID


class DownloadBars:
    """A progress callback: a bar for each file on stderr, or one line for each where no bar can be drawn."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        console = stderr_console()
        self.has_bars = shows_bars(console)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self.bars = Progress(*columns, console=console, disable=not self.has_bars)
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> DownloadBars:
        self.bars.start()
        return self

    def __call__(self, event: DownloadProgress) -> None:
        if event.name not in self.tasks:
            self.tasks[event.name] = self.bars.add_task(event.name)
            if not self.has_bars:
                note(event)
        self.bars.update(self.tasks[event.name], completed=event.received, total=event.total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.bars.stop()
