"""What a download reports while it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class DownloadProgress:
    """How far one file is.

    Attributes:
        name: of the file.
        received: bytes that are here, those of an earlier transfer among them.
        total: bytes of the whole file; None where neither the server nor the card says.
    """

    name: str
    received: int
    total: int | None

    def __str__(self) -> str:
        size = f" ({self.total / 1e6:,.1f} MB)" if self.total else ""
        return f"downloading {self.name}{size}"


ProgressCallback = Callable[[DownloadProgress], None]
"""Called when a transfer begins and for each block that arrives, in the caller's thread."""
