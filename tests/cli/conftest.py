"""The command line, run in this process."""

from __future__ import annotations

import sys

import pytest

from rlbench_rec.cli.app import main


@pytest.fixture
def rlbench(capsys, monkeypatch):
    """Runs the entry point: exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rlbench", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
