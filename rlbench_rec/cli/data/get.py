"""`rlbench data get ID`: the raw files of a data set into the cache folder."""

from __future__ import annotations

import json

from ..json_option import Json
from ..render.console import say
from .options import Card


def command(card: Card, as_json: Json = False) -> None:
    """Download a data set, or say where to get it. It asks no questions.

    Files go to $RLBENCH_DATA/ID, or to the user's cache folder; all other commands look there.
    """
    from ...events.download import get
    from ..render.download_progress import DownloadBars

    with DownloadBars() as progress:
        got = get(card, progress=progress)
    if as_json:
        say(json.dumps({"files": list(map(str, got.files)), "downloaded": list(map(str, got.downloaded))}, indent=2))
        return
    for path in got.files:
        say(f"{path}{'  (new)' if path in got.downloaded else ''}")
