"""`rlbench data check CARD`: does the log load, and where is every row?"""

from __future__ import annotations

from ..tables import print_rows
from .options import Card, Data, Json, Memory


def command(card: Card, data: Data = None, memory_limit: Memory = "2GB", as_json: Json = False) -> None:
    """Read a log and account for every row: read = kept + set aside."""
    from ...suite.check import check_log

    print_rows(check_log(card, data, memory_limit), as_json=as_json)
