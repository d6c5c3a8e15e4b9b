"""docs/cards.md has every key of a card."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from rlbench_rec.events.cards import shape
from rlbench_rec.events.cards.card import DatasetCard

PAGE = (Path(__file__).parents[3] / "docs" / "cards.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```toml\n(.*?)^```|`([^`\n]+)`", PAGE, re.M | re.S)
WORDS = {word for block in CODE for word in re.findall(r"\w+", "".join(block))}
MODELS = [DatasetCard, *(thing for thing in vars(shape).values() if isinstance(thing, type))]


@pytest.mark.parametrize("model", [m for m in MODELS if issubclass(m, BaseModel)], ids=lambda model: model.__name__)
def test_every_key_is_in_the_page_of_all_keys(model):
    missing = set(model.model_fields) - WORDS
    assert not missing


def test_a_key_that_is_not_there_is_seen():
    assert "delimiter" in WORDS and "delimeter" not in WORDS
