"""The made log is one of REES46's form: it loads with that card, and has the oddities it is said to have."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from rlbench_rec import events

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "rees46_log.py"


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("rees46_log", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_loads_with_the_shares_that_were_measured(made, tmp_path):
    path = tmp_path / "2019-10.csv"
    made.write_log(path, 50_000)
    log = events.load("rees46", path)
    assert log.report.rows_read == 50_000 and set(log.report.set_aside) <= {"duplicate", "missing_session"}
    shares = {name: count / log.n_rows for name, count in log.counts.items()}
    assert shares == pytest.approx(made.MEASURED["events"], abs=0.002)
    # The sample has 1,000 rows in 372 sessions.
    assert log.n_rows / log.n_sessions == pytest.approx(1_000 / 372, rel=0.05)


def test_the_seed_fixes_every_byte_and_chunks_the_number_of_rows(made, tmp_path, monkeypatch):
    monkeypatch.setattr(made, "CHUNK", 700)
    for number, seed in enumerate((0, 0, 1)):
        made.write_log(tmp_path / str(number), 5_000, seed)
    texts = [(tmp_path / str(number)).read_bytes() for number in range(3)]
    assert texts[0] == texts[1] != texts[2] and texts[0].count(b"\n") == 5_001
