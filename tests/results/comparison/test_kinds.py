"""Every kind of result table is compared, and what is refused or told of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.comparison.compare import compare
from rlbench_rec.results.comparison.kinds import KINDS
from rlbench_rec.results.schema import ESTIMATES, ESTIMATORS, NORMALISED, SCALE, USEFUL
from rlbench_rec.results.write import write_json, write_table

RESULTS = Path(__file__).resolve().parents[3] / "results"


def _written(path, schema, rows):
    path.parent.mkdir(exist_ok=True)
    write_table(pd.DataFrame(rows, columns=list(schema)), schema, path)
    return path


def _estimates(path, errors):
    """An estimator whose error is so many shares of the behaviour policy's value 2, of two policies, by log."""
    return _written(
        path,
        ESTIMATES,
        [
            {
                "task": "ads-v1",
                "policy": policy,
                "policies": "matched",
                "estimator": "snips",
                "q": "",
                "n_episodes": 1_000,
            }
            | {"log_seed": log, "value": 5.0 + 2 * error, "ci_low": 4.5, "ci_high": 5.5, "true_value": 5.0}
            | {"true_error": 0.0, "behaviour_value": 2.0, "ess": 9.0, "verdict": "trusted", "status": "ok"}
            for log, error in enumerate(errors)
            for policy in ("a", "b")
        ],
    )


def test_estimates_are_paired_by_log(tmp_path):
    old = _estimates(tmp_path / "old" / "estimates.csv", [0.1, 0.2, 0.1, 0.2, 0.1, 0.2])
    new = _estimates(tmp_path / "new" / "estimates.csv", [0.31, 0.38, 0.3, 0.4, 0.29, 0.37])
    found = compare(old.parent, new.parent)
    rows = found.rows.set_index("metric")
    assert rows.loc["mse", ["change", "pairs", "covers"]].tolist() == ["worse beyond", 6, "logs"]
    assert rows.loc["mse", "old"] == pytest.approx((0.01 + 0.04) / 2)
    assert rows.loc["mse", ["estimator", "variant"]].tolist() == ["snips", "1,000 episodes, all policies"]
    # The interval of +-.5 held the truth while the error was at most .25 x 2.
    assert rows.loc["coverage95", ["old", "new", "change"]].tolist() == [1.0, 1.0, "identical"]
    assert compare(new.parent, old.parent).counts == {"better beyond": 1, "identical": 1}


def _estimators(path, **scores):
    names = {"task": "ads-v1", "estimator": "snips", "q": "", "n_episodes": 1_000, "policies": "all", "n_logs": 20}
    numbers = {name: 0.5 for name, (kind, _) in ESTIMATORS.items() if kind == "number"}
    return _written(path, ESTIMATORS, [names | numbers | scores])


def test_scores_of_estimators_have_no_interval_and_are_not_judged(tmp_path):
    old = _estimators(tmp_path / "old" / "estimators.csv", bias=-0.5)
    new = _estimators(tmp_path / "new" / "estimators.csv", rmse=0.9, bias=0.5)
    found = compare(old, new)
    # A bias of the other sign is as large.
    assert found.counts == {"too few": 1, "identical": 4} and not found.regressed
    assert found.rows.loc[0, ["metric", "old", "new"]].tolist() == ["rmse", 0.5, 0.9]


def _normalised(path, truth, estimate, algorithm="dqn"):
    names = {"task": "ads-v1", "algorithm": algorithm, "variant": "mlp/greedy", "n_seeds": 3, "n_replicates": 1}
    names |= {"uncertainty": "seeds", "useful": "", "estimator": "snips", "q": "", "verdict": "weak", "clipped": truth}
    values = {"normalised": truth, "ci_low": truth - 1, "ci_high": truth + 1}
    of_log = {"estimate": estimate, "estimate_low": estimate - 9, "estimate_high": estimate + 9}
    return _written(path, NORMALISED, [names | values | of_log])


def test_normalised_values_truth_and_estimate(tmp_path):
    old, new = (
        _normalised(tmp_path / name / "normalised.csv", *values)
        for name, values in (("old", (60.0, 50.0)), ("new", (50.0, 45.0)))
    )
    found = compare(old, new)
    rows = found.rows.set_index("estimator")
    assert rows["change"].to_dict() == {"truth": "worse beyond", "snips": "worse within"}
    assert (rows["metric"] == "normalised").all() and rows.loc["truth", "margin"] == pytest.approx(2**0.5)


def _useful(path, beats, difference):
    names = {"task": "ads-v1", "algorithm": "dqn", "variant": "mlp/greedy", "metric": "normalised", "n_replicates": 10}
    numbers = {
        "difference": difference,
        "ci_low": difference - 1,
        "ci_high": difference + 1,
        "p": 0.01,
        "detectable": 2.0,
    }
    floor = ["behaviour logged", "constant fixed", "popular-greedy fixed", "mode fixed", "myopic linear/greedy"]
    opponents = [name.split() for name in [*floor, "myopic linear/frontier"]]
    return _written(
        path,
        USEFUL,
        [
            names | numbers | {"opponent": opponent, "opponent_variant": variant, "beats": beats}
            for opponent, variant in opponents
        ],
    )


def test_what_beats_the_floor(tmp_path):
    old, new = _useful(tmp_path / "old" / "useful.csv", True, 5.0), _useful(tmp_path / "new" / "useful.csv", False, 0.5)
    found = compare(old, new)
    assert found.counts == {"worse beyond": 6}
    assert found.verdict_changes == {"beats -> does not beat": 6}
    assert "mlp/greedy over behaviour logged" in set(found.rows["variant"])


def test_usefulness_beside_other_tables_is_told(tmp_path):
    for name, beats in (("old", True), ("new", False)):
        _normalised(tmp_path / name / "normalised.csv", 60.0, 50.0)
        _useful(tmp_path / name / "useful.csv", beats, 5.0)
    found = compare(tmp_path / "old", tmp_path / "new")
    assert found.useful == (("ads-v1", "dqn", "mlp/greedy", "yes", "no"),) and not found.regressed
    assert found.to_dict()["useful_changes"] == [["ads-v1", "dqn", "mlp/greedy", "yes", "no"]]


def test_normalised_values_on_two_scales_are_refused(tmp_path):
    for name, hundred in (("old", 5.0), ("new", 6.0)):
        _normalised(tmp_path / name / "normalised.csv", 60.0, 50.0)
        scale = dict.fromkeys(SCALE) | {"task": "ads-v1", "replicate": 0, "zero": 1.0, "hundred": hundred}
        _written(tmp_path / name / "scale.csv", SCALE, [scale])
    with pytest.raises(InputError, match="ads-v1: the reference policy is worth another value, so 100 is not the same"):
        compare(tmp_path / "old", tmp_path / "new")
    assert compare(tmp_path / "old", tmp_path / "new", allow_different_data=True).counts == {"identical": 2}


@pytest.mark.parametrize("file", ["floor", "ope", "floor/normalised.csv", "choices/leaderboard.csv"])
def test_committed_folders_and_tables_are_the_same_as_themselves(file):
    assert set(compare(RESULTS / file, RESULTS / file).counts) == {"identical"}


def test_files_of_an_older_version_are_named():
    old, *_ = compare(RESULTS / "floor", RESULTS / "floor").notes
    assert "results/floor/runs.csv is of schema version 4; this version of rlbench-rec writes 5" in old


def test_who_compares_leaderboards_beside_runs_is_told_of_pairs():
    file = RESULTS / "floor" / "leaderboard.csv"
    assert any("runs.csv lies beside both" in note for note in compare(file, file).notes)
    assert not any("runs.csv lies beside both" in note for note in compare(file.parent, file.parent).notes)


def test_tables_of_two_kinds_and_other_tables_are_refused(tmp_path):
    normalised = _normalised(tmp_path / "normalised.csv", 1.0, 1.0)
    with pytest.raises(InputError, match="One table is a leaderboard, the other holds normalised values"):
        compare(normalised, RESULTS / "floor" / "leaderboard.csv")
    with pytest.raises(InputError, match=r"Not a table that can be compared\. That can be runs\.csv"):
        compare(normalised, RESULTS / "quick" / "selection.csv")
    with pytest.raises(InputError, match="The folder has no table to compare"):
        compare(RESULTS / "published", RESULTS / "quick")


def test_every_kind_is_known_by_columns_of_its_own():
    for kind in KINDS.values():
        assert kind.known_by <= set(kind.schema)
        assert [other.name for other in KINDS.values() if kind.known_by <= set(other.schema)] == [kind.name]


def test_data_of_leaderboards_is_known_by_manifests(tmp_path):
    for name, digest in (("old", "0"), ("new", "1")):
        _normalised(tmp_path / name / "normalised.csv", 60.0, 50.0)
        write_json({"data_sha256": {"ads-v1": digest}, "card_sha256": {}}, tmp_path / name / "manifest.json")
    with pytest.raises(InputError, match="ads-v1: the rows are of other data"):
        compare(tmp_path / "old", tmp_path / "new")
    assert np.isnan(compare(tmp_path / "old", tmp_path / "new", allow_different_data=True).rows["p"]).all()
