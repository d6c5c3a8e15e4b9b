"""The study of the speed gate slows down what it says, and its committed table shows what the documentation quotes."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from studies import perf_gate

TABLE = Path(__file__).resolve().parents[2] / "results" / "studies" / "perf_gate.csv"


def test_a_slowed_function_takes_as_much_longer_and_gives_the_same():
    def estimate_all(value: int, *, more: int) -> int:
        time.sleep(0.05)
        return value + more

    scope = {"estimate_all": estimate_all}
    exec(perf_gate.SLOWED.format(factor=1.5), scope)
    started = time.perf_counter()
    assert scope["estimate_all"](1, more=2) == 3
    assert time.perf_counter() - started >= 0.075


def test_the_slow_down_was_caught_and_the_commit_itself_never_was():
    rows = perf_gate.saved_rows(TABLE)
    with TABLE.open(newline="") as file:
        assert next(csv.reader(file)) == ["schema_version", *perf_gate.COLUMNS]
    slower = [(row["comparison"], row["benchmark"]) for row in rows if row["outcome"] == "slower"]
    assert slower == [("slowed", "bench_ope.OneStep.time_ten_estimators")]
    assert {row["comparison"] for row in rows} == {"slowed", *(f"itself {number}" for number in range(1, 11))}


def test_a_study_without_a_file_begins_at_the_beginning(tmp_path):
    assert perf_gate.saved_rows(tmp_path / "none.csv") == []
