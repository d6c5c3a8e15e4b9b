"""Categories of actions and their probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError

PI = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])


def test_on_paper():
    found = ope.density.category_propensities(PI, [0, 3], ["shoes", "hats", "shoes", "hats"])
    assert found == pytest.approx([0.4, 0.4])
    # Two features: only the first two actions share both.
    features = [[0, 1], [0, 1], [0, 2], [1, 1]]
    assert ope.density.category_propensities(PI, [1, 2], features) == pytest.approx([0.3, 0.2])
    # All of a policy's mass, though its row sums to a little more than 1.
    assert ope.density.category_propensities(PI * 1.00001, [0, 0], [5, 5, 5, 5]).tolist() == [1, 1]


def test_chunks_and_float32(monkeypatch):
    from rlbench_rec.ope.data import policy_matrices

    rng = np.random.default_rng(0)
    pi, actions = rng.dirichlet(np.ones(6), 40), rng.integers(0, 6, 40)
    categories = np.array([2, 0, 1, 2, 2, 0])
    whole = ope.density.category_propensities(pi, actions, categories)
    assert whole == pytest.approx([pi[i, categories == categories[a]].sum() for i, a in enumerate(actions)])
    monkeypatch.setattr(policy_matrices, "CHUNK_CELLS", 50)
    np.testing.assert_allclose(
        ope.density.category_propensities(pi.astype(np.float32), actions, categories), whole, rtol=1e-6
    )


def test_alike_embeddings_share_a_category():
    rng = np.random.default_rng(0)
    embeddings = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 10, axis=0) + rng.normal(size=(30, 2))
    codes = ope.density.embedding_categories(embeddings, 3, seed=1).reshape(3, 10)
    assert (codes == codes[:, :1]).all() and len(set(codes[:, 0])) == 3
    assert (ope.density.embedding_categories(embeddings, 3, seed=1).reshape(3, 10) == codes).all()


def test_from_arrays_keeps_columns_beside_their_rows():
    """Episodes are put together: every column given by row follows its row, whatever its name."""
    arguments = {
        "actions": [0, 1, 1],
        "rewards": [1.0, 2.0, 3.0],
        "propensities": [0.5, 0.5, 0.5],
        "target_policy": [[0.5, 0.5]] * 3,
        "behaviour_policy": [[0.5, 0.5]] * 3,
        "trajectory_ids": ["b", "a", "b"],
        "steps": [1, 0, 0],
    }
    log = ope.EvaluationLog.from_arrays(
        **arguments, state_ratios=[3.0, 1.0, 1.0], q_logged=[7, 8, 9], v_target=[4, 5, 6]
    )
    assert log.rewards.tolist() == [3, 1, 2]
    assert log.state_ratios.tolist() == [1, 3, 1] and log.q_logged.tolist() == [9, 7, 8]
    assert ope.EvaluationLog.from_arrays(**arguments, q_logged=None, state_ratios=None).state_ratios is None
    with pytest.raises(InputError, match="state_ratios: 2 rows for 3 rewards"):
        ope.EvaluationLog.from_arrays(**arguments, state_ratios=[1, 2])
    with pytest.raises(InputError, match="target_propensities: Given as a column and as a matrix"):
        ope.EvaluationLog.from_arrays(**arguments, target_propensities=[1, 1, 1])
    with pytest.raises(InputError, match="Give trajectory_ids or episode_starts, not both"):
        ope.EvaluationLog.from_arrays(**arguments, episode_starts=[0])


def test_refusals():
    with pytest.raises(InputError, match="policy: Row 1 is not a distribution"):
        ope.density.category_propensities(PI * [[1], [2]], [0, 3], [0, 0, 1, 1])
    with pytest.raises(InputError, match="policy: Shape"):
        ope.density.category_propensities(PI, [0], [0, 0, 1, 1])
    with pytest.raises(InputError, match="categories: Shape"):
        ope.density.category_propensities(PI, [0, 3], [0, 0, 1])
    with pytest.raises(InputError, match="Action 4 at row 1"):
        ope.density.category_propensities(PI, [0, 4], [0, 0, 1, 1])
    with pytest.raises(InputError, match="Categories need the behaviour_policy"):
        ope.EvaluationLog.from_arrays([0, 1], [1, 1], [0.5, 0.5], PI, categories=[0, 0, 1, 1])
    with pytest.raises(InputError, match="5 categories of 4 actions"):
        ope.density.embedding_categories(np.ones((4, 2)), 5)
    with pytest.raises(InputError, match="embeddings: Shape"):
        ope.density.embedding_categories([1.0, 2.0], 1)
