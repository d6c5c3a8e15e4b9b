"""What EvaluationLog and from_arrays refuse: the argument and the first bad row are named."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.data import policy_matrices

GOOD = {"rewards": [1.0, 0.0, 2.0], "propensities": [0.5, 0.5, 1.0], "target_propensities": [0.1, 0.0, 1.0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rewards": []}, "rewards: The log has no rows"),
        ({"rewards": [1.0, np.nan, 2.0]}, "rewards: 1 values are not a finite number; the first is nan at row 1"),
        ({"rewards": ["a", "b", "c"]}, "rewards: Numbers are needed"),
        ({"rewards": [[1.0], [0.0], [2.0]]}, "rewards: Shape"),
        ({"propensities": [0.5, 0.5]}, "propensities: 2 entries for 3 rewards"),
        ({"propensities": [0.5, 0.0, 1.0]}, r"propensities: 1 values are outside \(0, 1\]; the first is 0 at row 1"),
        ({"propensities": [0.5, 0.5, 1.5]}, r"propensities: .* 1.5 at row 2"),
        ({"propensities": [-0.5, 0.5, 1.0]}, r"propensities: .* -0.5 at row 0"),
        ({"target_propensities": [0.1, -0.1, 1.0]}, r"target_propensities: .*outside \[0, 1\].* row 1"),
        ({"target_propensities": [0.1, 0.0, 1.1]}, "target_propensities: .* row 2"),
        ({"q_logged": [1, 1, 1]}, "q_logged and v_target belong together"),
        ({"q_logged": [1, 1, np.inf], "v_target": [1, 1, 1]}, "q_logged: .*inf at row 2"),
        ({"episode_starts": [1, 2]}, "episode_starts: .*the first must be 0"),
        ({"episode_starts": [0, 2, 2]}, "episode_starts: .*not ascending.* row 2"),
        ({"episode_starts": [0, 3]}, "episode_starts: .*rows 0 to 3 of 3"),
        ({"episode_starts": [0.0, 1.5]}, "episode_starts: A vector of row numbers"),
        ({"rewards": None}, "rewards: A log needs them"),
        ({"propensities": None}, "propensities: A log needs them"),
        ({"target_propensities": None}, "target_propensities: A log needs them"),
        ({"rewards": np.array([1j, 0, 2])}, "rewards: Real numbers are needed"),
        (
            {"propensities": [0.5, np.nan, 1.0]},
            "propensities: 1 values are not a finite number; the first is nan at row 1",
        ),
        ({"target_propensities": [np.nan, 0.0, np.nan]}, "target_propensities: 2 values .* the first is nan at row 0"),
        ({"q_logged": [1, 1, 1], "v_target": [1, np.nan, 1]}, "v_target: .*nan at row 1"),
        ({"clusters": [1.0, np.nan, 2.0]}, "clusters: 1 rows have none; the first is row 1"),
        ({"clusters": ["a", "b", None]}, "clusters: 1 rows have none; the first is row 2"),
        ({"clusters": np.array(["a", np.nan, "b"], dtype=object)}, "clusters: 1 rows have none; the first is row 1"),
        (
            {"clusters": np.array(["2020-01-01", "NaT", "NaT"], "datetime64[D]")},
            "clusters: 2 rows .* the first is row 1",
        ),
        ({"clusters": np.array(["a", 1, 2], dtype=object)}, "clusters: Labels of one type"),
        ({"clusters": [[1], [2], [3]]}, r"clusters: Shape \(3, 1\) for 3 episodes"),
        ({"slate_weights": [1.0, np.nan, 1.0]}, "slate_weights: .*row 1"),
        ({"state_ratios": [1.0, -1.0, np.inf]}, "state_ratios: .*inf at row 2"),
        ({"clusters": [1, 2]}, "clusters: 2 entries for 3 episodes"),
        ({"metrics": [[1.0], [np.nan], [2.0]]}, "metrics: .*row 1"),
        ({"metrics": [1.0, 2.0, 3.0]}, "metrics: Shape"),
        ({"gamma": 1.1}, "gamma: gamma is 1.1"),
        ({"gamma": "a"}, "gamma: gamma is 'a'"),
        ({"gamma": 10**400}, "gamma: gamma is 1000"),
        ({"rewards": [[1.0], [0.0, 1.0], [2.0]]}, "rewards: Numbers are needed"),
        ({"rewards": np.array(["2020-01-01"] * 3, "datetime64[D]")}, "rewards: Numbers are needed, not times"),
        ({"gamma": float("nan")}, "gamma: gamma is nan"),
        ({"reward_range": (0, 1)}, r"rewards: 1 values are outside reward_range \(0, 1\)"),
        ({"gamma": None}, "gamma: gamma is None"),
        ({"reward_range": (2, 0)}, r"reward_range: \(2, 0\) is not a range"),
        ({"reward_range": (float("nan"), 2)}, r"reward_range: \(nan, 2\) is not a range"),
        ({"reward_range": (0, float("nan"))}, r"reward_range: \(0, nan\) is not a range"),
        ({"reward_range": ("0", "2")}, r"reward_range: \('0', '2'\) is not a range"),
        ({"reward_range": (0, 10**400)}, r"reward_range: \(0, 1000.*\) is not a range"),
        ({"reward_range": 2}, "reward_range: 2 is not a pair of numbers"),
        ({"reward_range": (0, 1, 2)}, "reward_range: .* is not a pair of numbers"),
        ({"weight_bound": float("nan")}, "weight_bound: weight_bound is nan; it must be positive"),
        ({"weight_bound": "a"}, "weight_bound: weight_bound is 'a'"),
        ({"bandwidth": "wide"}, "bandwidth: bandwidth is 'wide'"),
        ({"weight_bound": 0.9}, "weight_bound: 1 values are weights above 0.9; the first is 1 at row 2"),
        ({"unsupported_mass": [0.0, 2.0, 0.0]}, "unsupported_mass: .*row 1"),
        ({"propensity_source": "guessed"}, "propensity_source"),
    ],
)
def test_bad_logs(change, message):
    with pytest.raises(InputError, match=message):
        ope.EvaluationLog(**GOOD | change)


def test_what_is_masked_is_missing_and_times_are_no_rewards():
    masked = np.ma.MaskedArray([1.0, 99.0, 1.0], mask=[False, True, False])
    with pytest.raises(InputError, match="rewards: 1 values are not a finite number; the first is nan at row 1"):
        ope.EvaluationLog(**GOOD | {"rewards": masked})
    with pytest.raises(InputError, match="rewards: Numbers are needed, not times"):
        ope.EvaluationLog(**GOOD | {"rewards": np.array(["2026-01-01"] * 3, dtype="datetime64[D]")})


def test_estimators_refuse_what_they_cannot_do():
    log = ope.EvaluationLog(**GOOD)
    with pytest.raises(UnknownNameError, match=r"Unknown estimator 'drs'\. Did you mean 'd"):
        ope.estimate(log, "drs")
    with pytest.raises(InputError, match="'dr' needs q_logged"):
        ope.estimate(log, "dr")
    with pytest.raises(InputError, match="needs clip="):
        ope.estimate(log, "ips-clip")
    for clip in (-1, 0, float("nan"), "a", None):
        with pytest.raises(InputError, match=f"clip is {clip!r}"):
            ope.estimate(log, "ips-clip", clip=clip)
    with pytest.raises(InputError, match="takes no parameters"):
        ope.estimate(log, "ips", clip=3)
    for metric in (0, "revenue", 0.0):
        with pytest.raises(InputError, match=f"Metric {metric!r} asked of a log with 0 metrics"):
            ope.estimate(log, "ips", metric=metric)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence": 95}, r"confidence: confidence is 95; it must lie in \(0, 1\)"),
        ({"confidence": "a"}, "confidence: confidence is 'a'"),
        ({"n_resamples": 0}, "n_resamples: n_resamples is 0; a whole number from 1 up"),
        ({"n_resamples": 10.5}, "n_resamples: n_resamples is 10.5"),
        ({"seed": -1}, "seed: seed is -1"),
        ({"seed": 0.5}, "seed: seed is 0.5"),
    ],
)
def test_settings_of_an_estimate(settings, message):
    log = ope.EvaluationLog(**GOOD)
    for ask in (ope.estimate, ope.lift):
        with pytest.raises(InputError, match=message):
            ask(log, "ips", **settings)


@pytest.mark.parametrize("name", ["dr-clip", "switch-dr", "dros", "sg-dr", "sg-ips"])
def test_one_step_formulas_refuse_longer_episodes(name):
    q = {"q_logged": [1, 1, 1], "v_target": [1, 1, 1]}
    log = ope.EvaluationLog(**GOOD | q, episode_starts=[0, 2])
    with pytest.raises(InputError, match="one-step logs only"):
        ope.estimate(log, name, **{ope.ESTIMATORS[name].required[0]: 0.5})


PI = np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]])


def from_arrays(**change):
    arguments = {"actions": [0, 1, 1], "rewards": [1.0, 2.0, 3.0], "propensities": [0.5, 0.5, 0.5], "target_policy": PI}
    return ope.EvaluationLog.from_arrays(**arguments | change)


def test_from_arrays_reads_the_logged_slices():
    q = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    behaviour = np.array([[0.5, 0.5], [0.0, 1.0], [0.5, 0.5]])
    log = from_arrays(q_hat=q.tolist(), behaviour_policy=behaviour.tolist(), propensities=[0.5, 1.0, 0.5])
    assert log.target_propensities.tolist() == [0.5, 0.1, 0.8]
    assert log.q_logged.tolist() == [1, 4, 6]
    assert log.v_target == pytest.approx([1.5, 3.1, 5.8])
    assert log.unsupported_mass == pytest.approx([0, 0.9, 0])


def test_from_arrays_takes_float32_and_memory_maps(tmp_path):
    np.save(tmp_path / "pi.npy", PI.astype(np.float32))
    log = from_arrays(target_policy=np.load(tmp_path / "pi.npy", mmap_mode="r"))
    assert log.target_propensities == pytest.approx([0.5, 0.1, 0.8], rel=1e-6)


def test_from_arrays_reads_the_position_of_each_row(monkeypatch):
    """(rows, actions, positions): only the slice at the row's position counts, in chunks of one row too."""
    monkeypatch.setattr(policy_matrices, "CHUNK_CELLS", 6)
    rng = np.random.default_rng(0)
    cube, q = rng.dirichlet(np.ones(2), (3, 3)).transpose(0, 2, 1), rng.random((3, 2, 3))
    positions, rows = np.array([2, 0, 1]), np.arange(3)
    by_position = from_arrays(target_policy=cube, q_hat=q, positions=positions)
    sliced = from_arrays(target_policy=cube[rows, :, positions], q_hat=q[rows, :, positions])
    for name in ("target_propensities", "q_logged", "v_target"):
        np.testing.assert_allclose(getattr(by_position, name), getattr(sliced, name), rtol=1e-15)
    for change, message in (
        ({"target_policy": cube}, r"target_policy: .*\(rows, actions\) is needed. Name the position"),
        ({"positions": positions}, r"target_policy: .*\(rows, actions, positions\) is needed"),
        ({"target_policy": cube, "positions": [0, 3, 1]}, "positions: Position 3 at row 1 is outside 0..2"),
        ({"target_policy": cube, "positions": [0, 1]}, "positions: 2 rows for 3 rewards"),
    ):
        with pytest.raises(InputError, match=message):
            from_arrays(**change)


def test_from_arrays_takes_lists_like_arrays():
    given = {
        "actions": [0, 1, 1],
        "rewards": [1, 2, 3],
        "propensities": [0.5, 0.5, 0.5],
        "target_policy": PI.tolist(),
        "q_hat": PI.tolist(),
        "behaviour_policy": [[0.5, 0.5]] * 3,
        "trajectory_ids": [7, 7, 8],
        "steps": [1, 0, 0],
        "clusters": ["u", "u", "v"],
        "metrics": [[1], [2], [3]],
    }
    arrays = {name: np.array(column) for name, column in given.items()}
    one, two = (ope.EvaluationLog.from_arrays(**columns) for columns in (given, arrays))
    for name in ("rewards", "target_propensities", "q_logged", "v_target", "unsupported_mass", "clusters", "metrics"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.rewards.tolist() == [2, 1, 3]


def test_from_arrays_orders_rows_within_trajectories():
    log = from_arrays(trajectory_ids=["b", "a", "b"], steps=[1, 0, 0], clusters=["u", "v", "u"])
    assert log.rewards.tolist() == [3, 1, 2] and log.episode_starts.tolist() == [0, 2]
    assert log.clusters.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actions": [0, 1, 2]}, "Action 2 at row 2 is outside 0..1"),
        ({"actions": [0, -1, 1]}, "Action -1 at row 1"),
        ({"actions": [0.0, 1.0, 1.0]}, "actions: dtype float64"),
        ({"actions": [[0], [1], [1]]}, "actions: Shape"),
        ({"actions": None}, "actions: "),
        ({"rewards": None}, "rewards: A log needs them"),
        ({"rewards": [1.0, np.nan, 3.0]}, "rewards: .*nan at row 1"),
        ({"target_policy": None}, "target_policy: A log needs them"),
        ({"target_policy": [0.5, 0.5, 0.5]}, "target_policy: Shape"),
        ({"target_policy": np.zeros((3, 0))}, "target_policy: Shape"),
        ({"target_policy": [[0.5, 0.5], [1.0], [0.5, 0.5]]}, "target_policy: Its rows differ in length"),
        ({"target_policy": [["a", "b"]] * 3}, "target_policy: dtype <U1; numbers are needed"),
        ({"propensities": [0.5, 0.0, 0.5]}, r"propensities: 1 values are outside \(0, 1\]; the first is 0 at row 1"),
        ({"propensities": [0.5, np.nan, 0.5]}, "propensities: .*nan at row 1"),
        ({"propensities": [0.5, 0, 0.5], "behaviour_policy": PI}, "propensities: .* 0 at row 1"),
        ({"target_policy": PI * [[1], [1.01], [1]]}, "Row 1 is not a distribution: it sums to 1.01"),
        ({"target_policy": PI * [[1], [np.nan], [1]]}, "Row 1 is not a distribution"),
        ({"target_policy": np.array([[0.5, 0.5], [1.5, -0.5], [0.2, 0.8]])}, "Row 1 is not a distribution"),
        ({"target_policy": PI[:2]}, "target_policy: 2 rows for 3 rewards"),
        ({"q_hat": np.ones((3, 3))}, "q_hat: Shape"),
        ({"q_hat": np.array([[1, 1], [np.nan, 1], [1, 1]])}, "q_hat: Row 1 holds values that are not finite"),
        ({"q_hat": np.array([[1, 1], [np.inf, -np.inf], [1, 1]])}, "q_hat: Row 1 holds values that are not finite"),
        ({"behaviour_policy": PI * [[1], [1], [np.nan]]}, "behaviour_policy: Row (1|2) "),
        (
            {"behaviour_policy": np.array([[0.5, 0.5], [-0.5, 1.5], [0.5, 0.5]])},
            "behaviour_policy: Row 1 is not a distr",
        ),
        ({"behaviour_policy": PI}, "behaviour_policy: Row 1 disagrees with the logged propensity"),
        ({"trajectory_ids": [1, 1, 1], "steps": [0, np.nan, 1]}, "steps: 1 rows have none; the first is row 1"),
        ({"trajectory_ids": [1, 1, 1], "steps": ["1", "10", "2"]}, "steps: Numbers or times are needed, not text"),
        ({"trajectory_ids": [1.0, np.nan, 2.0]}, "trajectory_ids: 1 rows have none; the first is row 1"),
        ({"trajectory_ids": ["a", "b", None]}, "trajectory_ids: 1 rows have none; the first is row 2"),
        ({"trajectory_ids": [1, 1, 2], "clusters": [np.nan, np.nan, 2.0]}, "clusters: 2 rows have none"),
        ({"gamma": "a"}, "gamma: gamma is 'a'"),
        ({"gamma": 10**400}, "gamma: gamma is 1000"),
        ({"rewards": [[1.0], [0.0, 1.0], [2.0]]}, "rewards: Numbers are needed"),
        ({"rewards": np.array(["2020-01-01"] * 3, "datetime64[D]")}, "rewards: Numbers are needed, not times"),
        ({"steps": [0, 1]}, "steps: 2 rows for 3 rewards"),
        ({"trajectory_ids": [1, 2, 1], "steps": [0, 0, 0]}, "Row 2 repeats step 0 of trajectory 1"),
        ({"trajectory_ids": [1, 2, 1], "clusters": [5, 5, 6]}, "one changes within an episode"),
    ],
)
def test_bad_arrays(change, message):
    with pytest.raises(InputError, match=message):
        from_arrays(**change)


def test_rows_that_sum_to_one_by_rounding_are_taken_as_they_are():
    log = from_arrays(target_policy=PI * 1.00005)
    assert log.target_propensities == pytest.approx(np.array([0.5, 0.1, 0.8]) * 1.00005, rel=1e-12)


class Column:
    """A vector of another library, such as a tensor: its dtype is not numpy's."""

    dtype = "Float64"

    def __init__(self, values):
        self.values = np.array(values)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


def test_columns_of_other_libraries_are_read_by_what_they_hold():
    log = ope.EvaluationLog(Column([1.0, 0.0]), Column([0.5, 0.5]), Column([0.25, 1.0]))
    assert log.rewards.tolist() == [1.0, 0.0] and log.importance_weights.tolist() == [0.5, 2.0]
    for values, message in (([1j, 0], "Real numbers"), (["2020", "2021"], "not times")):
        column = Column(np.array(values, "datetime64[D]") if values[0] == "2020" else values)
        with pytest.raises(InputError, match=f"rewards: .*{message}"):
            ope.EvaluationLog(column, [0.5, 0.5], [0.5, 0.5])
