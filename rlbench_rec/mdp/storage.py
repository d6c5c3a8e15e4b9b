"""A TransitionDataset on disk: one .npy file a column, memory-mappable, and dataset.json. Nothing is pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, MissingFileError
from ..files import new_folder
from .columns import parts, write_column
from .dataset import Provenance, TransitionDataset
from .validate import DTYPES

FORMAT = 1
SCALARS = ("action_count", "gamma", "history", "item_count", "event_count", "train_episodes")
NAMES = ("metric_names", "action_names", "observation_names")


def save(data: TransitionDataset, folder: Path) -> None:
    """Write the dataset to `folder`, which appears complete or not at all.

    Raises:
        OutputError: if the folder exists already or its parent cannot be written.
    """
    columns = [name for name in DTYPES if getattr(data, name) is not None]
    header: dict[str, Any] = {"format": FORMAT, "columns": columns, "provenance": asdict(data.provenance)}
    header |= {name: getattr(data, name) for name in SCALARS}
    header |= {name: list(getattr(data, name)) for name in NAMES}
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
    header = _read_header(folder / "dataset.json")
    columns = {}
    for name in header["columns"]:
        if name not in DTYPES:
            raise InputError(f"Unknown column '{name}'.", where=str(folder / "dataset.json"))
        path = folder / f"{name}.npy"
        try:
            columns[name] = np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
        except FileNotFoundError as error:
            raise MissingFileError("A column of the dataset is missing.", where=str(path)) from error
        except (ValueError, EOFError, OSError) as error:
            raise InputError(f"The column cannot be read ({error}).", where=str(path)) from error
    scalars = {name: header[name] for name in SCALARS}
    names = {name: tuple(header[name]) for name in NAMES}
    return TransitionDataset(**columns, **scalars, **names, provenance=Provenance(**header["provenance"]))


def _read_header(path: Path) -> dict[str, Any]:
    try:
        header = json.loads(path.read_text())
    except FileNotFoundError as error:
        hint = "Give a folder written by TransitionDataset.save."
        raise MissingFileError("No saved dataset here.", where=str(path), hint=hint) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"The header cannot be read ({error}).", where=str(path)) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError(f"Not a dataset of format {FORMAT}.", where=str(path), hint="Build the dataset again.")
    missing = {"columns", "provenance", *SCALARS, *NAMES} - header.keys()
    if missing:
        raise InputError(f"Keys are missing: {', '.join(sorted(missing))}.", where=str(path))
    return header
