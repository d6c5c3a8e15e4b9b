"""The tables of a run's folder, each once, and None where the run has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MissingFileError
from ..results import schema
from ..results.data_identity import MANIFEST
from ..results.frontier import Advice, advise
from ..results.headline import Headline, headlines
from ..results.packed import table_at
from ..results.read import load_leaderboard, load_runs, read_table
from ..results.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

BOARD, SCORES = "leaderboard.csv", "estimators.csv"
OTHERS: dict[str, tuple[Schema, tuple[str, ...]]] = {
    "curves": (schema.CURVES, ("run_id", "step")),
    "frontier": (schema.FRONTIER, schema.FRONTIER_KEYS),
    "needs_rl": (schema.NEEDS_RL, schema.NEEDS_RL_KEYS),
    "needs_rl_logs": (schema.NEEDS_RL, schema.NEEDS_RL_KEYS),
    "normalised": (schema.NORMALISED, schema.NORMALISED_KEYS),
    "summary": (schema.SUMMARY, schema.SUMMARY_KEYS),
    "profiles": (schema.PROFILES, schema.PROFILE_KEYS),
    "estimators": (schema.ESTIMATORS, schema.ESTIMATOR_KEYS),
}
"""Table -> its columns, and those that tell its rows apart."""


@dataclass(frozen=True)
class RunTables:
    """A run, read.

    Attributes:
        name: of the suite, else of the folder; never where the folder lies.
        folder: where it was read from; no page says so.
        board, runs: leaderboard.csv and runs.csv; empty where a suite of estimators has neither.
        others: table -> rows, of `OTHERS` as far as they are there.
        manifest: manifest.json; empty where there is none that can be read.
        headlines: what of the board a reader looks at first, a place each.
        advised: place -> what its frontiers advise.
    """

    name: str
    folder: Path
    board: pd.DataFrame
    runs: pd.DataFrame
    others: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    headlines: tuple[Headline, ...] = ()
    advised: Mapping[str, Advice] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame | None:
        """Rows of a table; None where the run has none."""
        return self.others.get(name)

    @property
    def config(self) -> Mapping[str, Any]:
        """The suite, as the manifest has it."""
        config = self.manifest.get("config")
        return config if isinstance(config, dict) else {}


def read_run(folder: Path) -> RunTables:
    """Every table of a run's folder.

    Raises:
        MissingFileError: no such folder, or no table of a run is in it.
        InputError: a table that is there cannot be read.
    """
    import pandas as pd

    if folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise MissingFileError("There is no such folder.", where=str(folder), hint="Name the folder of a run.")
    others = {
        name: read_table(folder / f"{name}.csv", columns, keys)
        for name, (columns, keys) in OTHERS.items()
        if table_at(folder / f"{name}.csv").is_file()
    }
    has_board = (folder / BOARD).is_file()
    if not has_board and "estimators" not in others:
        what = f"This is not the folder of a run: neither {BOARD} nor {SCORES} is in it."
        raise MissingFileError(what, where=str(folder), hint="Name a folder that `rlbench run` wrote.")
    board = load_leaderboard(folder / BOARD) if has_board else pd.DataFrame()
    has_runs = table_at(folder / "runs.csv").is_file()
    runs = load_runs(folder / "runs.csv") if has_runs else pd.DataFrame()
    advised = advise(runs, others["frontier"]) if has_runs and "frontier" in others else []
    manifest = _manifest(folder)
    return RunTables(
        name=_name(manifest, folder),
        folder=folder,
        board=board,
        runs=runs,
        others=others,
        manifest=manifest,
        headlines=tuple(headlines(board)) if has_board else (),
        advised={advice.place: advice for advice in advised},
    )


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"The file cannot be read ({error}).", where=str(file)) from error
    return content if isinstance(content, dict) else {}


def _name(manifest: Mapping[str, Any], folder: Path) -> str:
    config = manifest.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return str(name or folder.resolve().name or "run")
