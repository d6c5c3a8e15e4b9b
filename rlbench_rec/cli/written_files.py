"""What a command writes must not take the place of what it reads."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError, MissingFileError

RUN_TABLES = (
    *("curves", "estimates", "estimators", "frontier", "leaderboard", "needs_rl", "needs_rl_logs", "normalised"),
    *("pairwise", "profiles", "ranking", "runs", "scale", "selection", "summary", "timings", "useful", "variance"),
)


def keep_apart(written: Mapping[str, Path | None], read: Mapping[Path, str], folders: Mapping[Path, str]) -> None:
    """Refuse to write over what is read, over a file of a folder that is read, or two things into one file.

    Args:
        written: option -> the file that it names; None where it names none.
        read: file -> what it is.
        folders: folder -> what a file in it is.

    Raises:
        InputError: such a file.
    """
    taken = {path.resolve(): what for path, what in read.items()}
    for option, path in written.items():
        if path is None:
            continue
        place = path.resolve()
        what = taken.get(place) or next((each for file, each in taken.items() if _is_same(place, file)), None)
        inside = [each for folder, each in folders.items() if place.exists() and folder.resolve() in place.parents]
        if what is not None or inside:
            lost = f"This is {what or inside[0]}, which would be lost."
            raise InputError(lost, where=f"{option} {path}", hint="Name another file.")
        taken[place] = f"the file of {option}"


def keep_run(option: str, path: Path | None, run: Path) -> None:
    """Refuse to write over a table or the manifest of a run.

    Args:
        option: that names the file.
        path: the file.
        run: the run's folder, or its leaderboard.
    """
    folder = run if run.is_dir() else run.parent
    names = [*(f"{table}.csv{packed}" for table in RUN_TABLES for packed in ("", ".gz")), "manifest.json"]
    keep_apart({option: path}, dict.fromkeys((run, *(folder / name for name in names)), "a file of the run"), {})


def keep_model(written: Mapping[str, Path], model: Path) -> None:
    """Refuse to write over a file of a trained policy, or a table of the run of a suite that it belongs to. What
    `rlbench export` wrote into its folder before may be replaced.

    Args:
        written: option -> the file that it names.
        model: folder of a saved run, or an exported file.
    """
    files = [model] if model.is_file() else [file for file in model.glob("*") if not _is_export(file)]
    keep_apart(written, dict.fromkeys(files, "a file of the model"), {})
    folder = model.resolve().parent
    if folder.name == "models":
        for option, path in written.items():
            keep_run(option, path, folder.parent)


def keep_log(written: Mapping[str, Path | None], card: str, data: Path | None) -> None:
    """Refuse to write over a card or a file of its log.

    Args:
        written: option -> the file that it names; None where it names none.
        card: of the log, as `events.load` takes it.
        data: the raw files.
    """
    from ..events.archives.compressed import archive_of
    from ..events.cards.find import find, resolve_files

    located, read = find(card), {}
    with contextlib.suppress(MissingFileError, InputError):
        read = {archive_of(file) or file: "a file of the log" for file in resolve_files(located, data)}
    keep_apart(written, read | ({located.path: "the card"} if located.path else {}), {})


def _is_export(file: Path) -> bool:
    return file.name.removesuffix(".json").endswith((".pt", ".onnx"))


def _is_same(one: Path, other: Path) -> bool:
    """Two names of one file, by a hard link or on a disk that takes small letters for capitals."""
    return one.exists() and other.is_file() and one.samefile(other)
