"""How far a run is, on stderr."""

from __future__ import annotations

from ..terminal import say, stderr_console


class Progress:
    """A progress bar on stderr, or a line per job where stderr is no terminal."""

    def __init__(self, total: int, done: int):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = stderr_console()
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.total, self.done = total, done

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task("starting", total=self.total, completed=self.done)
        return self.advance

    def advance(self, name: str, seconds: float, *, failed: bool = False) -> None:
        """One more job is done."""
        self.done += 1
        state = "failed" if failed else "done"
        self.bar.update(self.task, advance=1, description=name)
        if not self.console.is_terminal:
            say(f"[{self.done}/{self.total}] {name} {state} in {seconds:.1f} s", error=True)

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()
