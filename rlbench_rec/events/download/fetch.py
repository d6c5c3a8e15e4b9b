"""`rlbench data get ID`: a data set's files in the cache folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ...errors import InputError, MissingFileError, OutputError
from ..archives.unpack import ARCHIVES, unpack
from ..cards.card import DatasetCard, FileSpec
from ..cards.find import LocatedCard, data_folder, find, resolve_files
from .http import download
from .progress import ProgressCallback


@dataclass(frozen=True)
class Got:
    """A data set whose files are there.

    Attributes:
        folder: where they are.
        files: the raw files.
        downloaded: those that were fetched now; the others were there already.
    """

    folder: Path
    files: list[Path]
    downloaded: list[Path]


def get(name: str | Path, *, progress: ProgressCallback | None = None) -> Got:
    """Fetch a data set into `<cache folder>/<id>`; nothing is asked, so it works in a batch job.

    A file is downloaded where its card gives a web address and a checksum. Owners who want a login, or an agreement to
    their terms, hand their files out in the browser only: then the message says which page, which file, and where to
    put it. `rlbench data check`, `rlbench run --dataset` and `events.load` look into the cache folder by themselves.

    Args:
        name: card id, `id/variant`, or the path of a card.
        progress: told how far each file is; nothing is printed.

    Raises:
        UnknownNameError: no such card.
        MissingFileError: the files are not there and must be fetched by hand, or the server has no such file.
        InputError: a wrong checksum, an archive that is not safe to unpack, a transfer that breaks again and again.
        OutputError: the folder cannot be written, or the disk is too small.
    """
    located = find(name)
    card = located.card
    if card.shipped:
        folder = located.folder / card.id
        return Got(folder, sorted(path for path in folder.iterdir() if path.suffix == ".parquet"), [])
    folder = data_folder() / card.id
    specs = [spec for spec in card.files if is_download(spec)]
    downloaded: list[Path] = []
    if specs:
        with _alone(folder):
            for spec in specs:
                downloaded += _fetch(spec, folder, card, progress)
    present = _present(located, folder)
    if not present:
        raise MissingFileError("Its files are not here and cannot be fetched for you.", hint=by_hand(card, folder))
    return Got(present[0].parent if len(present) == 1 else folder, present, downloaded)


def is_download(spec: FileSpec) -> bool:
    """Whether a file may be downloaded: its address is of the web, and the checksum of what must come is known."""
    return urlsplit(spec.url).scheme in ("http", "https") and bool(spec.sha256)


def by_hand(card: DatasetCard, folder: Path) -> str:
    """Which page, which file, where to put it."""
    wanted = [spec.pattern for spec in card.files] or [variant.file for variant in card.variants.values()]
    page = next((spec.url for spec in card.files if spec.url), card.homepage) or "the page of its owners"
    beside = ""
    if card.lookups:
        names = dict.fromkeys(lookup.pattern for lookup in card.lookups)
        columns = dict.fromkeys(lookup.into for lookup in card.lookups)
        beside = f" Beside that, {' and '.join(names)} give each row its {' and '.join(columns)}."
    return (
        f"Its owners distribute it on their own page, after a login or agreement to their terms. Open {page}, download "
        f"{' and '.join(wanted)}, and put {'it' if len(wanted) == 1 else 'them'} into {folder} "
        f"(or give the file or folder with --data).{beside}"
    )


def _present(located: LocatedCard, folder: Path) -> list[Path]:
    names = [f"{located.card.id}/{name}" for name in located.card.variants] if not located.variant else [""]
    files: list[Path] = []
    for name in names or [""]:
        log = LocatedCard(located.card, located.folder, name.partition("/")[2] or located.variant_name)
        with contextlib.suppress(MissingFileError):
            files += resolve_files(log, folder if folder.is_dir() else None)
    return files


def _fetch(spec: FileSpec, folder: Path, card: DatasetCard, progress: ProgressCallback | None) -> list[Path]:
    """The files that came; none where they were there already."""
    name = PurePosixPath(unquote(urlsplit(spec.url).path)).name
    if not name:
        raise InputError(f"The address {spec.url} names no file.", where=card.id, hint="Fix the card's url.")
    is_archive = name.lower().endswith(ARCHIVES) and not PurePosixPath(name).match(spec.pattern)
    if is_archive:
        # The user may have unpacked the archive and deleted it.
        if any(folder.glob(spec.pattern)):
            return []
        archive = download(spec.url, spec.sha256, folder / name, spec.size, progress)[0]
        return unpack(archive, folder, spec.pattern)
    target = folder / (spec.pattern if not any(mark in spec.pattern for mark in "*?[") else name)
    path, is_new = download(spec.url, spec.sha256, target, spec.size, progress)
    return [path] if is_new else []


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two processes must not write one partial file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # "a": what a file of that name holds stays.
        lock = (folder / ".lock").open("a")
    except OSError as error:
        hint = "Set RLBENCH_DATA to a folder you may write."
        raise OutputError(f"It cannot be written ({error.strerror}).", where=str(folder), hint=hint) from error
    with lock:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                hint = "Wait for it to end."
                raise OutputError("Another process is fetching it.", where=str(folder), hint=hint) from error
        yield
