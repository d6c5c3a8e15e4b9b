"""The study of large tables: it goes on where it was stopped, and memory does not grow with rows."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from studies import large_table


def measured(folder, monkeypatch, *arguments: str) -> pd.DataFrame:
    out = folder / "large_table.csv"
    monkeypatch.setattr(sys, "argv", ["large_table", str(folder / "big"), "--out", str(out), *arguments])
    large_table.main()
    return pd.read_csv(out)


@pytest.mark.slow
def test_tables_are_measured_once_and_removed(tmp_path, monkeypatch):
    first = measured(tmp_path, monkeypatch, "--rows", "5000", "--kinds", "sessions", "--ways", "parts")
    both = measured(tmp_path, monkeypatch, "--rows", "5000", "--kinds", "sessions", "--ways", "parts", "whole")
    pd.testing.assert_frame_equal(both.iloc[:1], first)
    assert both.way.tolist() == ["parts", "whole"] and not list((tmp_path / "big").iterdir())
    assert both.value[0] == pytest.approx(both.value[1], rel=1e-12)
    assert both.std_error[0] == pytest.approx(both.std_error[1], rel=1e-12)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path, monkeypatch):
    """Of tables that are dealt out: with three times the rows not a tenth more memory, nor three times the time."""
    rows = measured(tmp_path, monkeypatch, "--rows", "2000000", "6000000", "--kinds", "users")
    assert rows.peak_mb[1] < 1.1 * rows.peak_mb[0] < 800
    assert rows.processor_seconds[1] < 3 * rows.processor_seconds[0]
