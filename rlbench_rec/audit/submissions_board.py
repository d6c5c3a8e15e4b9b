"""The board of a suite with what was submitted: its own rows, and the new ones of each submission."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import write_text
from ..policies import POLICIES
from ..results.read import load_leaderboard
from ..suite.config import AlgorithmSpec, Suite
from ..suite.kinds.algorithms.specs import FIXED, encoder_of_row, labelled
from ..suite.plan import JobResult
from ..suite.resume import differences
from .rules import new_rows
from .run_folder import RunFolder, read_run_folder
from .sample import KindOfRow
from .submission import Submission, fixed_of, other_settings, read_submission, unpack
from .submissions_page import page
from .tables import FIRST, results_of, write_tables


def rebuild(suite: Suite, folder: Path, board: Path) -> None:
    """Write the tables of a suite with all submissions, and the page that shows them.

    Args:
        suite: as it is known here.
        folder: of the submissions; takes tables and README.md.
        board: the committed run of the suite; its rows are left out where it is of another version of the suite.

    Raises:
        InputError: a submission there is damaged.
    """
    taken = [read_submission(path) for path in sorted(folder.glob("*.json"))]
    current = [submission for submission in taken if not other_settings(submission, suite)]
    committed = committed_run(suite, board)
    results = results_of(committed) if committed else []
    for submission in current:
        results += list(_results(submission, suite, with_own=not results))
    for path in folder.glob("*.csv"):
        path.unlink()
    with tempfile.TemporaryDirectory(prefix="rlbench-submissions-") as scratch:
        if results:
            write_tables(suite, results, Path(scratch))
        for path in Path(scratch).glob("*.csv"):
            if path.name not in FIRST:
                shutil.copyfile(path, folder / path.name)
    leaderboard = load_leaderboard(folder / "leaderboard.csv") if results else None
    write_text(folder / "README.md", page(suite, taken, current, leaderboard, with_board=committed is not None))


def committed_run(suite: Suite, board: Path) -> RunFolder | None:
    """The committed run, where it is one of this very suite."""
    try:
        run = read_run_folder(board)
    except (InputError, OSError):
        return None
    if not isinstance(run.suite, Suite) or new_rows(suite.algorithms, run.suite):
        return None
    return None if list(differences(fixed_of(run.suite), fixed_of(suite))) else run


def _results(submission: Submission, suite: Suite, *, with_own: bool) -> Iterator[JobResult]:
    """What the jobs of a submission left; of the suite's own rows only where nobody else brought them."""
    kind_of_row = new_row_of(submission, suite)
    with tempfile.TemporaryDirectory(prefix="rlbench-submission-") as scratch:
        unpack(submission, suite, Path(scratch))
        results = results_of(read_run_folder(Path(scratch)))
    for result in results:
        if kind_of_row(result.rows[0]) is not None:
            named = [row | {"variant": _variant(row, submission.name)} for row in result.rows]
            yield JobResult(result.run_id, named)
        elif with_own:
            yield result


def new_row_of(submission: Submission, suite: Suite) -> KindOfRow:
    """A row of runs.csv -> the number of the new row of the submission that it is of; None: it is of none."""
    own = new_rows(submission.algorithms, suite)
    told = labelled(submission.algorithms)
    stems = [(_stem(one), spec) for one, spec in zip(told, submission.algorithms, strict=True)]

    def kind_of_row(row: Mapping[Any, Any]) -> int | None:
        spec = _spec_of(row, stems)
        return submission.algorithms.index(spec) if spec in own else None

    return kind_of_row


def _stem(spec: AlgorithmSpec) -> str:
    """What the variants of a row's jobs begin with."""
    if spec.id in POLICIES:
        return spec.label or FIXED
    return "/".join(filter(None, (encoder_of_row(spec), spec.label)))


def _spec_of(row: Mapping[Any, Any], stems: list[tuple[str, AlgorithmSpec]]) -> AlgorithmSpec | None:
    """The row of the suite that a row of runs.csv is of; None for the behaviour policy and the reference."""
    variant = f"{row['variant']}/"
    fitting = [each for each in stems if each[1].name == row["algorithm"] and variant.startswith(f"{each[0]}/")]
    return max(fitting, key=lambda each: len(each[0]))[1] if fitting else None


def _variant(row: dict[str, Any], name: str) -> str:
    """The variant with the submission's name for a label: behind the encoder, which comes first where there is one."""
    first, *rest = str(row["variant"]).split("/")
    if first == FIXED:
        return "/".join([name, *rest])
    return "/".join([name, first, *rest] if row["algorithm"] in POLICIES else [first, name, *rest])
