"""A submission that came in: checked, done again in part, and taken into the board of its suite."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from ..files import make_folder
from ..suite.config import Suite
from .rules import RefusedError, new_rows, problems, refuse_problems
from .run_folder import read_run_folder
from .safe_text import unsafe_texts
from .submission import Submission, as_verified, other_settings, read_submission, unpack, write_submission
from .submissions_board import committed_run, new_row_of, rebuild
from .submit import algorithm_suite
from .verify import Verification, verify

if TYPE_CHECKING:
    from ..suite.progress import ProgressCallback
    from .sample import KindOfRow, Sample

SUBMISSIONS = "submissions"
"""Folder of the results that holds what was submitted, a folder a suite."""


def accept(
    file: str | Path,
    results: str | Path = "results",
    *,
    rows: int = 5,
    seed: int | None = None,
    suite: str | Path | None = None,
    check_only: bool = False,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
    on_plan: Callable[[Sample], None] | None = None,
) -> tuple[Verification, Path | None]:
    """Check a submission, do random rows of it again, and take it into the board of its suite.

    Args:
        file: what `submit` wrote.
        results: the folder of all results: `<results>/submissions/<suite>/` takes the file and its tables, and
            `<results>/<suite>/` is the board that it joins, where that is of the same suite.
        rows: how many to do again, of those that it brings to the board: its new ones, and the suite's own where no
            committed board has them. One of each new row of the suite at least.
        seed, workers, progress, on_plan: as `verify`.
        suite: the suite whose rules count, by name or path; None: the one that comes with the package.
        check_only: leave everything as it is.

    Returns:
        What was found, and the folder of the board; None where it was only checked.

    Raises:
        RefusedError: it breaks a rule, is there already, or a row of it does not come out again; says why.
        MissingFileError, InputError: it is not a submission.
        UnknownNameError: no such suite.
    """
    file, results = path_of(file, "file"), path_of(results, "results")
    submission = read_submission(file)
    known = algorithm_suite(suite or submission.suite)
    folder = results / SUBMISSIONS / known.name
    refuse_problems(list(_refusals(submission, known, folder)), str(file))
    with tempfile.TemporaryDirectory(prefix="rlbench-submission-") as scratch:
        unpack(submission, known, Path(scratch))
        run = read_run_folder(Path(scratch))
        refuse_problems(problems(run, known, submission.trials), str(file))
        kind_of_row = _brought(submission, known, results / known.name)
        found = verify(
            Path(scratch),
            rows,
            seed,
            all_rows=True,
            workers=workers,
            progress=progress,
            on_plan=on_plan,
            kind_of_row=kind_of_row,
        )
    if not found.passed or any(job.verdict == "not checked" for job in found.jobs):
        # Whatever cannot be done again here is not known to be true.
        bad = next(job for job in found.jobs if job.verdict in ("fails", "not checked"))
        what = "its rows do not come out again" if bad.verdict == "fails" else "a row cannot be done again"
        raise RefusedError(f"It is refused: {what}: {bad.job}: {bad.why}.", where=str(file))
    if check_only:
        return found, None
    make_folder(folder)
    write_submission(as_verified(submission, found), folder / f"{submission.name}.json")
    rebuild(known, folder, results / known.name)
    return found, folder


def _brought(submission: Submission, suite: Suite, board: Path) -> KindOfRow:
    """Which of its rows are done again: honest copies of the suite's rows must not hide a false one among them."""
    new = new_row_of(submission, suite)
    if committed_run(suite, board):
        return new
    return lambda row: "own" if new(row) is None else new(row)


def _refusals(submission: Submission, suite: Suite, folder: Path) -> list[str]:
    found = [f"the suite is another one: {text}" for text in other_settings(submission, suite)]
    plain = submission.model_dump(mode="json", exclude={"rows", "settings"})
    found += [f"a text is not safe to show: {text}" for text in unsafe_texts(plain)]
    if submission.suite != suite.name:
        found.append(f"it is of the suite {submission.suite}, not {suite.name}")
    if submission.verified is not None:
        found.append("it says itself that it was verified")
    for path in sorted(folder.glob("*.json")):
        other = read_submission(path)
        if other.name == submission.name:
            found.append(f"there is a submission of the name {submission.name} already")
        elif other.rows_sha256 == submission.rows_sha256:
            found.append(f"it has the rows of {other.name}")
        elif not _adds(submission, other, suite):
            found.append(f"every new row of it is in {other.name} already")
    return found


def _adds(submission: Submission, other: Submission, suite: Suite) -> bool:
    both = suite.model_copy(update={"algorithms": [*suite.algorithms, *other.algorithms]})
    return bool(new_rows(submission.algorithms, both))
