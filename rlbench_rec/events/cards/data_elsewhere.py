"""Cards whose data lies outside their own folder: only where this user's `rlbench data init` has written them.

A card may come from a stranger, and what it reads goes into results that are shown to others. So a card alone may not
choose what is read of a machine: a folder outside its own is read where the user named it, as `--data` or by drafting
the card of a log that lies there. The drafts are remembered in the cache folder, one empty file each.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ...errors import InputError


def remember(card: Path, folder: str, cache: Path) -> None:
    """Remember that the user drafted this card of a log in this folder.

    Where the cache folder cannot be written nothing is remembered, and the folder must be given with the card.
    """
    if not _leads_out(folder):
        return
    record = _record(card, folder, cache)
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.touch()
    except OSError:
        return


def refuse_unknown(card: Path, folder: str, cache: Path) -> None:
    """Refuse a folder outside the card's own that only the card names.

    Raises:
        InputError: it is one, and the card was not drafted here.
    """
    if _leads_out(folder) and not _record(card, folder, cache).exists():
        hint = f"A card may come from others: if you trust it, give the folder yourself, with --data. It is {folder!r}."
        raise InputError("Its data lies outside the card's own folder.", where=str(card), hint=hint)


def _leads_out(folder: str) -> bool:
    path = os.path.normpath(folder.replace("\\", "/"))
    return os.path.isabs(path) or path.split("/")[0] == ".."


def _record(card: Path, folder: str, cache: Path) -> Path:
    text = f"{os.path.realpath(card)}\0{folder}"
    return cache / ".drafted-cards" / hashlib.sha256(os.fsencode(text)).hexdigest()
