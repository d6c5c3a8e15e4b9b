"""Matrix factorisation: equal to dense algebra, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from rlbench_rec import extras, policies
from rlbench_rec.baselines.als import ALS, fold_in
from rlbench_rec.baselines.item_scores import History
from rlbench_rec.errors import InputError, MissingExtraError

SETTINGS = {
    "factors": 3,
    "regularisation": 0.5,
    "iterations": 4,
    "decay": 1.0,
    "repeat": 0.0,
    "popularity": 0.1,
    "seed": 0,
}


def dense_vectors(sessions, others, confidence, regularisation):
    """Each row's x = (Y' C Y + r I)^-1 Y' C p, C the dense diagonal matrix of confidences."""
    vectors = np.empty((len(sessions), others.shape[1]))
    for row, had in enumerate(sessions):
        confidences = np.diag(np.where(had > 0, confidence, 1.0))
        normal = others.T @ confidences @ others + regularisation * np.identity(others.shape[1])
        vectors[row] = np.linalg.solve(normal, others.T @ confidences @ (had > 0).astype(float))
    return vectors


@pytest.fixture
def sessions():
    return (np.random.default_rng(0).random((30, 8)) < 0.4).astype(float)


@pytest.fixture
def model(sessions):
    als = pytest.importorskip("implicit.cpu.als")
    model = als.AlternatingLeastSquares(
        factors=3, regularization=0.5, alpha=5.0, iterations=200, use_cg=False, random_state=0, num_threads=1
    )
    model.fit(sparse.csr_matrix(sessions, dtype=np.float32), show_progress=False)
    return model


def test_the_solver_is_where_dense_alternation_stays(sessions, model):
    items = model.item_factors.astype(np.float64)
    users = dense_vectors(sessions, items, 5.0, 0.5)
    np.testing.assert_allclose(dense_vectors(sessions.T, users, 5.0, 0.5), items, atol=2e-3)


def test_folding_in_equals_dense_algebra_and_the_solver(sessions, model):
    items = model.item_factors.astype(np.float64)
    folded = fold_in(sparse.csr_matrix(sessions), items, 5.0, 0.5)
    np.testing.assert_allclose(folded, dense_vectors(sessions, items, 5.0, 0.5), rtol=1e-9)
    theirs = model.recalculate_user(np.arange(30), sparse.csr_matrix(sessions, dtype=np.float32))
    np.testing.assert_allclose(folded, theirs, atol=1e-4)


def test_a_weight_is_a_share_of_the_confidence_above_that_of_an_absent_item():
    items = np.random.default_rng(1).normal(size=(4, 2))
    half = fold_in(sparse.csr_matrix([[0.5, 0.0, 1.0, 0.0]]), items, 9.0, 1.0)
    confidences = np.diag([5.0, 1.0, 9.0, 1.0])
    normal = items.T @ confidences @ items + np.identity(2)
    np.testing.assert_allclose(half[0], np.linalg.solve(normal, items.T @ confidences @ [1.0, 0.0, 1.0, 0.0]))


def test_als_scores_the_vector_of_the_history(log_of):
    pytest.importorskip("implicit")
    log = log_of([[1, 2], [1, 2, 3], [3, 4], [4, 3, 3]] * 5, history=3)
    scores = ALS(log, confidence=10.0, **SETTINGS)
    block = np.array([[1, 3, 1], [0, 0, 0]])
    found = scores.raw(History(block, block, block.astype(np.float32)))
    vector = dense_vectors(np.array([[0, 1, 0, 1, 0]]), scores.items, 10.0, 0.5)[0]
    np.testing.assert_allclose(found[0], scores.items @ vector)
    assert not found[1].any()


def test_bpr_scores_the_mean_of_the_history_and_biases(log_of):
    bpr = pytest.importorskip("implicit") and pytest.importorskip("rlbench_rec.baselines.bpr")
    log = log_of([[1, 2], [1, 2, 3], [3, 4], [4, 3, 3]] * 5, history=3)
    scores = bpr.BPR(log, learning_rate=0.1, **SETTINGS | {"decay": 0.5})
    assert scores.items.shape == (5, 3) and scores.biases.shape == (5,)
    block = np.array([[1, 3, 1], [0, 0, 0]])
    found = scores.raw(History(block, block, block.astype(np.float32)))
    # Item 1 is the latest, item 3 counts half of it.
    mean = (scores.items[1] + 0.5 * scores.items[3]) / 1.5
    exponents = scores.items @ mean + scores.biases
    np.testing.assert_allclose(found[0], np.exp(exponents - exponents.max()))
    assert not found[1].any()


@pytest.mark.parametrize("name", ["als", "bpr"])
def test_without_implicit_one_line_says_what_to_install(log_of, monkeypatch, name):
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "implicit")
    with pytest.raises(MissingExtraError, match=rf"The policy '{name}' needs implicit.*\[baselines\]"):
        policies.make(name, log_of([[1, 2]] * 4))


@pytest.mark.parametrize("name", ["als", "bpr"])
def test_the_seed_decides(log_of, name):
    pytest.importorskip("implicit")
    log = log_of(np.random.default_rng(0).integers(1, 9, size=(40, 4)).tolist(), history=3)
    first, again, other = (
        policies.make(name, log, factors=4, seed=seed).probabilities(log.states()) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.allclose(first, other)


@pytest.mark.parametrize(
    ("name", "settings"), [("als", {"regularisation": 1e-12}), ("bpr", {"learning_rate": 1.0, "regularisation": 50.0})]
)
def test_settings_under_which_vectors_are_no_numbers_are_refused_in_a_line(log_of, name, settings):
    pytest.importorskip("implicit")
    log = log_of([[1, 2], [2, 1]] if name == "als" else [[1], [2], [3], [2]], history=3)
    with pytest.raises(InputError, match=r"no numbers.* Give more regularisation"):
        policies.make(name, log, **settings)


def test_equations_without_a_solution_are_refused_in_a_line():
    with pytest.raises(InputError, match="no numbers"):
        fold_in(sparse.csr_matrix([[1.0, 0.0]]), np.zeros((2, 2)), 2.0, 0.0)
