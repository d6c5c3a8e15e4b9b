"""Is a difference between two sides one of the policies? Not where data, card, split, task or measure differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...tolerances import ROUNDING
from ..data_identity import DataHashes, of_leaderboard
from ..packed import table_at
from ..read import read_table
from ..row_names import NORMALISED_METRIC
from ..schema import SCALE, SCALE_KEYS
from .sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from ..schema import TableRow

MEASURES = ("kind", "q", "fqe_steps", "confidence", "interval")
"""Keys of a suite that say how a value is found: another value of one of them is another meaning."""
NOT_TOLD = (*MEASURES, "name", "description", "job_timeout", "plugins", "sizes", "sources", "algorithms")
"""Keys whose change is not told as one of the training: rows come and go by the others."""
HASHED = {
    "dataset_sha256": "of other data",
    "card_sha256": "made of the same data by another card or other `mdp` settings",
    "split_hash": "of another split",
}
PLACE = ("dataset", "task", "replicate", "log")
VERSION = re.compile(r"-v\d+(?=$|/)")
ALLOW = "--allow-different-data"


def refuse_other_meaning(old: Side, new: Side, both: pd.DataFrame) -> None:
    """Raise an InputError that names everything which makes a difference say nothing about the policies.

    Args:
        old, new: the sides.
        both: their rows, joined; columns of hashes end in `_old` and `_new`.
    """
    reasons = list(what_differs(old, new, both))
    if reasons:
        raise InputError(
            f"{'; '.join(reasons)}; so a difference would say nothing about the policies.",
            where=f"{old.where}, {new.where}",
            hint=f"Compare runs on the same log and card, or say {ALLOW}.",
        )


def what_differs(old: Side, new: Side, both: pd.DataFrame) -> Iterator[str]:
    """All that makes a difference one of something else, in words."""
    if old.kind.name == "runs":
        yield from _hashes_of_rows(both)
    else:
        yield from _hashes_of_manifests(_beside(old), _beside(new))
    yield from _task_versions(old.rows, new.rows)
    yield from _measures(old.manifest, new.manifest)
    yield from _scales(old, new)


def unchecked(old: Side, new: Side) -> str:
    """What is not known of the data behind the sides, in words; empty where all is."""
    if old.kind.name == "runs":
        silent = [side.where for side in (old, new) if len(side.rows) and (side.rows["dataset_sha256"] == "").all()]
        return "; ".join(f"{where} names no data" for where in dict.fromkeys(silent))
    return "; ".join(dict.fromkeys(filter(None, (_beside(old).missing, _beside(new).missing))))


def other_settings(old: Side, new: Side) -> list[str]:
    """Settings of the suites that differ and leave the meaning of a value as it is: what may be the cause of a
    difference."""
    before, after = (side.manifest.get("config") for side in (old, new))
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    keys = [key for key in dict.fromkeys([*before, *after]) if key not in NOT_TOLD]
    return [
        f"{key} {_short(before[key])} -> {_short(after[key])}"
        for key in keys
        if key in before and key in after and before[key] != after[key]
    ]


def place_of(row: TableRow) -> str:
    """Data set or task of a row, with its replicate and log where they are not the first."""
    numbers = (f"{name} {row[name]}" for name in ("replicate", "log") if row[name])
    return ", ".join([str(row["dataset"] or row["task"]), *numbers])


def _hashes_of_rows(both: pd.DataFrame) -> Iterator[str]:
    import pandas as pd

    common = both[both["_merge"] == "both"]
    for name, what in HASHED.items():
        # A frame from a file that pandas read may hold a hash of digits as a number.
        before, after = (common[f"{name}_{side}"].astype(str) for side in ("old", "new"))
        other = common.loc[(before != after) & (before != "") & (after != ""), [*PLACE]]
        rows = pd.concat([other, _apart(both, name)]).drop_duplicates().to_dict("records")
        places = sorted({place_of(row) for row in rows})
        if places:
            yield f"{', '.join(places)}: the rows are {what}"


def _apart(both: pd.DataFrame, name: str) -> pd.DataFrame:
    """Shops and logs whose hashes have none in common: runs of other seeds have no partner that could tell."""
    there, here = (
        both.loc[both[column] != "", [*PLACE, column]].drop_duplicates().set_axis([*PLACE, name], axis=1)
        for column in (f"{name}_old", f"{name}_new")
    )
    there, here = (side.assign(**{name: side[name].astype(str)}) for side in (there, here))
    places = there[[*PLACE]].drop_duplicates().merge(here[[*PLACE]].drop_duplicates())
    shared = there.merge(here)[[*PLACE]].drop_duplicates()
    found = places.merge(shared, how="left", indicator="of")
    return found.loc[found["of"] == "left_only", [*PLACE]]


def _beside(side: Side) -> DataHashes:
    if side.file is None:
        return DataHashes({}, {}, "a leaderboard in memory does not name its data")
    if side.kind.name in ("estimates", "estimators"):
        # Shops are named by the suite: see `_measures` and `_task_versions`.
        return DataHashes({}, {})
    return of_leaderboard(Path(side.where))


def _hashes_of_manifests(old: DataHashes, new: DataHashes) -> Iterator[str]:
    for what, before, after in (
        (HASHED["dataset_sha256"], old.data, new.data),
        (HASHED["card_sha256"], old.card, new.card),
    ):
        places = sorted(place for place in before.keys() & after.keys() if before[place] != after[place])
        if places:
            yield f"{', '.join(places)}: the rows are {what}"


def _task_versions(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    """Tasks that are there on both sides, in no common version."""
    before, after = (_versions(rows) for rows in (old, new))
    for stem in sorted(before.keys() & after.keys()):
        if not before[stem] & after[stem]:
            there, here = (" and ".join(sorted(names[stem])) for names in (before, after))
            yield f"{there} there and {here} here: another version of the task"


def _versions(rows: pd.DataFrame) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for task in rows["task"].unique():
        if VERSION.search(task):
            versions.setdefault(VERSION.sub("", task), set()).add(task)
    return versions


def _measures(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, after = (manifest.get("config") for manifest in (old, new))
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for key in MEASURES:
        if key in before and key in after and before[key] != after[key]:
            yield f"the suite's `{key}` is {_short(before[key])} there and {_short(after[key])} here"


def _scales(old: Side, new: Side) -> Iterator[str]:
    """Shops whose 100 is another value: normalised values of them are on two scales."""
    if old.file is None or new.file is None or not (old.rows["metric"] == NORMALISED_METRIC).any():
        return
    files = [side.file.with_name("scale.csv") for side in (old, new) if side.file]
    if not all(table_at(file).is_file() for file in files):
        return
    before, after = (read_table(file, SCALE, SCALE_KEYS) for file in files)
    both = before.merge(after, on=list(SCALE_KEYS), suffixes=("_old", "_new"))
    apart = (both["hundred_old"] - both["hundred_new"]).abs() > ROUNDING * np.maximum(
        both["hundred_old"].abs(), both["hundred_new"].abs()
    )
    tasks = sorted(set(both.loc[apart, "task"]))
    if tasks:
        yield f"{', '.join(tasks)}: the reference policy is worth another value, so 100 is not the same"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
