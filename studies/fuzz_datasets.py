"""Is every saved data set loaded, or refused with a reason, whatever stands in it?

    python -m studies.fuzz_datasets --seconds 600

Case n takes a small saved data set and spoils dataset.json (a value or the bytes) or a column: its bytes, its type, its
shape, its values, or a pickle or an archive in its place. What loads must give states and a description.
"""

from __future__ import annotations

import functools
import io
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from rlbench_rec import mdp
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.algorithms import toy_shop
from studies.fuzzing import answered, campaign, spoil, spoil_value


class Trap:
    """A pickle that would tell, were it ever loaded."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


@functools.cache
def saved() -> tuple[dict[str, bytes], ...]:
    """The files of two data sets, by name."""
    made = []
    shop = toy_shop(60, history=2)
    for data in (shop, mdp.with_candidates(shop, 2)):
        with tempfile.TemporaryDirectory() as folder:
            data.save(Path(folder, "data"))
            made.append({path.name: path.read_bytes() for path in sorted(Path(folder, "data").iterdir())})
    return tuple(made)


def odd_column(content: bytes, rng: np.random.Generator) -> bytes:
    """A column with another type, shape or value, or something else in its place."""
    column = np.load(io.BytesIO(content))
    stream = io.BytesIO()
    way = rng.integers(8)
    if way == 0:
        np.save(stream, column.astype(rng.choice(["f8", "i4", "bool", "U5", "c16", ">f4", "S3"])))
    elif way == 1:
        shapes = [column[:0], column[:-1], column[None], column.T, column.ravel()[:1].reshape(())]
        np.save(stream, shapes[rng.integers(len(shapes))])
    elif way == 2:
        np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)
    elif way == 3:
        np.savez(stream, column)
    elif way == 4:
        key = f"'{rng.choice(['shape', 'descr', 'fortran_order'])}': ".encode()
        return content.replace(key, key + rng.choice([b"(9**9,)", b"'<V9'", b"None", b"[1]"]) + b", 'x': ", 1)
    else:
        column = column.copy()
        odd = rng.choice([-1, 0, 127, 2**31 - 1, -(2**31)] if column.dtype.kind in "iu" else [np.nan, np.inf, -1, 1e38])
        place = tuple(rng.integers(size) for size in column.shape)
        column[place] = np.clip(odd, -128, 127) if column.itemsize == 1 else odd
        np.save(stream, column)
    return stream.getvalue()


def play(seed: int, number: int) -> str:
    """One case: `loaded`, or the name of the error that says why not."""
    rng = np.random.default_rng((seed, number))
    files = dict(saved()[rng.integers(len(saved()))])
    columns = [name for name in files if name.endswith(".npy")]
    way = rng.integers(4)
    if way == 0:
        name = str(rng.choice(sorted(files)))
        files[name] = spoil(files[name], rng)
    elif way == 1:
        name = str(rng.choice(columns))
        files[name] = odd_column(files[name], rng)
    else:
        header = json.loads(files["dataset.json"])
        for _ in range(rng.integers(1, 4)):
            header = spoil_value(header, rng)
        files["dataset.json"] = json.dumps(header).encode()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        outcome = answered(lambda: _use(Path(folder), mmap=bool(rng.integers(2))))
    assert not Trap.sprung, "a pickle was loaded"
    return outcome


def _use(folder: Path, mmap: bool) -> str:
    data = TransitionDataset.load(folder, mmap=mmap)
    assert data.states().shape == (len(data.actions), data.layout.size)
    json.dumps(data.describe())
    return "loaded"


if __name__ == "__main__":
    saved()
    sys.exit(campaign(play, __doc__))
