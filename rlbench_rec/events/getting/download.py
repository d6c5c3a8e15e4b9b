"""One file over HTTP through pooch: checked by its SHA-256, resumed where a transfer broke."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

from ...errors import InputError, MissingExtraError, MissingFileError, OutputError, RlbenchError
from ...terminal import say, stderr_console

TRIES = 4
WAIT = 1.0
"""Seconds before the second try; twice as long before each further one."""
TIMEOUT = 60
BLOCK = 64 << 10
"""What a broken transfer may lose."""


def download(url: str, sha256: str, path: Path, size: int | None = None) -> tuple[Path, bool]:
    """The file at `path`, and whether it was fetched now; one that is there and right is left alone.

    What has come of a broken transfer lies beside as `<name>.part`, and the next try goes on from there. The file
    itself appears only whole and with the right checksum.

    Args:
        url: http or https.
        sha256: of the file's bytes.
        path: where it goes.
        size: its bytes, where known: then the disk is looked at first.

    Raises:
        MissingExtraError: pooch is not installed.
        MissingFileError: the server has no such file (404 and the like).
        InputError: a wrong checksum, or the transfer broke again and again.
        OutputError: the disk is full, too small, or cannot be written.
    """
    try:
        import pooch
        import requests
    except ImportError as error:
        raise MissingExtraError("Downloads need pooch.", hint='Install it: pip install "pooch>=1.8".') from error
    pooch.get_logger().setLevel(logging.CRITICAL)
    known = f"sha256:{sha256.lower()}"
    if path.is_file() and pooch.file_hash(str(path), alg="sha256") == sha256.lower():
        return path, False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_space(path, size)
        pooch.retrieve(url, known, fname=path.name, path=path.parent, downloader=_Resuming(path, size))
    except RlbenchError:
        raise
    except requests.RequestException as error:
        hint = "What has come is kept: run the same command again to go on."
        raise InputError(f"The download broke off ({type(error).__name__}).", where=url, hint=hint) from error
    except ValueError as error:
        if "hash" not in str(error):
            raise
        hint = "Nothing was kept. The file may have been replaced: compare with its page, and mend the card's sha256."
        raise InputError("The file that came has another SHA-256 than the card says.", where=url, hint=hint) from error
    except OSError as error:
        raise OutputError(f"It cannot be written ({error.strerror or error}).", where=str(path)) from error
    return path, True


def _check_space(path: Path, size: int | None) -> None:
    free = shutil.disk_usage(path.parent).free
    if size is not None and size > free:
        raise OutputError(f"{size / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free.", where=str(path.parent))


class _Resuming:
    """A downloader as pooch calls it, which goes on from what an earlier try left."""

    def __init__(self, path: Path, size: int | None):
        self.part = path.with_name(f"{path.name}.part")
        self.size = size

    def __call__(self, url: str, output_file: str, pooch: object, check_only: bool = False) -> None:
        import requests

        for attempt in range(TRIES):
            try:
                self._transfer(url)
                break
            except requests.HTTPError as error:
                status = error.response.status_code
                if status < 500:
                    self.part.unlink(missing_ok=True)
                    what = f"The server answers {status} {error.response.reason}."
                    raise MissingFileError(what, where=url, hint="Has it moved? See the card's home page.") from error
                _wait_or_raise(attempt, error)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                _wait_or_raise(attempt, error)
        self.part.replace(output_file)

    def _transfer(self, url: str) -> None:
        import requests

        have = self.part.stat().st_size if self.part.is_file() else 0
        # Not to be compressed on the way: the bytes of the file are what is counted and hashed.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if response.status_code == 416:
                # There is nothing beyond what is here; the checksum will tell whether that is all.
                return
            response.raise_for_status()
            resumed = response.status_code == 206 and _begins_at(response, have)
            total = int(response.headers.get("content-length", 0)) + (have if resumed else 0) or self.size
            with self.part.open("ab" if resumed else "wb") as stream, _Progress(self.part.stem, total) as progress:
                progress.advance(have if resumed else 0)
                for block in response.iter_content(BLOCK):
                    stream.write(block)
                    progress.advance(len(block))


def _begins_at(response, have: int) -> bool:
    return response.headers.get("content-range", "").startswith(f"bytes {have}-")


def _wait_or_raise(attempt: int, error: Exception) -> None:
    if attempt == TRIES - 1:
        raise error
    time.sleep(WAIT * 2**attempt)


class _Progress:
    """A bar on stderr, or one line where stderr is no terminal."""

    def __init__(self, name: str, total: int | None):
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        console = stderr_console()
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task(name, total=total or None)
        if not console.is_terminal:
            known = f" ({total / 1e6:,.1f} MB)" if total else ""
            say(f"downloading {name}{known}", error=True)

    def advance(self, count: int) -> None:
        self.bar.update(self.task, advance=count)

    def __enter__(self) -> _Progress:
        self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()
