"""Finding cards, and the files that a card describes."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...arguments import path_of
from ...errors import InputError, MissingFileError, UnknownNameError
from ...packaged import packaged
from ...parsing import read_toml
from ...registry import Registry
from ..archives.compressed import FOREIGN, archive_of, files_like, inside, is_zip
from .card import DatasetCard, Variant, read_card
from .data_elsewhere import refuse_unknown


@dataclass(frozen=True)
class LocatedCard:
    """A card by name.

    Attributes:
        card: the card.
        folder: the folder the card lies in.
        variant_name: the part after the slash; "" where none was asked for.
        root: the folder that holds the data, once its files are known: folders below it may name columns.
        path: the card's own file.
    """

    card: DatasetCard
    folder: Path
    variant_name: str = ""
    root: Path | None = None
    path: Path | None = None

    @property
    def variant(self) -> Variant | None:
        return self.card.variants.get(self.variant_name)

    @property
    def choices(self) -> str:
        """How its logs are asked for, where it has several."""
        is_registered = self.card.id in list_cards() and Path(CARDS[self.card.id]).parent == self.folder
        name = self.card.id if is_registered else "CARD.toml"
        return ", ".join(f"{name}/{variant}" for variant in self.card.variants)

    @property
    def items(self) -> int | None:
        """Size of the catalogue, where it is known beforehand."""
        return (self.variant.items if self.variant else None) or self.card.items


def cards_folder() -> Path:
    """Where the cards that come with the package live."""
    return packaged("datasets")


CARDS: Registry[Path] = Registry(
    "dataset", {path.stem: path for path in cards_folder().glob("*.toml")}, group="rlbench_rec.datasets"
)
"""Id -> the card's file."""


def list_cards() -> list[str]:
    """Ids of the cards that come with the package, or were registered."""
    return CARDS.names()


def find(name: str | Path) -> LocatedCard:
    """A card by id, `id/variant`, or the path of a .toml file (`shop.toml/variant` too).

    Raises:
        UnknownNameError: no such card or variant.
        MissingFileError, InputError: the file is missing or not a card.
    """
    path_of(name, "name", "a card's id, or a path")
    name = str(name)
    is_path = ".toml" in name
    stem, _, variant = name.partition(".toml/" if is_path else "/")
    path = Path(CARDS[stem]) if not is_path else Path(f"{stem}.toml" if variant else name)
    card = read_card(path)
    if not is_path and card.id != stem:
        raise InputError(f"The dataset '{stem}' calls itself '{card.id}'.", where=str(path), hint="Use one name.")
    if not is_path and card.folder:
        # What is installed by others may not choose what is read of this machine.
        raise InputError("A registered card has no folder.", where=str(path), hint="Take out `folder`.")
    if variant and variant not in card.variants:
        raise UnknownNameError(f"variant of {card.id}", variant, card.variants)
    return LocatedCard(card.of_variant(variant) if variant else card, path.parent, variant, path=path)


def open_questions(name: str | Path) -> list[str]:
    """What the card of this path still asks; nothing of cards that come with the package.

    Raises:
        MissingFileError, InputError: the file is missing or not TOML.
    """
    stem, is_path, _ = str(name).partition(".toml")
    questions = read_toml(Path(f"{stem}.toml"), "card").get("questions") if is_path else None
    return [str(question) for question in questions] if isinstance(questions, list) else []


def find_card(name: str | Path) -> DatasetCard:
    """The card itself; see `find`."""
    return find(name).card


def resolve_files(located: LocatedCard, path: Path | None) -> list[Path]:
    """The raw files to read, sorted; packed ones too (see `packed`).

    Args:
        located: the card, with its variant.
        path: a file, a zip file of several, or the data folder; None takes what the card ships, a user's card's own
            folder, or `<cache folder>/<id>` (see `data_folder`).

    Raises:
        MissingFileError: nothing there; says where to get it.
        InputError: several logs and none chosen, an archive that cannot be read, or a card whose folder nobody but the
            card has named (see `data_elsewhere`).
    """
    card, variant = located.card, located.variant
    if card.variants and variant is None:
        raise InputError("The card has several logs.", where=card.id, hint=f"Choose one: {located.choices}.")
    patterns = [variant.file] if variant else [spec.pattern for spec in card.files]
    if path is not None and path.is_file():
        if path.name.lower().endswith(FOREIGN):
            raise InputError("Such an archive is not read.", where=str(path), hint="Unpack it, and give the folder.")
        return _in_zip(path, patterns) if is_zip(path) else [path]
    if path is None and located.path is not None:
        refuse_unknown(located.path, card.folder, data_folder())
    folders = [path] if path else _default_folders(located)
    for folder in folders:
        if files := files_like(folder, patterns):
            return files
    if not folders[0].is_dir():
        raise MissingFileError("The log is not there.", where=str(folders[0]), hint=_how_to_get(located))
    raise MissingFileError(f"No file {' or '.join(patterns)} here.", where=str(folders[0]), hint=_how_to_get(located))


def data_root(located: LocatedCard, path: Path | None, files: list[Path]) -> Path | None:
    """The folder, or zip file, below which `resolve_files` found the files; None where one file was asked for."""
    if path is not None:
        return path if path.is_dir() or is_zip(path) else None
    return next((folder for folder in _default_folders(located) if files[0].is_relative_to(folder)), None)


def item_vectors(located: LocatedCard, files: list[Path]) -> Path | None:
    """The file of item vectors that the card names, in the folder of the log's files.

    Raises:
        MissingFileError: it is not there.
    """
    if located.card.item_vectors is None:
        return None
    path = (archive_of(files[0]) or files[0]).parent / located.card.item_vectors
    if not path.is_file():
        hint = "Put them there, or take item_vectors out of the card."
        raise MissingFileError("The card's item vectors are not there.", where=str(path), hint=hint)
    return path


def _in_zip(archive: Path, patterns: list[str]) -> list[Path]:
    return files_like(archive, patterns) or inside(archive, " or ".join(patterns))


def data_folder() -> Path:
    """The cache folder, one folder per data set: `RLBENCH_DATA`, else `rlbench-rec` in the user's own cache folder."""
    if root := os.environ.get("RLBENCH_DATA"):
        return Path(os.path.expanduser(root))
    if root := os.environ.get("XDG_CACHE_HOME"):
        return Path(root) / "rlbench-rec"
    home = os.path.expanduser("~")
    if home != "~":
        return Path(home) / ".cache" / "rlbench-rec"
    # A container may run as a user without a home folder: then this is the best place.
    return Path(tempfile.gettempdir()) / f"rlbench-rec-{os.getuid()}"


def _default_folders(located: LocatedCard) -> list[Path]:
    if located.card.shipped:
        return [located.folder / located.card.id]
    cached = data_folder() / located.card.id
    if located.card.folder:
        return [located.folder / located.card.folder]
    # A user's own card lies beside its data.
    return [cached] if located.folder == cards_folder() else [located.folder, cached]


def _how_to_get(located: LocatedCard) -> str:
    if located.folder != cards_folder():
        return "Give its file or folder (--data)."
    card = located.card
    page = f" ({card.homepage})" if card.homepage else ""
    return f"`rlbench data get {card.id}` gets it or says where it is{page}; or give its file or folder (--data)."
