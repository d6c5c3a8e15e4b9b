"""Where tables are printed: as wide as the terminal, and as wide as they need in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 10_000


def stdout_console() -> Console:
    """A console on stdout. A pipe has no width, so there nothing is folded or cut."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)
