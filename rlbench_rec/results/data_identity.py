"""Are two result files of the same data, made into decisions by the same card?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class DataHashes:
    """What is known of the data behind a result file.

    Attributes:
        data, card: place (data set or task) -> hash, as in runs.csv. Other replicates of a task, which are other
            shops, are places of their own: `recommend-v1, replicate 3`.
        missing: what is not known and why, in words; empty where all is known.
    """

    data: dict[str, str]
    card: dict[str, str]
    missing: str = ""


def of_runs(runs: pd.DataFrame) -> DataHashes:
    """From the columns of runs.csv."""
    names = runs["dataset"].where(runs["dataset"] != "", runs["task"])
    # As text even of no rows, which pandas would leave as numbers.
    places = names + runs["replicate"].map(lambda number: f", replicate {number}" if number else "").astype(str)
    known = runs["dataset_sha256"] != ""
    data, card = (
        dict(zip(places[known], runs.loc[known, f"{name}_sha256"], strict=True)) for name in ("dataset", "card")
    )
    return DataHashes(data, card)


def of_leaderboard(path: Path) -> DataHashes:
    """From the manifest beside a leaderboard: the board itself has no hashes."""
    file = path.with_name(MANIFEST)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        data, card = dict(content["data_sha256"]), content.get("card_sha256")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return DataHashes({}, {}, f"{path} has no {MANIFEST} beside it that names its data")
    if not data:
        return DataHashes({}, {}, f"{file} names no data")
    if card is None:
        return DataHashes(data, {}, f"{file} is of an older version that does not name the card")
    return DataHashes(data, dict(card))


def refuse_other_data(old: DataHashes, new: DataHashes, where: str) -> None:
    """Raise an InputError where a place of both files is of other data, or of another card."""
    for what, before, after in (
        ("of other data", old.data, new.data),
        ("made of the same data by another card or other `mdp` settings", old.card, new.card),
    ):
        places = sorted(place for place in before.keys() & after.keys() if before[place] != after[place])
        if places:
            raise InputError(
                f"{', '.join(places)}: the rows are {what}, so a difference would say nothing about the policies.",
                where=where,
                hint="Compare runs on the same log and card.",
            )
