"""The scorecard of a table that is read in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ....arguments import path_of
from ....errors import InputError
from ....files import scratch_folder, temporary_folder
from ...analysis.guardrails import Guardrail, Tested, judged, kept_share
from ...data import checks
from ...data.bounds import Range
from ...estimate import Estimate
from ...estimators import Estimator
from ...reliability.gate import Gate
from ...streaming import Stream
from ..column_roles import likely, overlooked
from ..log_size import LogSize, StreamedTable
from ..members import default_names, estimator_named, further_member
from ..row_file import TableFile
from ..scoring import EstimatorScore, OutcomeScores, Report, check_min_lift, decide, guarded
from ..table_layout import TableLayout, layout_of
from ..tail_index import exceedances, tail_shape
from .parquet_parts import ParquetParts
from .part_scores import Asked, PartScores
from .row_keys import ties
from .spread import Progress, Spread, scored_by_bucket, scored_in_order

LARGE = 10_000_000
"""Rows above which `rlbench ope` reads a Parquet file or folder in parts."""
ROWS = 1_000_000
"""Held in memory at once."""


def score_streamed(
    path: str | Path,
    columns: Mapping[str, str | None] | None = None,
    estimators: Sequence[str] = (),
    *,
    form: str | None = None,
    metrics: Sequence[str] = (),
    gamma: float = 1.0,
    reward_range: Range | None = None,
    propensity_source: str = "logged",
    guardrails: Mapping[str, Guardrail] | None = None,
    lower_is_better: bool = False,
    min_lift: float = 0.0,
    confidence: float = 0.95,
    gate: Gate | None = None,
    rows: int | None = None,
    scratch: str | Path | None = None,
    ray: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """`scorecard.read_log` and `scorecard.score` of a Parquet file or folder that does not fit into memory.

    Values, lifts and diagnostics are those of the whole table, to rounding, with the intervals of `interval="normal"`;
    verdicts as `ope.Stream` promises. Where rows belong together (by user, session, or the id of a decision) they are
    first dealt out to temporary files, each with all rows of its users; the largest user must fit into memory.

    Args:
        path: the file or folder.
        columns, form, metrics, gamma, reward_range, propensity_source: as in `read_log`. A form is `mixed-<share>`.
        estimators, guardrails, lower_is_better, min_lift, confidence, gate: as in `score`; no estimator that needs the
            whole log (`magic`, a parameter chosen by `slope`), and no ratio of two outcomes.
        rows: how many to hold in memory at once, about; None: a million.
        scratch: a path beside which temporary files may be, about as large as the columns that are read; None: where
            the system has its own.
        ray: address of a Ray cluster: the work is spread over its workers, who must see the files, and `scratch`. The
            result is the same, byte for byte.
        progress: called with what is done, how many parts are, and how many there are.

    Raises:
        MissingFileError, InputError: a file, a column or a row that cannot be used: names the file and the row.
        MissingExtraError: `ray` is given and not installed.
    """
    check_min_lift(min_lift)
    checks.level("confidence", confidence)
    rows = ROWS if rows is None else rows
    if rows < 1:
        raise InputError(f"{rows}; 1 or more are needed.", where="rows")
    parts = ParquetParts(path_of(path, "path"))
    layout = layout_of(
        parts.names,
        str(path),
        columns,
        form=form,
        metrics=metrics,
        gamma=gamma,
        reward_range=reward_range,
        propensity_source=propensity_source,
    )
    _check_layout(layout, guardrails or {})
    parts.check_columns(layout.columns)
    members = [estimator_named(name, None) for name in estimators or default_names("q" in layout.parts)]
    asked = Asked(layout, tuple(members), further_member(members), exceedances(parts.n_rows) + 1)
    asked.streams()
    scores = _scores(asked, parts, Spread(rows, ray, progress), scratch)
    return _report(asked, scores, guardrails or {}, lower_is_better, min_lift, confidence, gate or Gate())


def is_large(path: str | Path) -> bool:
    """Whether a log is Parquet with more than `LARGE` rows.

    Raises:
        MissingFileError, InputError: it cannot be read.
    """
    file = TableFile(path)
    return file.is_parquet and ParquetParts(path).n_rows > LARGE


def _check_layout(layout: TableLayout, guardrails: Mapping[str, Guardrail]) -> None:
    """Refuse what needs the whole table."""
    reward = layout.parts["reward"]
    if layout.target.over_all_actions:
        what = f"{layout.form} is made from lists over all actions, by the whole log."
        hint = "Write its probabilities as a column, or read the log whole: --no-stream."
        raise InputError(what, where="form", hint=hint)
    if reward in layout.metrics:
        raise InputError("It is the reward already.", where="metrics")
    for name in guardrails:
        if name not in (reward, *layout.metrics):
            what = f"'{name}' is not a column that was read; a ratio needs the whole log."
            raise InputError(what, where="guardrails", hint="Name a column, or read the log whole: --no-stream.")
    ids = [name for name in likely("decision", layout.names) if name not in layout.parts.values()]
    if ids and layout.counts_once and "decision" not in layout.parts:
        what = f"Is '{ids[0]}' the id of a decision? Only of an id that is named are repeats looked for in parts."
        hint = f"Say --decision {ids[0]} to count each once, or --decision none if rows are never written twice."
        raise InputError(what, where=layout.path, hint=hint)


def _scores(asked: Asked, parts: ParquetParts, spread: Spread, scratch: str | Path | None) -> PartScores:
    if not ties(asked.layout):
        return scored_in_order(asked, parts, spread)
    with ExitStack() as stack:
        if scratch is None:
            folder = Path(stack.enter_context(scratch_folder()))
        else:
            folder = stack.enter_context(temporary_folder(Path(scratch).absolute()))
        return scored_by_bucket(asked, parts, spread, folder)


def _report(
    asked: Asked,
    scores: PartScores,
    guardrails: Mapping[str, Guardrail],
    lower_is_better: bool,
    min_lift: float,
    confidence: float,
    gate: Gate,
) -> Report:
    counts, layout = scores.counts, asked.layout
    assert counts is not None, "a table has rows"
    if counts.weights is not None and (mistaken := counts.weights.mistaken()) is not None:
        where = f"{layout.path}, column '{layout.parts['weight']}'"
        raise InputError(f"Its values are {mistaken[0]}.", where=where, hint=mistaken[1])
    estimates = {name: stream.estimates(confidence=confidence, gate=gate) for name, stream in scores.streams.items()}
    reward, *metrics = [_outcome(asked, name, of_column) for name, of_column in estimates.items()]
    tested = _tested(asked, scores.streams, estimates, guardrails, confidence)
    stream = scores.streams[reward.column]
    return Report(
        _table(asked, scores, stream),
        reward,
        tuple(metrics),
        lower_is_better,
        min_lift,
        guarded(decide(reward.scores[0], min_lift, lower_is_better), tested),
        stream.diagnose(gate),
        tail_shape(scores.largest_weights, stream.n_episodes),
        (),
        np.nan,
        tuple(tested),
    )


def _outcome(asked: Asked, name: str, estimates: Sequence[Estimate]) -> OutcomeScores:
    """Of an outcome, what is shown of it: of the reward not what only a guardrail needs."""
    behaviour, *others = estimates
    values, lifts = others[: len(others) // 2], others[len(others) // 2 :]
    shown = len(asked.members) if name == asked.layout.parts["reward"] else 1
    pairs = zip(values[:shown], lifts[:shown], strict=True)
    return OutcomeScores(name, behaviour, tuple(EstimatorScore(value, lift) for value, lift in pairs))


def _tested(
    asked: Asked,
    streams: Mapping[str, Stream],
    estimates: Mapping[str, Sequence[Estimate]],
    guardrails: Mapping[str, Guardrail],
    confidence: float,
) -> list[Tested]:
    """Each guardrail against its limit, by the estimator of further outcomes."""
    if not guardrails:
        return []
    behaviour, lifts, margins = [], [], []
    for name, rail in guardrails.items():
        of_column = estimates[name]
        at = 1 + len(of_column) // 2 + _place(asked, name)
        behaviour.append(of_column[0])
        lifts.append(of_column[at])
        margins.append(streams[name].margin(at, kept_share(name, rail, of_column[0])))
    units = next(iter(streams.values())).units
    return judged(guardrails, behaviour, lifts, margins, units, (1.0 - confidence) / 2.0)


def _place(asked: Asked, name: str) -> int:
    """Where the estimator of further outcomes stands among those of an outcome."""
    of_reward: tuple[Estimator, ...] = asked.of_reward
    return of_reward.index(asked.further) if name == asked.layout.parts["reward"] else 0


def _table(asked: Asked, scores: PartScores, stream: Stream) -> StreamedTable:
    layout, counts = asked.layout, scores.counts
    assert counts is not None, "a table has rows"
    parts, notes = layout.parts, counts.decisions.notes(layout.parts.get("decision", ""))
    if counts.weights is not None:
        notes += (counts.weights.note(parts["weight"]),)
    if counts.users is not None:
        notes += counts.users.notes(parts["user"], "sessions" if "episode" in parts else "rows")
    notes += ("The log was read in parts: intervals are Student's, and hidden confounding is not looked at.",)
    notes += overlooked(layout.names, parts, layout.named)
    users = None if counts.users is None else stream.units
    size = LogSize(stream.n_rows, stream.n_episodes, users, layout.gamma, stream.source, in_parts=True)
    return StreamedTable(layout.path, size, parts, layout.metrics, notes, layout.form)
