"""Which log it is: a hash of what is in its files, and one of what its card makes of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .archives.compressed import opened
from .cards.card import DatasetCard
from .cards.find import LocatedCard, data_root, find, item_vectors, resolve_files
from .dialects.named_columns import single_names
from .read.log_files import in_card_order
from .read.partitions import partition_values
from .read.side_tables import SideFiles, find_tables

PROSE = {
    "id",
    "title",
    "homepage",
    "licence",
    "licence_url",
    "licence_read",
    "creators",
    "published_on",
    "citation",
    "notes",
    "published",
    "shipped",
    "variants",
    "folder",
    "questions",
}
"""Fields of a card that no row depends on; of its variants, `DatasetCard.of_variant` has the chosen one's."""
PUBLISHED_FILE = {"url", "sha256", "size"}
"""Fields of a card's file that say where to get it."""


def content(name: str | Path, path: str | Path | None = None) -> tuple[str, str]:
    """The hashes that an EventLog of this card and these files would have, without reading a row.

    Args:
        name, path: as in `load`.

    Returns:
        `EventLog.source_sha256` and `EventLog.card_sha256`.

    Raises:
        UnknownNameError, MissingFileError, InputError: as `load`, as far as files and card are concerned.
    """
    located, path = find(name), Path(path) if path is not None else None
    files = in_card_order(located, resolve_files(located, path))
    located = replace(located, root=data_root(located, path, files))
    sources = all_files(files, find_tables(located, files), item_vectors(located, files))
    return with_folders(files_sha256(sources), located, files), card_sha256(located)


def all_files(files: list[Path], side: SideFiles, vectors: Path | None) -> list[Path]:
    """Everything that a log is read from: its own files, its side tables, its item vectors."""
    return [*files, *(file for _, tables in side for file in tables), *([vectors] if vectors else [])]


def files_sha256(files: Iterable[Path]) -> str:
    """SHA-256 over the files' own SHA-256; of what is in them, where they are packed."""
    digest = hashlib.sha256()
    for file in files:
        with opened(file) as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def with_folders(sha256: str, located: LocatedCard, files: list[Path]) -> str:
    """The hash of the files, and of the folders that name columns of the card; where none does, as it is."""
    asked = {*single_names(located.card)}
    folders = [partition_values(file, located.root) for file in files]
    named = [{name: value for name, value in values.items() if name in asked} for values in folders]
    return hashlib.sha256(f"{sha256}{json.dumps(named)}".encode()).hexdigest() if any(named) else sha256


def card_sha256(located: LocatedCard) -> str:
    """SHA-256 of what a card says of rows: columns, events, sessions, rewards; not of its title, licence or links."""
    return hashlib.sha256(json.dumps([_shaping(located.card), located.items], sort_keys=True).encode()).hexdigest()


def _shaping(card: DatasetCard) -> dict[str, Any]:
    # Without defaults: a field that is new in the next version leaves the hashes of old cards alone.
    fields = card.model_dump(mode="json", exclude=PROSE, exclude_defaults=True)
    specs = fields.get("files", [])
    files = [{key: value for key, value in spec.items() if key not in PUBLISHED_FILE} for spec in specs]
    return fields | {"files": files}
