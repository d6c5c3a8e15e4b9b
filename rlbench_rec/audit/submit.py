"""A run -> the file that is submitted."""

from __future__ import annotations

from pathlib import Path

from ..arguments import path_of
from ..files import refuse_existing
from ..suite.config import Suite, list_suites, load_suite
from ..suite.kinds.estimators.config import EstimatorSuite
from .rules import RefusedError, problems, refuse_problems
from .run_folder import read_run_folder
from .submission import Submission, submission_of, write_submission


def submit(
    folder: str | Path,
    name: str,
    out: str | Path | None = None,
    *,
    description: str = "",
    trials: int | None = None,
    suite: str | Path | None = None,
) -> tuple[Submission, Path]:
    """Check a run against the rules of its suite, and write it as one file.

    Args:
        folder: of the run.
        name: what the board is to call it: lower-case letters, digits and dashes.
        out: the file; None: `<name>.json` in the working folder.
        description: one sentence about what is new.
        trials: settings that were tried for each row before, in shops that the suite does not judge on.
        suite: the suite whose rules count, by name or path; None: the one of the run's name that comes with the
            package.

    Raises:
        RefusedError: the run does not keep the rules; says every problem.
        MissingFileError, InputError: it is not a run, or a name or number is not one.
        UnknownNameError: no such suite is known as was named.
        OutputError: the file is there already, or cannot be written.
    """
    run = read_run_folder(path_of(folder, "folder"))
    path = path_of(out, "out") if out is not None else Path(f"{name}.json")
    refuse_existing(path)
    refuse_problems(problems(run, algorithm_suite(suite or _own_suite(run.suite.name, folder)), trials), str(folder))
    submission = submission_of(run, name, description, trials)
    write_submission(submission, path)
    return submission, path


def _own_suite(name: str, folder: str | Path) -> str:
    """The suite of a run's name, whose rules count where no other is named."""
    if name in list_suites():
        return name
    whole = next((suite for suite in list_suites() if name.startswith(f"{suite}-")), None)
    why = f", but a size of {whole} perhaps: a submission is of the whole suite" if whole else ""
    hint = "Run a suite that keeps the name, or name the one whose rules count with --suite."
    raise RefusedError(f"'{name}' is not a suite of the package{why}.", where=str(folder), hint=hint)


def algorithm_suite(suite: str | Path) -> Suite:
    """A suite of algorithms, by name or path.

    Raises:
        UnknownNameError, MissingFileError, InputError: as `suite.load_suite`.
        RefusedError: it is one of estimators.
    """
    loaded = load_suite(suite)
    if isinstance(loaded, EstimatorSuite):
        raise RefusedError("It is refused: it is a suite of estimators, which has no rows to submit.", where=str(suite))
    return loaded
