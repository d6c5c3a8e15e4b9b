"""A card for a log of one file, in any dialect."""

from __future__ import annotations

import json
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
reward_weights = {{ click = 1.0 }}
files = [{{ pattern = "log.*" }}]
{more}

[columns]
{columns}
"""


@pytest.fixture
def card(tmp_path: Path) -> Callable[..., Path]:
    """card(dialect, columns, more="") writes shop.toml and gives its path; `columns` is by role, `more` is TOML."""

    def write(dialect: str, columns: dict[str, str], more: str = "") -> Path:
        named = "\n".join(f"{role} = {json.dumps(name, ensure_ascii=False)}" for role, name in columns.items())
        (tmp_path / "shop.toml").write_text(f'dialect = "{dialect}"' + CARD.format(more=more, columns=named))
        return tmp_path / "shop.toml"

    return write
