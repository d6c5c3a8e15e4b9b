"""A comparison in words: a line a row, CSV, or Markdown that fits a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...terminal import printable
from ..readable_names import row_name
from ..row_names import RANKED
from ..table_formats import format_table, markdown_text, shown
from .judge import CHANGES, REGRESSIONS

if TYPE_CHECKING:
    from ..schema import TableRow
    from .compare import Comparison

LONGEST = 65_000
"""Characters of a comment: GitHub takes 65,536."""
MOST_ROWS = 40
"""Of a comment: a reader looks at no more, and the worst come first."""
SMALL = ("identical", "worse within", "better within", "too few")
"""Changes that are counted, and shown on demand."""

RARE = ("not repeated", "too few")
"""Changes that are told only where there are any."""


def as_lines(comparison: Comparison, *, show_all: bool = False) -> str:
    """One row, one line, so that grep works and no terminal is too narrow; the last lines sum up."""
    rows = [row for row in comparison.rows.to_dict("records") if show_all or row["change"] not in SMALL]
    useful = [_useful(change) for change in comparison.useful]
    return "\n".join([*map(_line, rows), *useful, *notes_of(comparison), summary(comparison)])


def as_csv(comparison: Comparison) -> str:
    """All rows with all columns."""
    rows = list(comparison.rows.itertuples(index=False, name=None))
    return format_table(list(comparison.rows.columns), rows, "csv")


def as_markdown(comparison: Comparison, *, show_all: bool = False) -> str:
    """What a reviewer needs: the answer, the rows that changed, worst first, and what to know beside. Never more than
    `LONGEST` characters."""
    rows = [row for row in comparison.rows.to_dict("records") if show_all or row["change"] not in SMALL]
    head = f"**{_answer(comparison)}**\n\n{markdown_text(summary(comparison))}"
    useful = [markdown_text(_useful(change)) for change in comparison.useful[:MOST_ROWS]]
    tail = "\n".join(f"- {text}" for text in [*useful, *map(markdown_text, notes_of(comparison))])
    for most in (len(rows) if show_all else MOST_ROWS, MOST_ROWS, 20, 10, 5, 0):
        table = _markdown_table(rows[:most]) if rows[:most] else ""
        more = f"and {len(rows) - most} more rows" if len(rows) > most else ""
        text = "\n\n".join(filter(None, (head, table, more, tail)))
        if len(text) <= LONGEST:
            return text
    return head[:LONGEST]


def summary(comparison: Comparison) -> str:
    """How many rows changed in which way, how many verdicts, and what is not known of the data."""
    told = [change for change in CHANGES if change in comparison.counts or change not in RARE]
    counts = ", ".join(f"{comparison.counts.get(change, 0)} {change}" for change in told)
    verdicts = ", ".join(f"{number} {change}" for change, number in comparison.verdict_changes.items())
    parts = [f"{len(comparison.rows)} rows: {counts}."]
    if verdicts:
        parts.append(f"Verdicts: {verdicts}.")
    if comparison.unchecked:
        parts.append(f"Whether both are of the same data is not known: {comparison.unchecked}.")
    return " ".join(parts)


def notes_of(comparison: Comparison) -> list[str]:
    """The notes as sentences."""
    return [
        f"{note[:1].upper()}{note[1:]}." if not note.startswith(("/", ".")) else f"{note}." for note in comparison.notes
    ]


def _answer(comparison: Comparison) -> str:
    bad = ", ".join(f"{number} {change}" for change, number in comparison.counts.items() if change in REGRESSIONS)
    return f"Regression: {bad}" if bad else "No regression"


def _markdown_table(rows: Sequence[TableRow]) -> str:
    columns = ["change", "place", "policy", "metric", "old", "new", "difference", "p", "verdict"]
    cells = [
        [
            row["change"],
            _place(row),
            row_name(row["algorithm"], row["variant"]) if row["algorithm"] else row["variant"],
            _metric(row),
            shown(row["old"]),
            shown(row["new"]),
            _difference(row),
            _p(row["p_adjusted"]),
            row["verdict"],
        ]
        for row in rows
    ]
    return format_table(columns, cells, "markdown")


def _line(row: TableRow) -> str:
    """`worse beyond   shop-v1  dqn mlp/greedy  reward snips  4.2 -> 3.1 (-1.1, margin 0.4)  weak`."""
    names = f"{_place(row)}  {row['algorithm']} {row['variant']}  {_metric(row)}"
    values = f"{_number(row['old'])} -> {_number(row['new'])}"
    if row["lost"]:
        values += f" ({row['lost']} run{'s' * (row['lost'] > 1)} lost)"
    elif row["difference"] == row["difference"]:
        values += f" ({_difference(row)}{_evidence(row)})"
    return _one_line(f"{row['change']:<13}  {names}  {values}  {row['verdict']}".rstrip())


def _useful(change: tuple[str, str, str, str, str]) -> str:
    task, algorithm, variant, old, new = change
    return _one_line(f"useful         {task}  {algorithm} {variant}  {old} -> {new}")


def _one_line(text: str) -> str:
    """A name with a line break would look like a line of its own."""
    return printable(" ".join(text.splitlines()))


def _place(row: TableRow) -> str:
    return " ".join(name for name in (row["dataset"], row["task"]) if name)


def _metric(row: TableRow) -> str:
    q = f" (q: {row['q']})" if row["q"] else ""
    return f"{row['metric']} {row['estimator']}{q}{' (imitation)' if row['estimator'] == RANKED else ''}"


def _difference(row: TableRow) -> str:
    if row["difference"] != row["difference"]:
        return ""
    if row["pairs"] > 1 and row["ci_low"] == row["ci_low"]:
        return f"{row['difference']:+.4g} [{row['ci_low']:+.4g}, {row['ci_high']:+.4g}]"
    return f"{row['difference']:+.4g}"


def _evidence(row: TableRow) -> str:
    if not row["pairs"]:
        return f", margin {_number(row['margin'])}"
    pairs = f" over {row['pairs']} {row['covers'] or 'pairs'}"
    return f"{pairs}, p {_p(row['p_adjusted'])}" if row["p_adjusted"] == row["p_adjusted"] else pairs


def _p(value: float) -> str:
    return "" if value != value else f"{value:.2g}" if value >= 0.0001 else "< 0.0001"


def _number(value: float) -> str:
    return "none" if value != value else f"{value:.4g}"
