"""Tables of the study, for a page and for a CSV file."""

from __future__ import annotations

import pandas as pd

from .bars import COVERED, MISSED

SHOWN = ("ips", "snips", "dr")
TWINS = ("sndr", "sntis")


def markdown(found: dict[str, dict[str, float]]) -> str:
    """The bars, a column for each rule."""
    lines = [f"| | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    for bar in next(iter(found.values())):
        lines.append(f"| {bar} | {' | '.join(_shown(bars[bar]) for bars in found.values())} |")
    return "\n".join(lines)


def by_setting(table: pd.DataFrame) -> str:
    """A row for each setting: share of logs trusted and coverage of those, old and new, values and lifts."""
    lines = [
        "| setting | all, values | v0.1, values | now, values | all, lifts | v0.1, lifts | now, lifts |",
        "|---" * 7 + "|",
    ]
    for setting, of in table[table["name"].isin(SHOWN)].groupby("setting", sort=False):
        cells = []
        for lift in (False, True):
            part = of[of["lift"] == lift].sum(numeric_only=True)
            cells.append(f"{of[of['lift'] == lift]['coverage'].mean():.3f}")
            for name in ("old", "new"):
                share = part[name] / part["logs"]
                covered = f" / {1 - part[name + '_missed'] / part[name]:.3f}" if share >= 0.005 else ""
                cells.append(f"{share:.2f}{covered}")
        lines.append(f"| {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def broken(table: pd.DataFrame) -> str:
    """The cells in which a bar is not met as it stands, sampling error aside."""
    lines = ["| setting | estimator | trusted | covered | trusted and missed |", "|---|---|---|---|---|"]
    for cell in table.itertuples():
        missed, trusted = cell.new_missed / cell.logs, cell.new / cell.logs
        covered = 1 - cell.new_missed / max(cell.new, 1)
        if missed > MISSED or (trusted >= 0.5 and cell.third and covered < COVERED):
            lines.append(f"| {cell.setting} | {cell.estimator} | {trusted:.3f} | {covered:.4f} | {missed:.4f} |")
    return "\n".join(lines)


def csv_rows(family: str, table: pd.DataFrame) -> list[dict[str, object]]:
    """A row for each cell, the self-normalised twins of `dr` and `tis` left out."""
    rows = []
    for cell in table[~table["name"].isin(TWINS)].itertuples():
        row = {"family": family, "setting": cell.setting, "estimator": cell.estimator, "logs": int(cell.logs)}
        row["coverage"] = f"{cell.coverage:.3f}"
        for name, label in (("old", "v0.1"), ("new", "now")):
            trusted, missed = getattr(cell, name), getattr(cell, f"{name}_missed")
            row[f"{label} trusted"] = f"{trusted / cell.logs:.3f}"
            row[f"{label} covered"] = f"{1 - missed / trusted:.3f}" if trusted else ""
            row[f"{label} trusted and missed"] = f"{missed / cell.logs:.4f}"
        row["v0.1's trusted kept"] = f"{cell.kept / cell.old:.3f}" if cell.old else ""
        rows.append(row)
    return rows


def _shown(value: float) -> str:
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
