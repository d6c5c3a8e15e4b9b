"""One side of a comparison: whatever result table was named, in rows of one shape."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...arguments import path_of
from ...errors import InputError
from ..data_identity import MANIFEST
from ..packed import table_at
from ..read import check_frame, header_of, load_leaderboard, load_runs, read_table
from ..schema import KEYS as ROW
from ..schema import LEADERBOARD, RUN_KEYS, RUNS, SCHEMA_VERSION, version_of
from .kinds import KINDS, Kind

if TYPE_CHECKING:
    import pandas as pd

Table = Any
"""A folder of results, a file, or a frame of runs or of a leaderboard."""


@dataclass(frozen=True)
class Side:
    """What is compared.

    Attributes:
        where: path, or what stands for it.
        kind: which table it is.
        rows: in the columns of `kinds.COLUMNS`.
        version: schema version of the table.
        file: of the table; None of a frame.
        manifest: of the run, where one lies beside the table; else empty.
        asked: (place, replicate, log, seed) of every run that was made or failed; empty of tables without runs.
    """

    where: str
    kind: Kind
    rows: pd.DataFrame
    version: int
    file: Path | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    asked: frozenset[tuple[str, int, int, int]] = frozenset()


def sides_of(old: Table, new: Table) -> tuple[Side, Side]:
    """Both sides; of folders, the first table of `KINDS` that both have.

    Raises:
        MissingFileError, InputError: what is not there or is no such table, or tables of two kinds.
    """
    files = [_file_of(old, "old"), _file_of(new, "new")]
    choices = [_choices(file, table) for file, table in zip(files, (old, new), strict=True)]
    common = [name for name in choices[0] if name in choices[1]]
    where = ", ".join("a frame" if file is None else str(file) for file in files)
    if not common:
        called = sorted((" and ".join(KINDS[name].called for name in names) for names in choices), reverse=True)
        what = f"One table {called[0]}, the other {called[1]}."
        raise InputError(what, where=where, hint="Compare two folders of runs, or two tables of one kind.")
    kind = KINDS[common[0]]
    before, after = (_side(table, kind, name) for table, name in ((old, "old"), (new, "new")))
    return before, after


def tables_in(folder: Path) -> list[str]:
    """The kinds of table that a folder has, the best to compare first."""
    return [kind.name for kind in KINDS.values() if table_at(folder / kind.file).is_file()]


def side_at(folder: Path) -> Side:
    """The table of a folder that a comparison takes first, read and checked.

    Raises:
        InputError: no such table, or a damaged one.
    """
    return _side(folder, KINDS[_choices(folder, folder)[0]], str(folder))


def _file_of(table: Table, argument: str) -> Path | None:
    """The path of a side; None of a frame."""
    import pandas as pd

    return None if isinstance(table, pd.DataFrame) else path_of(table, argument, "a path or a pandas frame")


def _choices(file: Path | None, table: Table) -> list[str]:
    """Which kinds of table a side has, the best to compare first."""
    if file is None:
        return ["runs" if "run_id" in table else "leaderboard"]
    if not file.is_dir():
        return [_kind_of(file).name]
    here = tables_in(file)
    if not here:
        names = ", ".join(kind.file for kind in KINDS.values())
        raise InputError("The folder has no table to compare.", where=str(file), hint=f"Wanted is one of {names}.")
    return here


def _kind_of(file: Path) -> Kind:
    header = set(header_of(file).strip().split(","))
    kind = next((kind for kind in KINDS.values() if kind.known_by <= header), None)
    if kind is None:
        known = ", ".join(kind.file for kind in KINDS.values())
        # Where it is no table at all, reading it says why.
        read_table(file, {}, ())
        raise InputError(
            "Not a table that can be compared.", where=str(file), hint=f"That can be {known}, or a folder."
        )
    return kind


def _side(table: Table, kind: Kind, argument: str) -> Side:
    file = _file_of(table, argument)
    if file is None:
        schema, keys = (RUNS, RUN_KEYS) if kind.name == "runs" else (LEADERBOARD, ROW)
        frame = check_frame(table, schema, keys, where=argument)
        return Side(argument, kind, kind.rows(frame), version_of(table, schema), asked=_asked(frame, kind, argument))
    file = file / kind.file if file.is_dir() else file
    frame = {"runs": load_runs, "leaderboard": load_leaderboard}.get(kind.name, kind.read)(file)
    version = version_of(header_of(file).strip().split(","), kind.schema)
    if kind.name == "runs" and len(frame):
        version = int(frame["schema_version"].min())
    asked = _asked(frame, kind, str(file))
    return Side(str(file), kind, kind.rows(frame), version, table_at(file), manifest_beside(file), asked)


def _asked(frame: pd.DataFrame, kind: Kind, where: str) -> frozenset[tuple[str, int, int, int]]:
    if kind.name != "runs":
        return frozenset()
    for name in ("replicate", "log", "seed"):
        empty = int(frame[name].isna().sum())
        if empty:
            what = f"{empty:,} rows have no '{name}', so it is not known which runs are pairs."
            raise InputError(what, where=where, hint="Take the runs.csv that `rlbench run` wrote.")
    places = frame["dataset"].where(frame["dataset"] != "", frame["task"])
    return frozenset(zip(places, frame["replicate"], frame["log"], frame["seed"], strict=True))


def manifest_beside(file: Path) -> dict[str, Any]:
    """manifest.json beside a table; empty where there is none that can be read."""
    try:
        content = json.loads(file.with_name(MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def older(side: Side) -> str:
    """What is said of a file of an older version; empty of one of today's."""
    if side.version >= SCHEMA_VERSION:
        return ""
    return f"{side.where} is of schema version {side.version}; this version of rlbench-rec writes {SCHEMA_VERSION}"
