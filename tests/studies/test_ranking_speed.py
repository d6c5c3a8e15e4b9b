"""The script behind the figures of docs/performance.md runs, on little."""

from __future__ import annotations

import sys

import pytest

from studies import ranking_speed


@pytest.mark.parametrize("policy", ["factors", "uniform"])
def test_it_measures_a_report(policy, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ranking_speed", policy, "--steps", "300", "--items", "1200"])
    ranking_speed.main()
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{policy}, 300 steps x 1,200 items: ") and int(first.split()[-2]) > 100
    assert "peak memory of the process" in second and third.startswith("the scores alone")
