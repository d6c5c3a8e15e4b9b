"""The frontier: lifts along the dial that its advice is of, beside the controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results.frontier import Advice
from ...results.frontier_words import in_words
from ...results.row_names import NEGATED, SHUFFLED
from ...results.schema import TableRow
from ..charts.dial import Step, dial
from ..charts.svg import verdict_marks
from ..content import Block, Chart, Charts, Key, Paragraph, Section
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

PANELS = {"": "", SHUFFLED: ", on a Q of shuffled rewards", NEGATED: ", on -Q"}


def frontier(run: RunTables) -> Section | None:
    """One chart for each place with a frontier, and those of its controls."""
    steps = run.table("frontier")
    if steps is None or not run.advised:
        return None
    charts = [chart for advice in run.advised.values() for chart in _charts(steps, advice)]
    sentence = (
        "Each point is a policy some way from what is in service, and its lift on sessions kept for the choice; limits "
        "hold for all steps at once, and go on where they reach the edge. Pale points may not be chosen, the ringed "
        "one is. The same dial on shuffled rewards and on -Q shows what it gains where there is nothing to learn."
    )
    blocks: list[Block] = [Paragraph(sentence), Key(verdict_marks()), Charts(charts)]
    return Section("frontier", "The frontier", blocks)


def _charts(steps: pd.DataFrame, advice: Advice) -> list[Chart]:
    """Of the place, on one scale: the dial that the advice is of; the controls where a step was chosen."""
    of_run = steps[steps["run_id"] == advice.run_id]
    panels = {
        suffix: of_run[of_run["variant"] == "/".join(filter(None, (advice.variant, suffix)))]
        for suffix in (PANELS if advice.step else [""])
    }
    drawn = {suffix: [_step(row) for row in rows.to_dict("records")] for suffix, rows in panels.items() if len(rows)}
    every = [step for of in drawn.values() for step in of]
    charts = []
    for suffix, of in drawn.items():
        title = f"{advice.place}{PANELS[suffix]}: {_message(of)}"
        charts.append(Chart(title, dial(title, of, every)))
    return charts


def _step(row: TableRow) -> Step:
    lift, low, high = (float(str(row[name])) for name in ("lift", "ci_low", "ci_high"))
    why = f"; {row['reasons']}" if row["reasons"] and not row["eligible"] else ""
    tip = f"{in_words(row)}: lift {lift:+.3g} [{low:.3g}, {high:.3g}], {row['verdict']}{why}"
    distance = float(str(row["divergence"]))
    return Step(distance, lift, low, high, str(row["verdict"]), bool(row["eligible"]), bool(row["chosen"]), tip)


def _message(steps: list[Step]) -> str:
    chosen = [step for step in steps if step.chosen]
    if chosen:
        return f"a step of {chosen[0].distance:.2g} nats shows a lift"
    return f"none of {len(steps)} steps shows a lift that may be believed"
