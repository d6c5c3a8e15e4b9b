"""A sample of a folder of files that are one log: part files, files by month, Hive partitions."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from ....errors import InputError
from ...archives.compressed import plain_name
from ...read.partitions import partition_values
from ..sample import Sample

FILES = 4
"""Files that are looked into: the first and the last by name, and some between."""
OTHERS = (
    *(".toml", ".md", ".crc", ".pdf", ".py", ".ipynb", ".sha256", ".md5", ".yaml", ".yml", ".html"),
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".safetensors", ".pt", ".npy", ".npz", ".pkl"),
)
"""Endings of files that lie beside a log."""
OF_A_RUN = ("card_sha256", "command_line")
"""Keys of the manifest that a run of a suite leaves."""
ALIKE = 0.5
"""Share of the columns that two files of one log have in common."""


def folder_sample(
    folder: Path, given: Mapping[str, object], look: Callable[[Path, Mapping[str, object]], Sample]
) -> Sample:
    """Rows of some files of a folder.

    Args:
        folder: with the files, or with folders of them.
        given: card keys that are known.
        look: gives the sample of one file.

    Raises:
        InputError: there are no files, or they are not of one log.
    """
    files = _log_files(folder)
    if not files:
        raise InputError("There are no files in this folder.", where=str(folder), hint="Give the file of the log.")
    some = files if len(files) <= FILES else [files[i * (len(files) - 1) // (FILES - 1)] for i in range(FILES)]
    first = look(some[0], given)
    # What the first file says holds for all; its names do not, since they may stand in another order.
    known = {**given, **{key: value for key, value in first.layout.items() if key not in ("names", "lists")}}
    samples = [first, *(look(file, known) for file in some[1:])]
    _refuse_others(folder, some, samples)
    columns: dict[str, list[str]] = {}
    rows = 0
    for file, sample in zip(some, samples, strict=True):
        texts = {**sample.columns}
        texts |= {name: [value] * sample.rows for name, value in partition_values(file, folder).items()}
        for name in [*texts, *columns]:
            columns.setdefault(name, [""] * rows)
        for name, column in columns.items():
            column += texts.get(name, [""] * sample.rows)
        rows += sample.rows
    pattern = _pattern(folder, files)
    notes = [f"The folder has {len(files):,} files like {files[0].name}; {len(some)} were looked into.", *first.notes]
    parts = list(dict.fromkeys(name for file in files for name in partition_values(file, folder)))
    if parts:
        notes.append(f"Folders name the columns {', '.join(parts)}.")
    if runs := _runs(folder):
        notes.append(f"Runs of suites are left out, such as {runs[0].relative_to(folder)}.")
    notes += _differences(some, samples)
    whole = len(some) == len(files) and all(sample.whole for sample in samples)

    def write(scratch: Path) -> Path:
        for file, sample in zip(some, samples, strict=True):
            place = scratch / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            if sample.write is None:
                shutil.copyfile(file, place)
            else:
                sample.write(place.parent)
        return scratch

    return Sample(
        folder, first.dialect, list(columns), columns, first.layout, notes, first.questions, pattern, whole,
        None if whole else write,
    )  # fmt: skip


def _log_files(folder: Path) -> list[Path]:
    """The files of the most frequent ending, by name; hidden ones, runs, and those beside a log left out."""
    runs = _runs(folder)
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and path.suffix.lower() not in OTHERS
        and not path.name.lower().startswith("readme")
        and not any(run in path.parents for run in runs)
    ]
    sizes: Counter[str] = Counter()
    for path in files:
        sizes[_ending(path)] += path.stat().st_size
    return [path for path in files if _ending(path) == sizes.most_common(1)[0][0]]


def _runs(folder: Path) -> list[Path]:
    """The folders below that hold runs of suites, which is where they go when a log's own folder is worked in."""
    return [path.parent for path in sorted(folder.rglob("manifest.json")) if path.parent != folder and _is_run(path)]


def _is_run(manifest: Path) -> bool:
    try:
        keys = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(keys, dict) and all(key in keys for key in OF_A_RUN)


def _ending(path: Path) -> str:
    return Path(plain_name(path)).suffix.lower()


def _pattern(folder: Path, files: list[Path]) -> str:
    """The card's pattern for files, below the folder."""
    deep = "**/" if any(file.parent != folder for file in files) else ""
    endings = {Path(plain_name(file)).suffix for file in files}
    (ending,) = endings if len(endings) == 1 else {""}
    if ending:
        # The reader takes packed files under the name of what is in them.
        return f"{deep}*{ending}"
    # Part files of Hive and Spark have no ending.
    start = _common_start([file.name for file in files])
    return f"{deep}{start}*"


def _common_start(names: list[str]) -> str:
    start = names[0]
    while not all(name.startswith(start) for name in names):
        start = start[:-1]
    return "".join(c for c in start.rstrip("0123456789") if c.isalnum() or c in "-_.")


def _refuse_others(folder: Path, files: list[Path], samples: list[Sample]) -> None:
    names = set(samples[0].names)
    for file, sample in zip(files[1:], samples[1:], strict=True):
        other = set(sample.names)
        if len(names & other) < ALIKE * len(names | other) and not (names <= other or other <= names):
            raise InputError(
                f"{files[0].name} and {file.name} have different columns.",
                where=str(folder),
                hint="Give one of them; the others can be added to its card as [[files]] with columns of their own.",
            )


def _differences(files: list[Path], samples: list[Sample]) -> list[str]:
    """What is different in some files, a sentence each."""
    notes = []
    for file, sample in zip(files[1:], samples[1:], strict=True):
        if sample.names != samples[0].names and set(sample.names) == set(samples[0].names):
            notes.append(f"{file.name} has its columns in another order.")
        for name in samples[0].names:
            if name not in sample.names:
                notes.append(f"{file.name} has no column '{name}'; it is missing there.")
    return notes
