"""A run, or two, as one page: the answer first, then what it rests on."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from ..results.comparison.compare import compare
from .content import Page, Section
from .names import names
from .render import html
from .run_tables import RunTables, read_run
from .sections.answer import question_and_answer
from .sections.board import board
from .sections.compared import compared
from .sections.curves import curves
from .sections.data import data
from .sections.estimators import estimators
from .sections.frontier import frontier
from .sections.manifest import manifest
from .sections.needs_rl import needs_rl
from .sections.next_steps import next_steps
from .sections.overall import overall
from .sections.to_test import to_test
from .sections.truth import beside_the_truth
from .sections.weights import weights


def run_report(run: str | Path, before: str | Path | None = None, *, read_logs: bool = True) -> str:
    """The HTML of a report of a run; with an older run of the same suite, also what changed since.

    The same tables (and logs) give the same bytes. No path of the machine is in it.

    Args:
        run: its folder.
        before: the folder of the older run.
        read_logs: whether to read the logs that are at hand, for their funnels and sessions.

    Raises:
        MissingExtraError: jinja2 is not installed.
        MissingFileError, InputError: not the folder of a run, or a table of it cannot be read; or the two runs cannot
            be compared.
    """
    tables = read_run(Path(run))
    older = None if before is None else read_run(Path(before))
    changes = None if older is None else _compared(older, tables)
    return html(run_page(tables, changes, read_logs=read_logs))


def run_page(tables: RunTables, changes: Section | None = None, *, read_logs: bool = True) -> Page:
    """The page of a run, its sections in the order of a reader's questions."""
    question, answer = question_and_answer(tables)
    sections = (
        changes,
        to_test(tables),
        board(tables),
        overall(tables),
        estimators(tables),
        beside_the_truth(tables),
        frontier(tables),
        needs_rl(tables),
        weights(tables),
        curves(tables),
        data(tables, read_logs=read_logs),
        next_steps(tables),
        manifest(tables),
        names(tables),
    )
    kicker = f"rlbench report: {tables.name}"
    return Page(tables.name, kicker, question, answer, [section for section in sections if section is not None])


def _compared(older: RunTables, newer: RunTables) -> Section:
    try:
        changes = compare(older.folder, newer.folder)
    except InputError as error:
        # The other side's options are those of `rlbench compare`.
        hint = "Report one run alone, or beside an older one on the same log and card."
        raise InputError(error.what, where=error.where, hint=hint) from error
    return compared(changes, "the older run" if older.name == newer.name else older.name)
