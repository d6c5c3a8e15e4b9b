"""Archives, unpacked without trust: no path leads out, no link is made, no bomb goes off."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

from ...errors import InputError, OutputError, RlbenchError
from ...files import make_folder, new_file
from .compressed import FLOOR, RATIO, Readable, leads_out

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".gz")
BLOCK = 1 << 20


def unpack(archive: Path, folder: Path, pattern: str) -> list[Path]:
    """Unpack the files that a card's pattern asks for into `folder`; what else is inside stays inside.

    Leading folders of the archive are left out: `data/random/all.csv` fits `random/all.csv`.

    Raises:
        InputError: a broken archive, a path that leads out of it, more than `RATIO` times its size, or no such file.
        OutputError: the disk is too small or cannot be written.
    """
    limit = max(archive.stat().st_size * RATIO, FLOOR)
    written: list[Path] = []
    try:
        with _members(archive) as members:
            for name, stream in members:
                target = _target(name, pattern, archive)
                if target is not None:
                    limit -= _copy(stream, folder / target, limit, archive)
                    written.append(folder / target)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise _explained(error, archive, folder) from error
    if not written:
        raise InputError(f"No file '{pattern}' in the archive.", where=str(archive), hint="Fix the card's pattern.")
    return written


def _explained(error: BaseException, archive: Path, folder: Path) -> BaseException:
    if isinstance(error, RlbenchError):
        return error
    if isinstance(error, zipfile.BadZipFile | tarfile.TarError | gzip.BadGzipFile | EOFError | zlib.error):
        return InputError(f"The archive is broken ({error}).", where=str(archive), hint="Download it again.")
    if isinstance(error, RuntimeError):
        # zipfile's way to say that a password or another method is needed.
        return InputError(f"The archive cannot be opened ({error}).", where=str(archive))
    if isinstance(error, OSError):
        return OutputError(f"It cannot be written ({error.strerror or error}).", where=str(folder))
    return error


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, Readable]]]:
    """(name, stream) of each plain file."""
    name = archive.name.lower()
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive) as box:
            yield ((info.filename, box.open(info)) for info in box.infolist() if not info.is_dir())
    elif name.endswith(".gz") and not name.endswith(".tar.gz"):
        with gzip.open(archive) as unzipped:
            yield iter([(archive.name[:-3], unzipped)])
    else:
        with tarfile.open(archive) as box:
            # A plain file always has a stream.
            yield ((info.name, stream) for info in _plain(box, archive) if (stream := box.extractfile(info)))


def _plain(box: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    for info in box:
        if info.issym() or info.islnk() or info.isdev():
            raise InputError(f"'{info.name}' is a link or a device.", where=str(archive), hint="Nothing was unpacked.")
        if info.isfile():
            yield info


def _target(name: str, pattern: str, archive: Path) -> Path | None:
    """Where a member goes below the folder; None where the card does not ask for it."""
    pure = PurePosixPath(name.replace("\\", "/"))
    if leads_out(name):
        hint = "It was not unpacked: an honest archive has no such path."
        raise InputError(f"'{name}' leads out of the folder.", where=str(archive), hint=hint)
    if not pure.match(pattern):
        return None
    return Path(*pure.parts[-len(PurePosixPath(pattern).parts) :])


def _copy(stream: Readable, target: Path, limit: int, archive: Path) -> int:
    """Bytes written; the file appears whole or not at all."""
    make_folder(target.parent)
    count = 0
    with closing(stream), new_file(target) as part, part.open("wb") as out:
        while block := _read(stream, archive):
            count += len(block)
            if count > limit:
                what = f"More than {RATIO} times its size comes out of it."
                raise InputError(what, where=str(archive), hint="It is a bomb or not a log; nothing was kept.")
            if shutil.disk_usage(target.parent).free < 2 * BLOCK:
                raise OutputError("The disk is full.", where=str(target.parent))
            out.write(block)
    return count


def _read(stream: Readable, archive: Path) -> bytes:
    try:
        return stream.read(BLOCK)
    except gzip.BadGzipFile as error:
        # An OSError, but none of the disk.
        raise InputError(f"The archive is broken ({error}).", where=str(archive), hint="Download it again.") from error
