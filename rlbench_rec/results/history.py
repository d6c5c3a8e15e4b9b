"""history.csv: what every committed board said at its top, one line a board."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import path_of
from .board_message import beats_behaviour, shown_rows
from .board_table import boards_of
from .comparison.sides import manifest_beside
from .headline import formatted
from .packed import table_at, table_bytes
from .read import load_leaderboard, read_table
from .row_names import BEHAVIOUR, REFERENCE
from .schema import ESTIMATOR_KEYS, ESTIMATORS, HISTORY, HISTORY_KEYS, SCHEMA_VERSION
from .useful import YES

if TYPE_CHECKING:
    import pandas as pd

FILES = ("leaderboard.csv", "estimators.csv")


def load_history(path: str | Path) -> pd.DataFrame:
    """history.csv, validated; see `read_table`."""
    return read_table(path_of(path, "path"), HISTORY, HISTORY_KEYS)


def board_folders(results: Path) -> list[Path]:
    """The folders of results that hold a board."""
    return sorted(folder for folder in results.iterdir() if board_file(folder))


def board_file(folder: Path) -> Path | None:
    """The board of a folder, packed or not; None where it has none, or no manifest that says which code made it."""
    files = [folder / name for name in FILES if table_at(folder / name).is_file()]
    return files[0] if files and _code(files[0]) else None


def _code(file: Path) -> dict[str, Any]:
    """What the manifest beside a board says of the code that made it; empty where it says nothing."""
    code = manifest_beside(file).get("code")
    return code if isinstance(code, dict) else {}


def history_line(folder: Path, suite: str) -> dict[str, Any]:
    """A line of history.csv, but for its date: the manifest names the commit alone.

    Args:
        folder: with a board, see `board_file`.
        suite: what the line calls it.

    Raises:
        InputError: the board is damaged.
    """
    file = board_file(folder)
    assert file is not None, "the folder has a board"
    line: dict[str, Any] = dict.fromkeys(HISTORY) | {"schema_version": SCHEMA_VERSION, "suite": suite}
    line["commit"] = str(_code(file).get("commit") or "")
    line["board_sha256"] = hashlib.sha256(table_bytes(file)).hexdigest()
    figures = _of_leaderboard(load_leaderboard(file)) if file.name == FILES[0] else _of_estimators(file)
    return line | figures


def _of_leaderboard(board: pd.DataFrame) -> dict[str, Any]:
    import pandas as pd

    places = boards_of(board)
    shown = [shown_rows(place) for place in places]
    rows = pd.concat(shown, ignore_index=True) if shown else board.head(0)
    rivals = rows[~rows["algorithm"].isin([BEHAVIOUR, REFERENCE])]
    said = rivals["useful"] != ""
    verdicts = board["verdict"].value_counts()
    first = [f"{place.place}: {_first(of_place)}" for place, of_place in zip(places, shown, strict=True)]
    return {
        "places": len(board[["dataset", "task"]].drop_duplicates()),
        "rows": len(board),
        **{name: int(verdicts.get(name, 0)) for name in ("trusted", "weak", "unreliable")},
        "policies": len(rivals),
        "beat_behaviour": int(beats_behaviour(rivals).sum()),
        "useful": int((rivals["useful"] == YES).sum()) if said.any() else None,
        "first": "; ".join(first),
    }


def _first(rows: pd.DataFrame) -> str:
    """The first that is a contender, which an end of the scale is not."""
    ranked = rows[rows["rank"].notna() & (rows["algorithm"] != REFERENCE)]
    if ranked.empty:
        return "none"
    row = ranked.iloc[0]
    return " ".join(filter(None, (row["algorithm"], row["variant"], *formatted(row))))


def _of_estimators(file: Path) -> dict[str, Any]:
    table = read_table(file, ESTIMATORS, ESTIMATOR_KEYS)
    of_all = table[table["policies"] == "all"]
    errors = of_all[of_all["n_episodes"] == of_all["n_episodes"].max()].groupby("estimator")["rmse"].mean()
    best = str(errors.idxmin()) if errors.notna().any() else ""
    first = f"{best} {errors[best]:.4g}" if best else "none"
    return {"places": table["task"].nunique(), "rows": len(table), "first": first}
