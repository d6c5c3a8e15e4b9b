"""Estimated propensities: near the true ones, calibrated, cross-fitted by user, and never hidden."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.propensity import cross_fitting as module
from rlbench_rec.ope.propensity import estimate_propensities
from rlbench_rec.ope.propensity.calibration import ReliabilityDiagram, best_temperature, isotonic, losses, temperature

ACTIONS = 4


def softmax(scores):
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def draw(rng, chances):
    return np.minimum((chances.cumsum(axis=1) < rng.random(len(chances))[:, None]).sum(axis=1), chances.shape[1] - 1)


@pytest.fixture(scope="module")
def shop():
    """Features, true propensities of all actions, logged actions and users of 4,000 decisions."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4_000, 3))
    chances = softmax(0.7 * features @ rng.normal(size=(3, ACTIONS)))
    return features, chances, draw(rng, chances), rng.integers(0, 800, 4_000)


@pytest.mark.parametrize("calibration", ["temperature", "isotonic", "none"])
@pytest.mark.parametrize(("model", "tolerance"), [("logistic", 0.12), ("embeddings", 0.12), ("boosting", 0.35)])
def test_they_are_near_the_true_ones(shop, model, tolerance, calibration):
    features, chances, actions, users = shop
    more = {"embeddings": np.eye(ACTIONS)} if model == "embeddings" else {}
    found = estimate_propensities(actions, features, model, users=users, calibration=calibration, **more)
    true = chances[np.arange(len(actions)), actions]
    assert np.median(np.abs(np.log(found.propensities / true))) < tolerance
    entropy = -np.log(true).mean()
    assert entropy - 0.02 < found.log_loss < entropy + 0.05 < found.baseline_log_loss
    assert found.calibration_error < (0.05 if calibration == "none" else 0.03)
    assert len(found.temperatures) == (5 if calibration == "temperature" else 0)


@pytest.mark.parametrize(("model", "tolerance"), [("logistic", 0.15), ("embeddings", 0.15), ("boosting", 0.4)])
def test_rows_that_stand_for_several(shop, model, tolerance):
    """Most decisions for action 0 were dropped: with weights the model is that of the whole log."""
    features, chances, actions, users = shop
    kept = (actions != 0) | (np.random.default_rng(2).random(len(actions)) < 0.25)
    weights = np.where(actions == 0, 4.0, 1.0)[kept]
    more = {"embeddings": np.eye(ACTIONS)} if model == "embeddings" else {}
    features, chances, actions, users = features[kept], chances[kept], actions[kept], users[kept]
    found, blind = (
        estimate_propensities(actions, features, model, users=users, weights=given, **more) for given in (weights, None)
    )
    apart, missed = (
        np.median(np.abs(np.log(one.propensities / chances[np.arange(len(actions)), actions])))
        for one in (found, blind)
    )
    assert apart < tolerance and apart < 0.9 * missed
    assert found.calibration_error < 0.03
    log = found.log(np.ones(len(actions)), np.full(len(actions), 0.25))
    assert np.array_equal(log.weights, weights)


def test_an_estimate_says_so_and_is_near_the_truth(shop):
    features, _, actions, users = shop
    rng = np.random.default_rng(1)
    means = 0.2 + 0.1 * np.arange(ACTIONS) + 0.2 * (features[:, :1] > 0)
    target = softmax(0.3 * features @ rng.normal(size=(3, ACTIONS)))
    rewards = (rng.random(len(actions)) < means[np.arange(len(actions)), actions]).astype(float)
    found = estimate_propensities(actions, features, users=users, target_policy=target)
    log = found.log(rewards)
    estimate = ope.estimate(log, "snips")
    assert abs(estimate.value - (target * means).sum(axis=1).mean()) < 4 * estimate.std_error
    assert (estimate.propensity_source, estimate.interval_kind, estimate.verdict) == (
        "estimated",
        "sampling-only",
        "weak",
    )
    assert "estimated" in estimate.reasons[0]
    diagnostics = ope.diagnose(log)
    assert diagnostics.calibration_error == found.calibration_error and diagnostics.verdict == "weak"
    # The behaviour policy's own mean needs no propensities.
    assert ope.estimate(log, "on-policy").verdict == "trusted"
    assert (
        ope.lift(log).verdict == "weak" and ope.analysis.estimate_return(log, "mean").interval_kind == "sampling-only"
    )
    stream = ope.Stream(["snips"])
    stream.add(log)
    assert stream.estimates()[0].reasons == estimate.reasons and stream.diagnose().verdict == "weak"


def test_no_row_is_predicted_by_a_model_or_a_calibration_that_saw_its_user(shop, monkeypatch):
    features, _, actions, users = shop
    fitted: list[set] = []

    def spy(data, seed):
        own = {users[np.flatnonzero((features == row).all(axis=1))[0]] for row in data.features}
        fitted.append(own)

        def predict(asked):
            now = {users[np.flatnonzero((features == row).all(axis=1))[0]] for row in asked}
            assert not own & now
            return np.full((len(asked), data.action_count), -np.log(data.action_count))

        return predict

    features, actions, users = features[:400], actions[:400], users[:400]
    monkeypatch.setitem(module.MODELS, "logistic", spy)
    found = estimate_propensities(actions, features, users=users, folds=4)
    assert len(fitted) == 4 and set.union(*fitted) == set(users)
    np.testing.assert_allclose(found.propensities, 1 / found.action_count, rtol=1e-9)


def test_the_calibration_of_a_fold_is_that_of_the_others(monkeypatch):
    """Fold 0 is logged by chance, the others by what the model says: only fold 0 learns to believe the model."""
    rng = np.random.default_rng(0)
    features = rng.integers(0, 2, size=(4_000, 1)).astype(float)
    folds = np.arange(4_000) % 2
    monkeypatch.setattr(module, "_folds", lambda *_: folds)
    actions = np.where(folds == 0, rng.integers(0, 2, 4_000), features[:, 0] == (rng.random(4_000) < 0.95)).astype(int)

    def model(data, seed):
        return lambda asked: np.log(np.where(asked == [[0.0, 1.0]], 0.95, 0.05))

    monkeypatch.setitem(module.MODELS, "logistic", model)
    found = estimate_propensities(actions, features, folds=2)
    assert found.temperatures[0] < 1.5 and found.temperatures[1] > 5


def test_a_rare_action_is_reported_and_not_clipped():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3_000, 1))
    actions = (rng.random(3_000) < 0.5).astype(int)
    actions[7] = 2
    target = np.tile([0.4, 0.3, 0.3], (3_000, 1))
    found = estimate_propensities(actions, features, target_policy=target, floor=0.01)
    assert found.below_floor.tolist() == [row == 7 for row in range(3_000)]
    # One row cannot be in its own model: that has Laplace's 1 / (rows + actions), or nearly.
    assert 0 < found.propensities[7] < 0.002 and found.share_below_floor == 1 / 3_000
    log = found.log(rng.random(3_000))
    np.testing.assert_allclose(log.unsupported_mass, 0.3)
    verdict = ope.estimate(log, "snips", interval="none")
    assert verdict.verdict == "unreliable" and any("never logged" in reason for reason in verdict.reasons)
    # Without the matrix, the weight on such rows stands in.
    weights = 0.3 / found.propensities
    unknown = estimate_propensities(actions, features, floor=0.01)
    own = unknown.fields(np.full(3_000, 0.3))["unsupported_mass"]
    assert own[0] == pytest.approx(weights[7] / weights.sum(), rel=1e-12) and own.max() == own.min()


def test_calibration_by_hand():
    logs = np.log([[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.8, 0.2]])
    seen = ReliabilityDiagram.of(logs, np.array([0, 0, 1, 1]), np.ones(4))
    # Half of them were the first action, where 0.8 was said.
    assert seen.error() == pytest.approx(0.3, rel=1e-9)
    assert ReliabilityDiagram.of(logs, np.array([0, 0, 0, 0]), np.ones(4)).error() == pytest.approx(0.2, rel=1e-9)
    # At odds 4^(1/T) = 1 the temperature is infinite; the grid ends at 10.
    assert best_temperature(losses(logs, np.array([0, 0, 1, 1]), np.ones(4))) == pytest.approx(10, rel=0.01)
    # Odds of 2 where 4 was said: 4^(1/T) = 2.
    thirds = np.log(np.tile([[0.8, 0.2]], (3, 1)))
    found = best_temperature(losses(thirds, np.array([0, 0, 1]), np.ones(3)))
    assert found == pytest.approx(2.0, rel=0.01)
    np.testing.assert_allclose(np.exp(temperature(2.0)(logs[:1])), [[2 / 3, 1 / 3]], rtol=1e-12)
    mapped = np.exp(
        isotonic(ReliabilityDiagram.of(np.tile(logs, (500, 1)), np.tile([0, 0, 1, 1], 500), np.ones(2_000)))(logs)
    )
    np.testing.assert_allclose(mapped, 0.5, atol=1e-3)


def test_calibration_mends_a_model_that_is_too_sure():
    rng = np.random.default_rng(0)
    chances = softmax(rng.normal(size=(20_000, 5)))
    actions = draw(rng, chances)
    sure = np.log(softmax(2.0 * np.log(chances)))
    before = ReliabilityDiagram.of(sure, actions, np.ones(len(actions))).error()
    mended = temperature(best_temperature(losses(sure, actions, np.ones(len(actions)))))(sure)
    assert ReliabilityDiagram.of(mended, actions, np.ones(len(actions))).error() < 0.02 < 0.1 < before
    mapped = isotonic(ReliabilityDiagram.of(sure, actions, np.ones(len(actions))))(sure)
    assert ReliabilityDiagram.of(mapped, actions, np.ones(len(actions))).error() < before / 2
    np.testing.assert_allclose(np.exp(mapped).sum(axis=1), 1.0, rtol=1e-12)


def test_embeddings_lend_to_rare_items():
    """Two hundred items in two groups; what is chosen depends on the group. Most items are logged a few times."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 200)
    embeddings = np.column_stack([group - 0.5, rng.normal(size=200) * 0.1])
    feature = rng.normal(size=(3_000, 1))
    chances = softmax(3.0 * feature * (group - 0.5))
    actions = draw(rng, chances)
    found = estimate_propensities(actions, feature, "embeddings", embeddings=embeddings, folds=2)
    plain = estimate_propensities(actions, feature, "logistic", folds=2)
    entropy = -np.log(chances[np.arange(3_000), actions]).mean()
    assert found.log_loss < entropy + 0.1 and found.log_loss + 0.05 < plain.log_loss < found.baseline_log_loss


def test_the_same_seed_gives_the_same_bytes(shop):
    features, _, actions, users = shop
    one, two = (estimate_propensities(actions, features, "boosting", users=users, folds=2, seed=3) for _ in range(2))
    assert one.propensities.tobytes() == two.propensities.tobytes()
    other = estimate_propensities(actions, features, "boosting", users=users, folds=2, seed=4)
    assert other.propensities.tobytes() != one.propensities.tobytes()


def test_a_model_that_knows_nothing_is_told(shop):
    _, _, actions, _ = shop
    noise = np.random.default_rng(5).normal(size=(len(actions), 2))
    found = estimate_propensities(np.sort(actions), noise)
    assert found.log_loss >= found.baseline_log_loss and "the features say nothing" in found.summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "forest"}, "Unknown propensity model 'forest'"),
        ({"calibration": "platt"}, "Unknown calibration 'platt'"),
        ({"features": np.zeros((3, 1))}, "features: 3 rows for 10 actions"),
        ({"features": np.zeros(10)}, "features: Shape (10,)"),
        ({"features": [["a"]] * 10}, "features: Numbers are needed"),
        ({"actions": np.full(10, np.nan)}, "actions: dtype float64; integers are needed"),
        ({"actions": None}, "actions: Shape ()"),
        ({"actions": np.zeros(0, dtype=int)}, "actions: The log has no rows"),
        ({"users": np.arange(4)}, "users: 4 rows for 10 actions"),
        ({"users": np.array([0.0] * 6 + [np.nan] * 4)}, "users: 4 rows have none; the first is row 6"),
        ({"folds": 2.5}, "folds is 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"model": "embeddings", "embeddings": np.ones(2)}, "embeddings: Shape (2,)"),
        ({"model": "embeddings", "embeddings": np.full((2, 1), np.inf)}, "embeddings: 2 values are not a finite"),
        ({"target_policy": np.full(10, 0.5)}, "target_policy: Shape (10,)"),
        (
            {"target_policy": [[0.5, 0.5]] * 7 + [[0.5, 0.4]] + [[1.0, 0.0]] * 2},
            "target_policy: Row 7 is not a distrib",
        ),
        (
            {"features": np.array([[0.0]] * 9 + [[np.nan]])},
            "features: 1 values are not a finite number; the first is nan at row 9",
        ),
        ({"actions": np.zeros(10, dtype=int)}, "only one action"),
        ({"actions": np.arange(10) - 1}, "Action -1 at row 0"),
        ({"model": "embeddings"}, "needs (actions, dimensions) embeddings"),
        ({"users": np.zeros(10)}, "5 folds of 1 users"),
        ({"folds": 1}, "folds is 1; a whole number from 2 up"),
        ({"floor": 1.0}, "floor"),
        ({"target_policy": np.full((10, 2), 0.4)}, "sums to 0.8"),
        ({"target_policy": np.full((9, 2), 0.5)}, "9 rows for 10 actions"),
    ],
)
def test_bad_input(change, message):
    given = {"actions": np.arange(10) % 2, "features": np.arange(10.0)[:, None]} | change
    with pytest.raises((InputError, UnknownNameError)) as caught:
        estimate_propensities(**given)
    assert message in str(caught.value)


def test_an_unknown_policy_cannot_be_evaluated(shop):
    features, _, actions, _ = shop
    found = estimate_propensities(actions, features)
    with pytest.raises(InputError, match=r"target_propensities: The target policy is not known\. Give them"):
        found.log(np.ones(len(actions)))
    with pytest.raises(InputError, match="target_propensities: 5 entries for 4000 decisions"):
        found.log(np.ones(len(actions)), np.ones(5))
