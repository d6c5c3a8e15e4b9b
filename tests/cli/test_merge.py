"""`rlbench merge` as it is typed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("in_this_process", "without_pictures")
SUITE = """
name = "tiny"
replicates = 2
estimators = ["snips"]
n_resamples = 100
truth_error = 0.2
sources = [{ task = "tabular-v1", episodes = 60 }]
algorithms = [{ id = "random" }]
"""


def test_parts_become_a_run_and_what_is_missing_is_said(tmp_path, monkeypatch, rlbench):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(SUITE)
    for number in (1, 2):
        assert rlbench("run", "tiny.toml", "--part", f"{number}/2", "--out", f"part-{number}")[0] == 0
    code, _, err = rlbench("merge", "part-1", "--out", "half")
    assert code == 1 and "2 of 4 jobs are missing" in err and "--out half --resume" in err
    code, out, err = rlbench("merge", "part-1", "part-2", "--out", "whole")
    assert code == 0 and "missing" not in err and "whole" in out
    assert len((tmp_path / "whole" / "timings.csv").read_text().splitlines()) == 1 + 4


def test_wrong_use_is_one_line(tmp_path, monkeypatch, rlbench):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert rlbench("merge", "empty")[0] == 2
    code, _, err = rlbench("merge", "empty", "--out", "whole")
    assert code == 2 and "empty" in err and "Traceback" not in err and not (tmp_path / "whole").exists()
