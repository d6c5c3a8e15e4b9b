"""Another processor rounds otherwise, and chooses the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CORE_TYPES = {"Prescott": "pni", "Haswell": "avx2", "SkylakeX": "avx512f"}
"""OpenBLAS's names of kinds of kernels, each with the processor's flag that it needs."""
SCRIPT = """
import json
import numpy as np
import rlbench_rec as rb
from rlbench_rec import frontier

task = rb.tasks.make("tabular-v1", seed=3, horizon=4)
best, myopic = task.optimal_values(), task.click_rates
contenders = {"best": lambda s: s @ best, "same": lambda s: s @ (3 * best), "myopic": lambda s: s @ myopic}
told = []
for seed in range(4):
    log = task.log(episodes=400 + 300 * seed, seed=seed)
    curve = frontier.trace(contenders, log, frontier.LoggedBase(task.behaviour))
    frame = curve.to_frame()
    told.append([frame[name].tolist() for name in ("contender", "dial", "verdict", "eligible", "chosen")])
    told.append([round(x, 9) for x in frame["ci_low"]] + [curve.policy.name])
print(json.dumps(told))
"""


def told_under(core_type: str) -> list:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_CORETYPE": core_type}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_two_kinds_of_kernels_choose_the_same():
    info = Path("/proc/cpuinfo")
    flags = info.read_text().split() if info.exists() else []
    possible = [name for name, flag in CORE_TYPES.items() if flag in flags]
    if len(possible) < 2:
        pytest.skip("this processor runs one kind of kernels only")
    assert told_under(possible[0]) == told_under(possible[-1])
