"""A TransitionDataset on disk: one .npy file per column, memory-mappable, and dataset.json. Nothing is pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, Field, model_validator

from ..errors import InputError, MissingFileError
from ..files import new_folder
from ..parsing import read_json, validated
from ..serving.state_encoding import StateEncoding
from .chunked_columns import parts, write_column
from .dataset import TransitionDataset
from .provenance import Provenance
from .validate import DTYPES

FORMATS = (2, 3)
"""Format 3 has the columns of `NEW`; a dataset without them is written as format 2, byte for byte as before."""
NEW = ("event_rows", "event_starts", "next_episodes", "behaviour_probabilities", "session_names", "user_names")
SCALARS = (
    "action_count",
    "other_action",
    "gamma",
    "history",
    "item_count",
    "other_item",
    "event_count",
    "train_episodes",
)
NAMES = ("metric_names", "action_names", "observation_names")
NEEDED = {"observations", "actions", "rewards", "episode_starts"}
Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
"""Ids are int32."""


def save(data: TransitionDataset, folder: Path) -> None:
    """Write the dataset to `folder`, which appears complete or not at all.

    Raises:
        OutputError: if the folder exists already or its parent cannot be written.
    """
    columns = [name for name in DTYPES if getattr(data, name) is not None]
    number = 3 if set(NEW) & set(columns) else 2
    header: dict[str, object] = {"format": number, "columns": columns, "provenance": asdict(data.provenance)}
    header |= {name: getattr(data, name) for name in SCALARS}
    header |= {name: list(getattr(data, name)) for name in NAMES}
    if data.encoding is not None:
        header["encoding"] = data.encoding.to_json()
    with new_folder(folder) as partial:
        for name in columns:
            column = getattr(data, name)
            write_column(partial / f"{name}.npy", column.shape, column.dtype, parts(column))
        (partial / "dataset.json").write_text(json.dumps(header, indent=1, sort_keys=True) + "\n")


def load(folder: Path, *, mmap: bool = True) -> TransitionDataset:
    """Read what `save` wrote.

    Raises:
        MissingFileError: if the folder or one of its columns is not there.
        InputError: if dataset.json cannot be read, or a column does not fit it.
    """
    path = folder / "dataset.json"
    content = read_json(path, "saved dataset", "Give a folder written by TransitionDataset.save.")
    if not isinstance(content, dict) or content.get("format") not in FORMATS:
        raise InputError("Not a dataset of format 2 or 3.", where=str(path), hint="Build the dataset again.")
    header = validated(content, _Header, str(path), "Build the dataset again.")
    columns = {name: _read_column(folder / f"{name}.npy", mmap) for name in header.columns}
    try:
        return TransitionDataset(
            **columns,
            action_count=header.action_count,
            other_action=header.other_action,
            gamma=header.gamma,
            history=header.history,
            item_count=header.item_count,
            other_item=header.other_item,
            event_count=header.event_count,
            train_episodes=header.train_episodes,
            metric_names=header.metric_names,
            action_names=header.action_names,
            observation_names=header.observation_names,
            provenance=header.provenance,
            encoding=None if header.encoding is None else StateEncoding.from_json(header.encoding, str(path)),
        )
    except InputError as error:
        raise InputError(error.what, where=f"{folder}: {error.where}", hint=error.hint) from error


def _column(name: str) -> str:
    if name not in DTYPES:
        raise ValueError("a dataset has no such column")
    return name


class _Header(BaseModel):
    """dataset.json. A column's name is a known one, so that no path leads out of the folder."""

    columns: list[Annotated[str, AfterValidator(_column)]]
    provenance: Provenance
    action_count: Count
    other_action: Count | None
    gamma: Annotated[float, Field(strict=True)]
    history: Count
    item_count: Count
    other_item: Count
    event_count: Count
    train_episodes: Count
    metric_names: tuple[str, ...]
    action_names: tuple[str, ...]
    observation_names: tuple[str, ...]
    encoding: dict[str, object] | None = None

    @model_validator(mode="after")
    def _needed(self) -> _Header:
        missing = NEEDED - set(self.columns)
        if missing:
            raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
        return self


def _read_column(path: Path, mmap: bool) -> np.ndarray:
    try:
        column = np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
    except FileNotFoundError as error:
        raise MissingFileError("A column of the dataset is missing.", where=str(path)) from error
    # Any error: a broken header can hold any text, which numpy reads as Python's literals.
    except Exception as error:
        raise InputError(f"The column cannot be read ({error}).", where=str(path)) from error
    if not isinstance(column, np.ndarray):
        raise InputError("This is an archive, not a column.", where=str(path))
    return column
