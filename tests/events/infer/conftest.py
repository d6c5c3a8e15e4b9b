"""A small shop: 180 events of 30 users in 60 sessions, three events a minute apart, to be written in any form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Event:
    """One event of the shop; `visit` is 0 or 1."""

    at: datetime
    user: int
    visit: int
    item: int
    what: str
    price: float
    quantity: int

    @property
    def seconds(self) -> int:
        return int(self.at.timestamp())


def shop_events() -> list[Event]:
    made = []
    for session in range(60):
        user, visit = 500 + session % 30, session // 30
        start = datetime(2019, 10, 1 + 3 * visit, 10, tzinfo=UTC) + timedelta(minutes=20 * (session % 30))
        for step in range(3):
            item = 10_001 + (7 * session + 3 * step) % 15
            what = ("view", "cart", "purchase")[step] if session % 2 else "view"
            price = 1.25 * (item - 10_000)
            made.append(Event(start + timedelta(minutes=step), user, visit, item, what, price, step + 1))
    return made


@pytest.fixture
def shop_log() -> list[Event]:
    return shop_events()


@pytest.fixture
def write_log(tmp_path, shop_log) -> Callable[..., Path]:
    """Write the shop's events as lines: a header, and a function from event to line."""

    def write(
        header: str, line: Callable[[Event], str], name: str = "log.csv", encoding: str = "utf-8", end: str = "\n"
    ) -> Path:
        lines = [header] if header else []
        path = tmp_path / name
        path.write_bytes((end.join([*lines, *map(line, shop_log)]) + end).encode(encoding))
        return path

    return write
