"""Which folder a stored frontier is read from."""

from __future__ import annotations

import gzip

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite.frontier_request import stored_run


@pytest.mark.parametrize("name", ["frontier.csv", "frontier.csv.gz"])
def test_a_packed_frontier_is_as_good_as_a_plain_one(tmp_path, name):
    with pytest.raises(InputError, match="no frontier here"):
        stored_run(str(tmp_path))
    (tmp_path / name).write_bytes(gzip.compress(b""))
    training = tmp_path / "models" / "shop.dqn.mlp.seed0-12345678"
    training.mkdir(parents=True)
    assert stored_run(str(tmp_path)) == (tmp_path, "")
    assert stored_run(str(training)) == (tmp_path, training.name)
