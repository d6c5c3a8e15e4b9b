"""A small shop of the user's own: a card beside its log."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { click = 1.0 }
files = [{ pattern = "*.csv" }]
columns = { timestamp = "time", item = "item", event = "what", user = "user", price = "price" }
events = { view = "view", buy = "purchase" }
"""
HEADER = "time,user,item,what,price\n"


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Path]:
    """shop(log, more="") writes shop.toml and log.csv and gives the card's path; `more` is TOML that goes first."""

    def write(log: str | bytes, more: str = "", **replaced: str) -> Path:
        text = more + CARD
        for old, new in replaced.items():
            text = "\n".join(f"{old} = {new}" if line.startswith(f"{old} =") else line for line in text.splitlines())
        (tmp_path / "shop.toml").write_text(text)
        (tmp_path / "log.csv").write_bytes(log if isinstance(log, bytes) else log.encode())
        return tmp_path / "shop.toml"

    return write


@pytest.fixture
def raw(tmp_path: Path) -> Callable[[str], Path]:
    """raw(card) gives a folder with synthetic files of a data set in their raw form, free to be changed."""

    def copy(card: str) -> Path:
        return Path(shutil.copytree(Path(__file__).parent / "fixtures" / card, tmp_path / card))

    return copy
