"""The one place where text meets a terminal: what a file, a card or a column says is shown, never obeyed."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 10_000
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters but line ends and tabs, marks that turn or hide text, and halves of characters (bytes of a path
that are not UTF-8)."""


def printable(text: str) -> str:
    """The text with each character that a terminal would obey, or a reader not see, as JSON escapes it (`\\u001b`).

    JSON stays the same JSON.
    """
    return _OBEYED.sub(_escaped, text)


def _escaped(match: re.Match) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def say(text: object, *, error: bool = False, end: str = "\n") -> None:
    """Print a text on stdout, or on stderr."""
    try:
        print(printable(str(text)), end=end, file=sys.stderr if error else sys.stdout, flush=True)
    except BrokenPipeError:
        _hush()


def stdout_console() -> Console:
    """A rich console whose texts are `printable`. A pipe has no width, so there nothing is folded or cut."""
    return _console(stderr=False)


def stderr_console() -> Console:
    """See `stdout_console`."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console
    from rich.segment import Segment

    class Screen(Console):
        def render(self, renderable, options=None):
            # All that rich prints comes by here; its own control characters, for colours and bars, are no text.
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(printable(segment.text), segment.style)

        def render_str(self, text, **options):
            # Before a column's width is measured.
            return super().render_str(printable(text), **options)

        def on_broken_pipe(self):
            _hush()

    made = Screen(stderr=stderr)
    return made if made.is_terminal else Screen(stderr=stderr, width=PIPE_WIDTH)


def _hush() -> None:
    """The reader of stdout (head, say) has seen enough: nothing is wrong, and the exit code is the command's own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
