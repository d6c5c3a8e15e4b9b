"""Frontiers on a terminal: what to test, and the curves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...results.actions import USERS_CHOSE, Action, by_frontier
from ...results.frontier import LIFT, Advice, advise, load_frontier
from ...results.frontier_words import rounded
from ...results.headline import formatted
from ...results.packed import table_at
from ...results.row_names import FRONTIER_BEST_FORM, FRONTIER_FORMS, NEGATED, SHUFFLED
from .actions import show_actions

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from ...results.schema import TableRow

COLOURS = {"trusted": "green", "weak": "yellow", "unreliable": "red"}
WIDTH = 25
"""Characters of the drawing of one step's limits."""
MOST_PLACES = 12
"""Places of the table that says what to act on, where no more is asked for."""
TOLD_IN_WORDS = 2
"""Places that are also told in sentences."""


def advice_of(folder: Path) -> dict[str, Advice]:
    """Place -> what the frontiers of a run advise; empty where it has none."""
    if not table_at(folder / "frontier.csv").is_file():
        return {}
    return {advice.place: advice for advice in advise(*load_frontier(folder))}


def with_advice(board: pd.DataFrame, advised: dict[str, Advice]) -> pd.DataFrame:
    """The board for `--json`: rows of frontiers first, with the sentence beside the one that it is of."""
    if not advised:
        return board
    sentences = {(advice.place, advice.algorithm, advice.variant): advice.sentence for advice in advised.values()}
    places = board["dataset"].where(board["dataset"] != "", board["task"])
    keys = zip(places, board["algorithm"], board["variant"], strict=True)
    said = [sentences.get(key, "") if lift else "" for key, lift in zip(keys, board["estimator"] == LIFT, strict=True)]
    first = board["estimator"].eq(LIFT) & board["variant"].map(lambda v: v.split("/")[-1] in FRONTIER_FORMS)
    return board.assign(advice=said).iloc[np.argsort(~first.to_numpy(), kind="stable")]


def show_answer(console: Console, advised: list[Advice], board: pd.DataFrame, *, whole: bool) -> None:
    """What to act on in every place, tests first; of few places also in a sentence, with what the controls gain.

    Args:
        console: where to.
        advised: what the frontiers advise.
        board: rows of leaderboard.csv.
        whole: all places, however many there are.
    """
    told = [by_frontier(advice.place, advice) for advice in advised]
    told += [Action(place, "cannot be told", why=USERS_CHOSE) for place in _unidentified_places(board)]
    told.sort(key=lambda each: each.what != "A/B test")
    shown = told if whole else told[:MOST_PLACES]
    show_actions(console, shown)
    if rest := Counter(each.what for each in told[len(shown) :]):
        counts = ", ".join(f"{what} {count}" for what, count in rest.items())
        console.print(f"{rest.total()} more places ({counts}): --curves.", highlight=False, markup=False)
    for advice in advised if len(told) <= TOLD_IN_WORDS else ():
        before = f"{advice.place}: " if len(told) > 1 else ""
        console.print(f"{before}{advice.sentence} {advice.controls}".rstrip(), highlight=False, markup=False)


def show_advice(console: Console, advice: Advice, board: pd.DataFrame) -> None:
    """The frontiers of one place by their lift on the test side, and what to test.

    Args:
        console: where to.
        advice: of the place.
        board: rows of leaderboard.csv.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    places = board["dataset"].where(board["dataset"] != "", board["task"])
    here = board[(places == advice.place) & (board["estimator"] == LIFT) & (board["metric"] == "reward")]
    here = here[here["variant"].map(lambda variant: variant.split("/")[-1] in FRONTIER_FORMS)]
    here = here.iloc[np.argsort(here["variant"].ne(FRONTIER_BEST_FORM).to_numpy(), kind="stable")]
    console.print(
        Text(
            f"{advice.place}: frontier (lift of the reward an episode on the test side, mean over seeds)", style="bold"
        )
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("algorithm", "variant", "lift", "interval", "verdict"):
        table.add_column(name, justify="right" if name in ("lift", "interval") else "left", overflow="fold")
    for row in here.to_dict("records"):
        verdict = Text(str(row["verdict"]), style=COLOURS.get(row["verdict"], ""))
        numbers = ("", "") if row["verdict"] == "unreliable" else formatted(row)
        table.add_row(Text(row["algorithm"]), Text(row["variant"]), *map(Text, numbers), verdict)
    console.print(table)
    for sentence in (advice.sentence, advice.controls):
        if sentence:
            console.print(Text(sentence), highlight=False)
    console.print()


def unidentified(board: pd.DataFrame) -> list[str]:
    """A sentence for each place that can have no frontier."""
    return [
        f"No frontier on {place}: users chose the items themselves, so no policy's lift is known."
        for place in _unidentified_places(board)
    ]


def _unidentified_places(board: pd.DataFrame) -> list[str]:
    places = board["dataset"].where(board["dataset"] != "", board["task"])
    return list(dict.fromkeys(places[board["identification"] == "not-identified"]))


def show_curves(console: Console, steps: pd.DataFrame, advice: Advice) -> None:
    """The curve that the advice is of, and its controls', step by step.

    Args:
        console: where to.
        steps: rows of frontier.csv.
        advice: whose curves.
    """
    same = steps[(steps["run_id"] == advice.run_id)]
    for variant in (advice.variant, f"{advice.variant}/{SHUFFLED}", f"{advice.variant}/{NEGATED}"):
        curve = same[same["variant"] == variant]
        if len(curve):
            _show_curve(console, curve, f"{advice.algorithm} {variant}, seed {advice.seed}")


def _show_curve(console: Console, curve: pd.DataFrame, title: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("", "contender", "dial", "nats", "value", "lift", "simultaneous limits", "verdict", "log needed"):
        numeric = name in ("nats", "value", "lift", "log needed")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    low, high = _ends(curve)
    for row in curve.sort_values(["contender", "dial", "divergence"]).to_dict("records"):
        mark = ">" if row["chosen"] else " "
        held_back = row["verdict"] == "trusted" and not row["eligible"]
        said = f"{row['verdict']}, not eligible" if held_back else str(row["verdict"])
        verdict = Text(said, style="" if held_back else COLOURS.get(said, ""))
        needed = "" if np.isnan(row["log_needed"]) else f"{rounded(row['log_needed'])}x"
        value, lift = (formatted(row | {"mean": row[name]})[0] for name in ("value", "lift"))
        cells = (mark, row["contender"], row["dial"], f"{row['divergence']:.2g}", value, lift, drawn(row, low, high))
        table.add_row(*map(Text, cells), verdict, Text(needed))
    console.print(table)
    console.print()


def drawn(row: TableRow, low: float, high: float) -> str:
    """Limits as a line of text, `|` standing at 0 and `o` at the lift; `<` and `>` where they go on.

    Args:
        row: of frontier.csv.
        low, high: what the ends of the line stand for.
    """

    def at(value: float) -> int:
        return round((value - low) / (high - low) * (WIDTH - 1))

    cells = [" "] * WIDTH
    cells[at(0.0)] = "|"
    if np.isnan(row["lift"]):
        return "".join(cells)
    first, last, middle = (at(min(max(row[name], low), high)) for name in ("ci_low", "ci_high", "lift"))
    for cell in range(first, last + 1):
        cells[cell] = "-" if cells[cell] == " " else "+"
    cells[middle] = "o"
    if row["ci_low"] < low:
        cells[0] = "<"
    if row["ci_high"] > high:
        cells[-1] = ">"
    return "".join(cells)


def _ends(curve: pd.DataFrame) -> tuple[float, float]:
    """Of the drawing: 0, and what may be chosen, or everything where nothing may."""
    counted = curve[curve["eligible"]]
    counted = curve if counted.empty else counted
    numbers = counted[["ci_low", "ci_high"]].to_numpy(float)
    finite = np.append(numbers[np.isfinite(numbers)], 0.0)
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (-1.0, 1.0)
