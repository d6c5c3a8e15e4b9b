"""Made-up logs are in many forms, and each is read as the rows that it was made of."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from rlbench_rec import events
from studies.log_forms import WORDS, made_up
from studies.log_table import rows_of


@pytest.mark.filterwarnings("ignore::rlbench_rec.errors.DataWarning")
@pytest.mark.parametrize("number", range(12))
def test_a_form_that_is_whole_has_its_rows(tmp_path, number):
    form = made_up(tmp_path, np.random.default_rng((20, number)))
    rows = sorted(rows_of(events.load(form.card)), key=str)
    assert rows == form.kept and rows


def test_the_forms_are_many(tmp_path):
    seen: dict[str, set[str]] = {}
    for number in range(120):
        folder = tmp_path / str(number)
        folder.mkdir()
        form = made_up(folder, np.random.default_rng((21, number)))
        for key, value in tomllib.loads(form.card.read_text(encoding="utf-8")).items():
            seen.setdefault(key, set()).add(str(value))
    assert len(seen["encoding"]) > len(WORDS) / 2
    assert seen["dialect"] == {"jsonl", "json", "parquet"} and seen["session"] == {"gap", "given", "row"}
    for key in ("time_unit", "time_format", "delimiter", "quote", "escape", "thousands", "lists", "names"):
        assert len(seen[key]) > 1, key
