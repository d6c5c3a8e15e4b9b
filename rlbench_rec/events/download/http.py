"""One file over HTTP: checked by its SHA-256, resumed where a transfer broke, never larger than the card says."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError, MissingFileError, OutputError, RlbenchError
from ...files import rename_durably
from .progress import DownloadProgress, ProgressCallback

if TYPE_CHECKING:
    import requests

LOGGER = logging.getLogger(__name__)
TRIES = 4
WAIT = 1.0
"""Seconds before the second try; twice as long before each further one."""
TIMEOUT = 60.0
"""Seconds without a byte after which a try is given up, and over which the pace is measured."""
SLOWEST = 1_000
"""Bytes a second; a server that gives less has not failed, but the file would never be whole."""
BLOCK = 64 << 10
LARGEST = 64 << 30
"""Bytes of a file whose size the card does not say."""


def download(
    url: str, sha256: str, path: Path, size: int | None = None, progress: ProgressCallback | None = None
) -> tuple[Path, bool]:
    """The file at `path`, and whether it was fetched now; one that is there and right is left alone.

    What has come of a broken transfer lies beside as `<name>.part`, and the next try goes on from there. The file
    itself appears only whole and with the right checksum. No more is written than `size`, or `LARGEST` bytes.

    Args:
        url: http or https.
        sha256: of the file's bytes.
        path: where it goes.
        size: its bytes, where known: then the disk is looked at first.
        progress: told how far the transfer is.

    Raises:
        MissingFileError: the server has no such file (404 and the like).
        InputError: a wrong checksum, more bytes than there should be, or the transfer broke, or was too slow, again and
            again.
        OutputError: the disk is full, too small, or cannot be written.
    """
    import requests
    import urllib3

    try:
        if path.is_file() and _sha256(path) == sha256.lower():
            return path, False
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        _check_space(part, size)
        _fetch(url, part, size, progress)
        if _sha256(part) != sha256.lower():
            part.unlink()
            hint = "Nothing was kept. The file may have been replaced: compare with its page, and the card's sha256."
            raise InputError("The SHA-256 of the file that arrived is not the card's.", where=url, hint=hint)
        rename_durably(part, path)
    except RlbenchError:
        raise
    except (requests.RequestException, urllib3.exceptions.HTTPError, TooSlow) as error:
        hint = "What has arrived is kept: run the same command again to continue."
        what = "was too slow" if isinstance(error, TooSlow) else f"broke off ({type(error).__name__})"
        raise InputError(f"The download {what}.", where=url, hint=hint) from error
    except OSError as error:
        raise OutputError(f"It cannot be written ({error.strerror or error}).", where=str(path)) from error
    return path, True


class TooSlow(OSError):
    """A server that gives less than `SLOWEST` bytes a second."""


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _have(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _check_space(part: Path, size: int | None) -> None:
    needed, free = (size or 0) - _have(part), shutil.disk_usage(part.parent).free
    if needed > free:
        raise OutputError(f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free.", where=str(part.parent))


def _fetch(url: str, part: Path, size: int | None, progress: ProgressCallback | None) -> None:
    """All of a file into `part`, in a few tries."""
    import requests
    import urllib3

    for attempt in range(TRIES):
        try:
            return _transfer(url, part, size, progress)
        except requests.HTTPError as error:
            status = error.response.status_code
            if status < 500:
                part.unlink(missing_ok=True)
                what = f"The server answers {status} {error.response.reason}."
                raise MissingFileError(what, where=url, hint="Has it moved? See the card's home page.") from error
            _wait_or_raise(attempt, error)
        except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError, TooSlow) as error:
            _wait_or_raise(attempt, error)


def _transfer(url: str, part: Path, size: int | None, progress: ProgressCallback | None) -> None:
    import requests
    import urllib3

    have = _have(part)
    # Not to be compressed on the way: the bytes of the file are what is counted and hashed.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == 416:
            # There is nothing beyond what is here; the checksum will tell whether that is all.
            return
        response.raise_for_status()
        resumed = response.status_code == 206 and _begins_at(response, have)
        have = have if resumed else 0
        said = response.headers.get("content-length", "")
        total = have + int(said) if said.isdecimal() else None
        limit = size or LARGEST
        if total is not None and total > limit:
            raise _too_large(part, url, limit)
        _check_space(part, total)
        pace = _Pace()
        LOGGER.info("Downloading %s, %s bytes, from byte %d", url, total or size or "unknown", have)
        with part.open("ab" if resumed else "wb") as stream:
            _report(progress, part, have, total or size)
            # What has come, however little: a block that fills byte by byte would keep us waiting.
            while block := response.raw.read1(BLOCK):
                have += len(block)
                if have > limit:
                    raise _too_large(part, url, limit)
                stream.write(block)
                _report(progress, part, have, total or size)
                pace.check(len(block))
        if total is not None and have < total:
            raise urllib3.exceptions.ProtocolError(f"{have} of {total} bytes arrived")


def _too_large(part: Path, url: str, limit: int) -> InputError:
    part.unlink(missing_ok=True)
    hint = "Nothing was kept. The file may have been replaced: compare with its page, and the card's size."
    return InputError(f"It is larger than {limit:,} bytes.", where=url, hint=hint)


class _Pace:
    def __init__(self) -> None:
        self.since, self.count = time.monotonic(), 0

    def check(self, count: int) -> None:
        """Raise where too little came for too long."""
        self.count += count
        now = time.monotonic()
        if now - self.since >= TIMEOUT:
            if self.count < SLOWEST * (now - self.since):
                raise TooSlow(f"{self.count} bytes in {now - self.since:.0f} s")
            self.since, self.count = now, 0


def _begins_at(response: requests.Response, have: int) -> bool:
    return response.headers.get("content-range", "").startswith(f"bytes {have}-")


def _wait_or_raise(attempt: int, error: Exception) -> None:
    if attempt == TRIES - 1:
        raise error
    LOGGER.warning("The transfer broke off (%s); trying again.", type(error).__name__)
    time.sleep(WAIT * 2**attempt)


def _report(progress: ProgressCallback | None, part: Path, received: int, total: int | None) -> None:
    if progress is not None:
        progress(DownloadProgress(part.stem, received, total))
