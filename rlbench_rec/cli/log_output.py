"""Log records and warnings of the package, as lines on stderr."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator

from .global_options import GlobalOptions
from .render.console import say

PACKAGE = __package__.split(".")[0]
RENDERED = "rlbench_rec.suite.progress"
"""Logger of what a progress callback shows already."""


class _Lines(logging.Handler):
    """A line on stderr for each record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it."""
        try:
            source = "rlbench" if record.name.partition(".")[0] == PACKAGE else record.name
            say(f"{source}: {record.getMessage()}", error=True)
        except Exception:
            self.handleError(record)


@contextlib.contextmanager
def log_output(options: GlobalOptions) -> Iterator[None]:
    """Show log records: warnings and errors by default, errors alone with --quiet, all of the package's with --verbose.

    With --quiet, warnings of the `warnings` module are not shown either, here or in worker processes.
    """
    handler, root, ours = _Lines(), logging.getLogger(), logging.getLogger(PACKAGE)
    handler.addFilter(lambda record: record.name != RENDERED)
    before = root.level, ours.level
    root.setLevel(logging.ERROR if options.quiet else logging.WARNING)
    ours.setLevel(logging.DEBUG if options.verbose else logging.NOTSET)
    root.addHandler(handler)
    try:
        with _no_warnings() if options.quiet else contextlib.nullcontext():
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    before = os.environ.get("PYTHONWARNINGS")
    # For worker processes, whose stderr is this one's.
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ.pop("PYTHONWARNINGS")
        if before is not None:
            os.environ["PYTHONWARNINGS"] = before
