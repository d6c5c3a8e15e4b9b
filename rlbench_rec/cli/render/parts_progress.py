"""How far the reading of a log in parts is, on stderr."""

from __future__ import annotations

from types import TracebackType

from .console import note, shows_bars, stderr_console

LINES = 10
"""Of text, where no bar can be drawn."""


class PartsProgress:
    """A progress callback: a bar on stderr, or a line for each tenth where no bar can be drawn; nothing of a log of one
    part."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = stderr_console()
        self.has_bar = shows_bars(console)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=console, disable=not self.has_bar)
        self.task = self.bar.add_task("", start=False, visible=False)

    def __enter__(self) -> PartsProgress:
        return self

    def __call__(self, what: str, done: int, total: int) -> None:
        if total == 1:
            return
        if self.has_bar:
            self.bar.start()
            self.bar.start_task(self.task)
            self.bar.update(self.task, description=what, completed=done, total=total, visible=True)
        elif done * LINES // total > (done - 1) * LINES // total:
            note(f"rlbench: {done:,} of {total:,} {what}.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.bar.stop()
