"""Importing the room is light; training says nothing and changes nothing globally."""

from __future__ import annotations

import subprocess
import sys

LIGHT = """
import sys
import rlbench_rec.training as training
assert training.ALGORITHMS.names() and training.ENCODERS.names() and training.LOOPS.names()
assert all(training.ALGORITHMS[name].__doc__ for name in training.ALGORITHMS)
heavy = {"torch", "d3rlpy", "sklearn", "scipy", "duckdb", "pandera"} & set(sys.modules)
assert not heavy, heavy
"""

SILENT = """
import structlog, torch
structlog.configure(processors=["mine"])
precision = torch.get_float32_matmul_precision()
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit
for loop in ("stock", "tensor"):
    fit(toy_shop(60), "dqn", loop=loop, steps=3, batch_size=16)
assert structlog.get_config()["processors"] == ["mine"]
assert torch.get_float32_matmul_precision() == precision
"""


def _run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


def test_naming_things_loads_nothing_heavy():
    done = _run(LIGHT)
    assert done.returncode == 0, done.stderr


def test_training_prints_nothing_and_leaves_settings_alone():
    done = _run(SILENT)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
