"""Tables to which a study adds as it goes."""

from __future__ import annotations

import pandas as pd

from studies.resumable import add_rows, made_already


def test_rows_are_added_under_one_header_and_known_by_their_keys(tmp_path):
    path = tmp_path / "table.csv"
    assert made_already(path, ["trip"]) == set()
    for trip in (1, 2):
        add_rows(path, pd.DataFrame([{"trip": trip, "kind": "", "value": 1 / 3}]), digits=4)
    assert path.read_text() == "trip,kind,value\n1,,0.3333\n2,,0.3333\n"
    assert made_already(path, ["trip", "kind"]) == {("1", ""), ("2", "")}
