"""The one place that prints: on stdout and stderr, in text that a terminal shows but does not obey."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ...terminal import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment
    from rich.text import Text

PIPE_WIDTH = 10_000


@dataclass
class Output:
    """How the present command writes; `cli.app.main` sets it from the options that every command has.

    Attributes:
        quiet: leave out whatever is neither a result nor an error.
        plain: write no escape codes: no colours, no moving bars.
    """

    quiet: bool = False
    plain: bool = False


OUTPUT = Output()


def say(text: object, *, error: bool = False, end: str = "\n") -> None:
    """Print a text on stdout, or on stderr."""
    try:
        print(printable(str(text)), end=end, file=sys.stderr if error else sys.stdout, flush=True)
    except BrokenPipeError:
        _hush()


def note(text: object) -> None:
    """Say on stderr how the work goes; `--quiet` leaves it out."""
    if not OUTPUT.quiet:
        say(text, error=True)


def shows_bars(console: Console) -> bool:
    """Whether a progress bar can be drawn; else a line of text says how far the work is."""
    return console.is_terminal and not OUTPUT.plain and not OUTPUT.quiet


def stdout_console() -> Console:
    """A rich console whose texts are `printable`. A pipe has no width, so nothing is folded or cut there."""
    return _console(stderr=False)


def stderr_console() -> Console:
    """See `stdout_console`."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console
    from rich.segment import Segment

    class Screen(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            # All that rich prints comes by here; its own control characters, for colours and bars, are not text.
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(printable(segment.text), segment.style)

        def render_str(self, text: str, **options: Any) -> Text:
            # Before a column's width is measured.
            return super().render_str(printable(text), **options)

        def on_broken_pipe(self) -> None:
            _hush()

    colours: Literal["auto"] | None = None if OUTPUT.plain else "auto"
    console = Screen(stderr=stderr, color_system=colours)
    return console if console.is_terminal else Screen(stderr=stderr, color_system=colours, width=PIPE_WIDTH)


def _hush() -> None:
    """The reader of stdout (`head`) has seen enough: nothing is wrong, and the exit code stays the command's."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
