"""`rlbench data list`: every card that comes with the package."""

from __future__ import annotations

from ..json_option import Json
from ..render.tables import print_rows


def command(as_json: Json = False) -> None:
    """Every card that comes with the package."""
    from ...suite.listings import datasets

    print_rows(datasets(), as_json=as_json)
