"""Raw log -> EventLog: cards, readers, and an exact account of every row."""

from __future__ import annotations

import importlib
from typing import Any

from .event_types import EVENTS

_WHERE = {
    "load": "loading",
    "EventLog": "event_log",
    "LoadReport": "load_report",
    "DatasetCard": "cards.card",
    "find_card": "cards.find",
    "list_cards": "cards.find",
}

__all__ = ["EVENTS", "DatasetCard", "EventLog", "LoadReport", "find_card", "list_cards", "load"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
