"""Is every folder of a trained run loaded, or refused with a reason, whatever stands in it?

    python -m studies.fuzz_models --seconds 600

Case n takes a small trained run and spoils run.json (a value or the bytes) or a checkpoint, now and then with a
checksum that fits again, so that the weights themselves are looked at. What loads must give values for states.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, load
from studies.fuzzing import answered, campaign, spoil, spoil_value


@functools.cache
def trained() -> dict[str, bytes]:
    """The files of a run, by name."""
    # Threads would not survive the forks of a campaign.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = fit(toy_shop(100, history=2), "dqn", steps=5, batch_size=32, device="cpu", config={"hidden_units": (8,)})
        run.save(Path(folder, "run"))
        return {path.name: path.read_bytes() for path in sorted(Path(folder, "run").iterdir())}


def play(seed: int, number: int) -> str:
    """One case: `loaded`, or the name of the error that says why not."""
    rng = np.random.default_rng((seed, number))
    files = dict(trained())
    header = json.loads(files["run.json"])
    way = rng.integers(4)
    if way == 0:
        files["run.json"] = spoil(files["run.json"], rng)
    elif way == 1:
        name = str(rng.choice(sorted(header["sha256"])))
        content = spoil(files[f"{name}.safetensors"], rng)
        files[f"{name}.safetensors"] = content
        header["sha256"][name] = hashlib.sha256(content).hexdigest()
        files["run.json"] = json.dumps(header).encode()
    else:
        for _ in range(rng.integers(1, 4)):
            header = spoil_value(header, rng)
        files["run.json"] = json.dumps(header).encode()
    if not rng.integers(8):
        files.pop(str(rng.choice(sorted(files))))
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return answered(lambda: _use(folder))


def _use(folder: str) -> str:
    run = load(folder, device="cpu")
    values = run.q_values(np.zeros((3, run.layout.size), dtype=np.float32))
    assert values.shape == (3, run.action_count), values.shape
    return "loaded"


if __name__ == "__main__":
    trained()
    sys.exit(campaign(play, __doc__))
