"""Whether a run keeps the rules of a suite: the same shops, seeds, steps and replicates as everybody, all rows, known
code."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import InputError, RlbenchError
from ..results.schema import READABLE_VERSIONS, STATUSES
from ..suite.config import AlgorithmSpec, Suite
from ..suite.kinds.algorithms.jobs import TrainingJob
from ..suite.kinds.algorithms.needs_rl import NeedsRLJob
from ..suite.labels import places
from ..suite.resume import differences
from .run_folder import RunFolder, job_name
from .safe_text import unsafe_texts
from .sample import planned
from .submission import MOST_TRIALS, fixed_of

MOST_SHOWN = 5
"""Problems of one sort that are named."""


class RefusedError(InputError):
    """A run or a submission that does not keep the rules, or whose rows do not come out again."""


def refuse_problems(found: list[str], where: str) -> None:
    """Raise a RefusedError that says every problem; none where there is none."""
    if found:
        more = f"; and {len(found) - 2 * MOST_SHOWN} more" if len(found) > 2 * MOST_SHOWN else ""
        raise RefusedError(f"It is refused: {'; '.join(found[: 2 * MOST_SHOWN])}{more}.", where=where)


def problems(run: RunFolder, suite: Suite, trials: int | None) -> list[str]:
    """What keeps a run from being a submission, in words.

    Args:
        run: the run.
        suite: the suite that it should be of, as it is known here.
        trials: settings that were tried for each row before, by the submitter's word; None: no word was given.
    """
    if not isinstance(run.suite, Suite):
        return ["it is a run of a suite of estimators, which has no rows to submit"]
    found = list(differences(fixed_of(run.suite), fixed_of(suite)))[:MOST_SHOWN]
    found = [f"the suite is another one: {text}" for text in found]
    found += [*_code(run), *_algorithms(run.suite.algorithms, suite, trials)]
    found += [f"a text is not safe to show: {text}" for text in _texts(run)]
    # What the rows should be is known only of the same suite.
    return found or list(_rows(run))


def _code(run: RunFolder) -> Iterator[str]:
    code = run.manifest.get("code")
    code = code if isinstance(code, dict) else {}
    package = code.get("package")
    version = package.get("version") if isinstance(package, dict) else None
    if code.get("dirty"):
        yield "the code was changed and not committed (a dirty tree), so nobody can have it"
    elif not code.get("commit") and not version:
        yield "it does not say which code made it"
    if run.manifest.get("complete") is not True:
        yield "the run is not complete; `rlbench run --resume` finishes it"
    if run.manifest.get("schema_version") != max(READABLE_VERSIONS):
        yield f"its schema_version is {run.manifest.get('schema_version')}, not {max(READABLE_VERSIONS)}"


def _algorithms(specs: list[AlgorithmSpec], suite: Suite, trials: int | None) -> Iterator[str]:
    for spec in specs:
        if "file:" in (spec.id[:5], spec.retrieve[:5]):
            yield f"{spec.name} is a file that nobody else has; submit what made it, as a plugin"
    own = new_rows(specs, suite)
    if not own:
        yield "every row of it is a row of the suite, so there is nothing new"
    if trials is None and any(spec.config or spec.form for spec in own):
        yield "rows have settings of their own, and it does not say how many were tried (--trials)"
    if trials is not None and trials > MOST_TRIALS:
        yield f"{trials} settings were tried a row, and the budget is {MOST_TRIALS}"


def new_rows(specs: list[AlgorithmSpec], suite: Suite) -> list[AlgorithmSpec]:
    """The rows that the suite does not have itself, whatever they are called."""
    known = [_settings(spec) for spec in suite.algorithms]
    return [spec for spec in specs if _settings(spec) not in known]


def _settings(spec: AlgorithmSpec) -> dict[str, object]:
    return spec.model_dump(mode="json", exclude={"label", "only_on", "sequential_only"})


def _texts(run: RunFolder) -> Iterator[str]:
    named = [spec.model_dump(mode="json") for spec in run.suite.algorithms] if isinstance(run.suite, Suite) else []
    columns = [run.rows[name].unique().tolist() for name, (kind, _) in run.schema.items() if kind == "text"]
    yield from list(unsafe_texts([named, columns]))[:MOST_SHOWN]


def _rows(run: RunFolder) -> Iterator[str]:
    """Jobs without rows, rows without a job, and jobs that failed."""
    failed = run.rows[~run.rows["status"].isin(STATUSES)]
    for row in failed.head(MOST_SHOWN).to_dict("records"):
        yield f"{row['run_id']} {row['status']}"
    try:
        # What a log is told about needing RL stands in no row.
        jobs = [job for job in planned(run) if isinstance(job, TrainingJob) and not isinstance(job, NeedsRLJob)]
    except (RlbenchError, OSError) as error:
        yield f"its jobs cannot be planned here ({error})"
        return
    here = set(run.rows["run_id"].map(job_name))
    names = {job_name(job.run_id): job for job in jobs}
    yield from [f"{name} is not a job of the suite" for name in sorted(here - names.keys())][:MOST_SHOWN]
    known = set(places(run.suite.sources))
    strange = sorted({*run.rows["dataset"], *run.rows["task"]} - known - {""})
    yield from [f"{place} is not a source of the suite" for place in strange][:MOST_SHOWN]
    # A row that does not apply to a log has no rows there, for any seed.
    applied = {_row_of(names[name]) for name in here & names.keys()}
    missing = [name for name, job in names.items() if name not in here and not _may_be_left_out(job, applied)]
    yield from [f"{name} has no rows" for name in missing][:MOST_SHOWN]


def _row_of(job: TrainingJob) -> tuple[str, str, str]:
    return (job.place, job.spec.name, job.stem)


def _may_be_left_out(job: TrainingJob, applied: set[tuple[str, str, str]]) -> bool:
    conditional = job.spec.only_on is not None or job.spec.sequential_only
    return conditional and _row_of(job) not in applied
