"""Keys that suites and their sources did not always have: while they say nothing, run ids are what they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LATER: dict[str, Any] = {"q": "auto", "estimate": "all", "stratum": None, "log_seed": None}
"""Key -> what it is where a suite or source says nothing of it."""


def run_id_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a suite of algorithms, or of a source, as they enter run ids: without the keys of `LATER` that
    say nothing."""
    return {key: value for key, value in settings.items() if key not in LATER or value != LATER[key]}
