"""Packed input: `.gz`, `.bz2`, `.xz`, `.zst` and what is in a `.zip` are read where they lie, never unpacked to disk.

A file inside `shop.zip` is called `shop.zip/its name`, as if the archive were a folder.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol

from ...errors import InputError, MissingFileError

PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
"""Endings of a packed file, whose name is otherwise that of the file in it."""
FOREIGN = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar")
"""Archives that are not read."""
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    **{b"BZh%d" % level: "bz2" for level in range(1, 10)},
}
"""How packed files begin; servers and browsers change names, so that an ending proves nothing."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)
"""What Python's readers raise on bytes that are not an archive of theirs."""
RATIO, FLOOR = 200, 64 << 20
"""What may come out: `RATIO` times the archive's bytes, but at least `FLOOR` bytes. Logs shrink to a fifth or a tenth;
what grows beyond is a bomb. Bytes are counted as they come, whatever the archive says of its own sizes."""


class Readable(Protocol):
    """What bytes come out of."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def plain_name(path: Path) -> str:
    """The name of a file without what packing added."""
    return path.name.removesuffix(path.suffix) if path.suffix.lower() in PACKED else path.name


def opened(path: Path) -> io.BufferedReader:
    """A file's bytes, unpacked as they are read.

    Raises:
        MissingFileError: no such file, or it may not be read.
        InputError: while reading: a broken archive, or more than `RATIO` times its size.
    """
    archive = archive_of(path)
    try:
        if archive is not None:
            return _guarded(_member(archive, path), path, archive.stat().st_size)
        stream = path.open("rb")
    except OSError as error:
        raise MissingFileError(f"The file cannot be read ({error.strerror or error}).", where=str(path)) from error
    start = stream.peek(max(map(len, MAGIC)))
    kind = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)
    return _guarded(_unpacked(stream, kind, path), path, path.stat().st_size, stream) if kind else stream


def archive_of(path: Path) -> Path | None:
    """The zip file that a path leads into, or None."""
    return next((parent for parent in path.parents if parent.suffix.lower() == ".zip" and parent.is_file()), None)


def is_zip(path: Path) -> bool:
    """Whether a path is a zip file, broken ones included."""
    if path.suffix.lower() != ".zip" or not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def files_like(place: Path, patterns: Iterable[str]) -> list[Path]:
    """The files below a folder, or in a zip file, that fit a pattern; packed ones too.

    Where a file lies there plain and packed, the plain one is taken. Zip files of other names are looked into where
    nothing else fits.

    Raises:
        InputError: a zip file that is broken, or has a path that leads out of it.
    """
    fitting: dict[tuple[Path, str], list[Path]] = {}
    for pattern in patterns:
        if place.is_file():
            fit = {(place, str(path)): [path] for path in _fitting(place, pattern)}
        else:
            fit = _in_folder(place, pattern) or {
                (box, str(path)): [path] for box in sorted(place.glob("*.zip")) for path in _fitting(box, pattern)
            }
        fitting = {**fit, **fitting}
    return sorted({path for paths in fitting.values() for path in paths})


def inside(archive: Path, pattern: str) -> list[Path]:
    """The files in a zip file that fit a pattern; the one file that it holds, whatever its name.

    Raises:
        InputError: none fits, or the archive is broken.
    """
    if fit := _fitting(archive, pattern):
        return fit
    names = _names(archive)
    if len(names) == 1:
        return [archive / names[0]]
    have = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    raise InputError(f"No file {pattern} in the archive.", where=str(archive), hint=f"It holds: {have or 'nothing'}.")


def leads_out(name: str) -> bool:
    """Whether the name of an archive's member leads out of the folder it is unpacked into."""
    pure = PurePosixPath(name.replace("\\", "/"))
    return pure.is_absolute() or ".." in pure.parts or ":" in name or "\0" in name


def _in_folder(folder: Path, pattern: str) -> dict[tuple[Path, str], list[Path]]:
    fitting: dict[tuple[Path, str], list[Path]] = {}
    for ending in ("", *PACKED):
        for path in sorted(folder.glob(pattern + ending)):
            key = (path.parent, plain_name(path))
            if path.is_file() and key not in fitting:
                fitting[key] = inside(path, pattern) if is_zip(path) else [path]
    return fitting


def _fitting(archive: Path, pattern: str) -> list[Path]:
    # Archives have leading folders of their own.
    packed = pattern.removeprefix("**/")
    patterns = {packed, packed.removesuffix(PurePosixPath(packed).suffix) if packed.endswith(PACKED) else packed}
    return [archive / name for name in _names(archive) if any(PurePosixPath(name).match(p) for p in patterns)]


def _names(archive: Path) -> list[str]:
    """The files in a zip file, without those that file managers add."""
    try:
        with zipfile.ZipFile(archive) as box:
            names = [info.filename for info in box.infolist() if not info.is_dir()]
    except BROKEN as error:
        raise _broken(archive, error) from error
    for name in names:
        if leads_out(name):
            hint = "Nothing was read: an honest archive has no such path."
            raise InputError(f"'{name}' leads out of the archive.", where=str(archive), hint=hint)
    if len(set(names)) < len(names):
        raise InputError("Two files in the archive have the same name.", where=str(archive))
    return sorted(n for n in names if not any(p.startswith((".", "__MACOSX")) for p in PurePosixPath(n).parts))


def _member(archive: Path, path: Path) -> IO[bytes]:
    name = path.relative_to(archive).as_posix()
    try:
        box = zipfile.ZipFile(archive)
    except BROKEN as error:
        raise _broken(archive, error) from error
    try:
        info = next(info for info in box.infolist() if PurePosixPath(info.filename).as_posix() == name)
        return box.open(info)
    except StopIteration:
        raise MissingFileError(f"No file {name} in the archive.", where=str(archive)) from None
    except (RuntimeError, NotImplementedError) as error:
        # zipfile's way to say that a password or another method is needed.
        raise InputError(f"The archive cannot be opened ({error}).", where=str(archive), hint="Unpack it.") from error
    except BROKEN as error:
        raise _broken(archive, error) from error
    finally:
        # The member keeps the file open for as long as it needs it.
        box.close()


def _broken(archive: Path, error: Exception) -> InputError:
    return InputError(f"The archive is broken ({error}).", where=str(archive), hint="Get it again.")


def _unpacked(stream: BinaryIO, kind: str, path: Path) -> Readable:
    if kind == "zstd":
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
    if kind == "xz":
        # Here alone: some builds of Python lack it.
        try:
            import lzma
        except ImportError as error:
            raise InputError("This Python cannot read .xz.", where=str(path), hint="Unpack the file.") from error
        return _Xz(lzma.LZMAFile(stream), lzma.LZMAError)
    import bz2
    import gzip

    return gzip.GzipFile(fileobj=stream) if kind == "gzip" else bz2.BZ2File(stream)


class _Xz:
    """An .xz file, whose errors are not of a kind that the other readers raise."""

    def __init__(self, file: Readable, broken: type[Exception]):
        self._file, self._broken = file, broken

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except self._broken as error:
            raise ValueError(str(error)) from error

    def close(self) -> None:
        self._file.close()


def _guarded(stream: Readable, path: Path, size: int, packed: BinaryIO | None = None) -> io.BufferedReader:
    return io.BufferedReader(_Guarded(stream, path, max(size * RATIO, FLOOR), packed), 1 << 20)


class _Guarded(io.RawIOBase):
    """A stream that counts what comes out, and says what is wrong in our words."""

    def __init__(self, stream: Readable, path: Path, limit: int, packed: BinaryIO | None):
        self._stream, self._path, self._left, self._packed = stream, path, limit, packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader hands in memoryviews
        try:
            block = self._stream.read(len(buffer))
        except BROKEN as error:
            raise _broken(self._path, error) from error
        self._left -= len(block)
        if self._left < 0:
            what = f"More than {RATIO} times its size comes out of it."
            raise InputError(what, where=str(self._path), hint="It is a bomb or no log.")
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        if self._packed is not None:
            # Python's readers leave the file open that they read from.
            self._packed.close()
        super().close()


def stamps(files: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Size and time of the last change of files on disk; two that differ are not the same file any more."""
    on_disk = {archive_of(file) or file for file in files}
    states = {path: os.stat(path) for path in on_disk if path.exists()}
    return {path: (state.st_size, state.st_mtime_ns) for path, state in states.items()}
