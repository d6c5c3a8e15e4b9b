"""A log is read from the folder that was named, whatever the folder's name means elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
dialect = "parquet"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { click = 1.0 }
files = [{ pattern = "*.parquet" }]
columns = { timestamp = "time", item = "item", event = "what", user = "user" }
events = { view = "view" }
"""


def rows(item: int) -> pd.DataFrame:
    return pd.DataFrame({"time": [1, 2], "user": [1, 1], "item": [item, item], "what": ["view", "view"]})


@pytest.mark.parametrize("name", ["log[2026]", "log*", "log?", "[a-z]og2", "item=5", "**", "it's"])
def test_the_folder_named_is_read_and_no_neighbour(name, tmp_path):
    for item, folder in ((7, name), (9, "log2"), (9, "l")):
        (tmp_path / folder).mkdir()
        rows(item).to_parquet(tmp_path / folder / "x.parquet")
    (tmp_path / "shop.toml").write_text(CARD)
    log = events.load(tmp_path / "shop.toml", tmp_path / name, out=tmp_path / name / "out")
    assert log.query("SELECT DISTINCT item_id FROM log") == [(7,)]
    assert log.n_rows == 2


def test_columns_whose_names_differ_in_case_are_two(tmp_path):
    table = rows(7)
    table.insert(0, "Item", [1, 1])
    table.to_parquet(tmp_path / "x.parquet")
    (tmp_path / "shop.toml").write_text(CARD)
    assert events.load(tmp_path / "shop.toml").query("SELECT DISTINCT item_id FROM log") == [(7,)]


def test_a_column_that_bears_the_name_of_the_row_number_is_named(tmp_path):
    table = rows(7).assign(file_row_number=[3, 3])
    table.to_parquet(tmp_path / "x.parquet")
    (tmp_path / "shop.toml").write_text(CARD)
    with pytest.raises(InputError, match="file_row_number"):
        events.load(tmp_path / "shop.toml")
