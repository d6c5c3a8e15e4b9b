"""How training went: errors on held-out sessions, and how much more Q promises than the log earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results.readable_names import readable_name, variant_parts
from ...results.schema import TableRow
from ..charts.lines import Line, lines
from ..content import Block, Chart, Charts, Paragraph, Section
from ..names import place_of
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

MOST = 12
"""Places that are drawn."""
LINES = 8
"""Lines of a chart."""


def curves(run: RunTables) -> Section | None:
    """Learning curves of each place, means over seeds with a band from the lowest to the highest."""
    table = run.table("curves")
    if table is None or table.empty or run.runs.empty:
        return None
    points = table.merge(_names(run.runs), on="run_id")
    places = list(dict.fromkeys(points["place"]))
    charts: list[Chart] = []
    for place in places[:MOST]:
        charts += _charts(str(place), points[points["place"] == place])
    if not charts:
        return None
    left_out = f" {len(places) - MOST} more places are in curves.csv." if len(places) > MOST else ""
    sentence = (
        "Errors are on sessions that no training saw, as a share of what there is to explain: below 1 something was "
        "learnt. Overestimation is mean Q over what the same sessions went on to earn: far above 1 it promises too "
        f"much, and the run is called diverging. Bands span the training seeds.{left_out}"
    )
    blocks: list[Block] = [Paragraph(sentence), Charts(charts)]
    return Section("curves", "Learning curves", blocks)


def _names(runs: pd.DataFrame) -> pd.DataFrame:
    """Place and name of each training."""
    first = runs.drop_duplicates("run_id")
    names = [_name(row) for row in first.to_dict("records")]
    places = [place_of(row) for row in first.to_dict("records")]
    return first[["run_id"]].assign(place=places, name=names)


def _name(row: TableRow) -> str:
    """Algorithm, encoder and label: the forms of one training share its curve."""
    return readable_name(str(row["algorithm"]), variant_parts(str(row["variant"])).label, "fixed")


def _charts(place: str, points: pd.DataFrame) -> list[Chart]:
    drawn = []
    for column, what, log in (("unexplained", "error, share of the variance", False), ("overestimation", "", True)):
        rows = points[points[column].notna() & ((points[column] > 0) | (not log))]
        if rows.empty or rows.groupby("name")["step"].nunique().max() < 2:
            continue
        of = [_line(str(name), rows_of, column) for name, rows_of in rows.groupby("name", sort=True)][:LINES]
        said = _overestimated(place, of) if log else _unexplained(place, of)
        title = "mean Q over mean return" if log else what
        drawn.append(Chart(said, lines(said, of, "training steps", title, log=log, level=1.0)))
    return drawn


def _line(name: str, rows: pd.DataFrame, column: str) -> Line:
    by_step = rows.groupby("step")[column]
    mean = by_step.mean()
    # One training has no band.
    several = by_step.size().max() > 1
    low, high = (list(end) if several else [] for end in (by_step.min(), by_step.max()))
    return Line(name, [float(step) for step in mean.index], list(mean), low, high)


def _unexplained(place: str, drawn: list[Line]) -> str:
    """The message: whose Q explains the most at the end."""
    least = min(drawn, key=lambda of: of.up[-1])
    if least.up[-1] >= 1.0:
        return f"{place}: no Q explains what sessions held out earned"
    return f"{place}: {least.name} leaves {least.up[-1]:.0%} unexplained"


def _overestimated(place: str, drawn: list[Line]) -> str:
    """The message: who promises the most at the end."""
    most = max(drawn, key=lambda of: of.up[-1])
    if most.up[-1] <= 1.0:
        return f"{place}: no Q promises more than was earned"
    return f"{place}: {most.name} promises {most.up[-1]:.2g} times what was earned"
