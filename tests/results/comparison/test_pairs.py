"""Runs of two sides, paired: the unit, the test, what is too little, and what is lost."""

import json

import numpy as np
import pytest

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.results.comparison.compare import LEAST_PAIRS, compare
from rlbench_rec.results.comparison.text import as_lines
from rlbench_rec.results.schema import RUNS
from rlbench_rec.results.write import write_json, write_table

DROPS = np.array([0.1, 0.2, 0.15, 0.05, 0.25, 0.15])
"""Mean .15, standard deviation .0707, of six: t = 5.196, one-sided p with 5 degrees .00174."""


@pytest.fixture
def shops(run):
    """A row of runs.csv for each replicate of a task, of one policy."""

    def make(values, algorithm="dqn", **cells):
        return [
            run(
                algorithm,
                value,
                **{"task": "recommend-v1", "dataset": "", "estimator": "truth"}
                | {"replicate": number, "seed": number, "dataset_sha256": f"d{number}"}
                | cells,
            )
            for number, value in enumerate(values)
        ]

    return make


@pytest.fixture
def change(frame_of):
    """The only row of a comparison of two lists of runs."""

    def make(old, new, **options):
        (row,) = compare(frame_of(*old), frame_of(*new), **options).rows.to_dict("records")
        return row

    return make


def test_a_drop_in_every_shop_is_shown(shops, change):
    row = change(shops(np.ones(6)), shops(1 - DROPS))
    assert (row["change"], row["pairs"], row["covers"]) == ("worse beyond", 6, "replicates")
    assert row["difference"] == pytest.approx(-0.15)
    assert row["p"] == row["p_adjusted"] == pytest.approx(0.001738, rel=1e-3)
    # t at 95 % with 5 degrees is 2.015; the standard error is .0707 / sqrt(6).
    assert row["margin"] == pytest.approx(2.015 * 0.070711 / np.sqrt(6), rel=1e-3)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-0.15 - row["margin"], -0.15 + row["margin"]))


def test_what_differs_between_shops_cancels(shops, change):
    """The margin of independent boards would be far wider than the drop."""
    levels = np.arange(6) * 10.0
    assert change(shops(levels), shops(levels - DROPS))["change"] == "worse beyond"


def test_more_is_better_but_for_errors_and_costs(shops, change):
    assert change(shops(np.ones(6)), shops(1 + DROPS))["change"] == "better beyond"
    assert change(shops(np.ones(6), metric="lost"), shops(1 + DROPS, metric="lost"))["change"] == "worse beyond"


def test_a_metric_that_is_not_known_here_has_the_direction_of_its_runs(shops, change):
    cells = {"metric": "complaints", "higher_is_better": False}
    assert change(shops(np.ones(6), **cells), shops(1 + DROPS, **cells))["change"] == "worse beyond"


def test_a_change_that_goes_both_ways_is_not_shown(shops, change):
    row = change(shops(np.ones(6)), shops(1 + np.array([0.3, -0.4, 0.2, -0.3, 0.1, -0.1])))
    assert (row["change"], row["pairs"]) == ("worse within", 6)


@pytest.mark.parametrize(("number", "wanted"), [(LEAST_PAIRS - 1, "too few"), (LEAST_PAIRS, "worse beyond")])
def test_below_the_least_number_of_pairs_nothing_is_said(shops, frame_of, number, wanted):
    found = compare(frame_of(*shops(np.ones(number))), frame_of(*shops(1 - DROPS[:number])))
    assert found.counts == {wanted: 1}
    told = "they have 4 replicates at most, and that takes 5 replicates (`replicates` of the suite)"
    assert any(told in note for note in found.notes) is (wanted == "too few")


def test_seeds_and_logs_are_averaged_inside_a_replicate(shops, run, change):
    """Twelve runs of six shops are six pairs."""
    cells = [{"seed": 0, "log": 0}, {"seed": 1, "log": 1}]
    old = [row | cell for cell in cells for row in shops(np.ones(6))]
    new = [row | cell for cell, by in zip(cells, (-0.5, 0.5), strict=True) for row in shops(1 - DROPS + by)]
    row = change(old, new)
    assert row["pairs"] == 6 and row["difference"] == pytest.approx(-0.15)
    assert row["p"] == pytest.approx(0.001738, rel=1e-3)


@pytest.mark.parametrize("column", ["seed", "log"])
def test_runs_of_one_side_alone_do_not_move_the_difference(shops, change, column):
    """The second run of each shop is worth 3, and the new side has none: the first gained .15."""
    old = shops(np.ones(6), seed=0) + shops(np.full(6, 3.0), **{"seed": 0} | {column: 1})
    row = change(old, shops(1 + DROPS, seed=0))
    assert (row["old"], row["new"], row["pairs"], row["lost"]) == (1.0, pytest.approx(1.15), 6, 0)
    assert row["change"] == "better beyond"


@pytest.mark.parametrize("more", ["old", "new"])
def test_replicates_of_one_side_alone_do_not_hide_pairs_of_seeds(run, change, more):
    old = [run(value=1.0, seed=seed) for seed in range(6)]
    new = [run(value=1.0 - drop, seed=seed) for seed, drop in enumerate(DROPS)]
    further = [row | {"replicate": 1} for row in new]
    row = change(old + further, new) if more == "old" else change(old, new + further)
    assert (row["pairs"], row["covers"], row["change"]) == (6, "seeds", "worse beyond")
    assert row["difference"] == pytest.approx(-0.15)


def test_with_one_replicate_seeds_are_the_pairs_and_the_note_says_what_that_covers(run, frame_of):
    old = [run(value=1.0, seed=seed) for seed in range(6)]
    new = [run(value=1.0 - drop, seed=seed) for seed, drop in enumerate(DROPS)]
    found = compare(frame_of(*old), frame_of(*new))
    assert found.rows.loc[0, ["change", "covers"]].tolist() == ["worse beyond", "seeds"]
    assert "another log or shop may say otherwise" in " ".join(found.notes)


def test_rows_that_compete_share_the_five_per_cent(shops, frame_of):
    """p of one is .0017; among 40 rows that do not change for the worse Holm makes .07 of it."""
    noise = np.array([0.3, -0.4, 0.2, -0.3, 0.1, -0.1])
    others = [row for n in range(39) for row in shops(np.ones(6) + n, f"a{n}")]
    same = [row for n in range(39) for row in shops(1 + n + noise + n / 1000 * noise**2, f"a{n}")]
    alone = compare(frame_of(*shops(np.ones(6))), frame_of(*shops(1 - DROPS)))
    among = compare(frame_of(*shops(np.ones(6)), *others), frame_of(*shops(1 - DROPS), *same))
    assert alone.regressed and not among.regressed
    row = among.rows.set_index("algorithm").loc["dqn"]
    assert row["p_adjusted"] == pytest.approx(40 * 0.001738, rel=1e-3)
    # Rows that are the same on both sides have nothing to test.
    assert compare(frame_of(*shops(np.ones(6)), *others), frame_of(*shops(1 - DROPS), *others)).regressed


def test_headline_rows_have_four_fifths_of_the_five_per_cent(shops, frame_of):
    old = shops(np.ones(6)) + shops(np.ones(6), metric="CTR")
    new = shops(1 - DROPS) + shops(1 - DROPS, metric="CTR")
    rows = compare(frame_of(*old), frame_of(*new)).rows.set_index("metric")
    assert rows["headline"].to_dict() == {"reward": True, "CTR": False}
    assert rows.loc["reward", "p_adjusted"] == pytest.approx(0.001738 / 0.8, rel=1e-3)
    assert rows.loc["CTR", "p_adjusted"] == pytest.approx(0.001738 / 0.2, rel=1e-3)


def test_a_best_checkpoint_that_is_the_last_one_is_no_further_hypothesis(shops, frame_of):
    old, new = shops(np.ones(6)), shops(1 - DROPS)
    twice = [frame_of(*rows, *(row | {"variant": "mlp/best/greedy"} for row in rows)) for rows in (old, new)]
    assert compare(*twice).rows["p_adjusted"].tolist() == pytest.approx([0.001738] * 2, rel=1e-3)


@pytest.mark.parametrize(
    ("effect", "wanted"),
    [("10%", "worse beyond"), ("20%", "worse within"), (0.1, "worse beyond"), ("0.2", "worse within")],
)
def test_a_drop_must_be_larger_than_the_least_effect(shops, change, effect, wanted):
    assert change(shops(np.ones(6)), shops(1 - DROPS), min_effect=effect)["change"] == wanted


@pytest.mark.parametrize("effect", ["much", "-1", "nan", "inf%", ""])
def test_an_effect_that_is_none(shops, change, effect):
    with pytest.raises(InputError, match=r"--min-effect: .* is not an effect of 0 or more"):
        change(shops(np.ones(6)), shops(1 - DROPS), min_effect=effect)


def test_runs_that_are_gone_are_missing(shops, frame_of, run):
    old = shops(np.ones(6)) + shops(np.ones(6), "cql")
    failed = old[0] | {"value": np.nan, "status": "failed: killed", "variant": "mlp", "estimator": "", "verdict": ""}
    found = compare(frame_of(*old), frame_of(failed, *old[1:]))
    row = found.rows.iloc[0]
    assert (row["change"], row["lost"], row["pairs"]) == ("missing", 1, 5) and found.regressed


def test_runs_that_were_not_asked_for_are_not_missing(shops, frame_of):
    found = compare(frame_of(*shops(np.ones(8))), frame_of(*shops(np.ones(6))))
    assert found.counts == {"identical": 1} and not found.regressed
    assert "2 runs of the old side were not asked for on the new one" in " ".join(found.notes)


def test_a_whole_place_that_is_gone_is_missing(shops, frame_of):
    old = shops(np.ones(6)) + shops(np.ones(6), task="media-v1")
    assert compare(frame_of(*old), frame_of(*old[:6])).counts == {"missing": 1, "identical": 1}


def test_other_seeds_of_the_same_shops_are_still_pairs_of_shops(shops, change):
    new = [row | {"seed": row["seed"] + 100} for row in shops(1 - DROPS)]
    assert change(shops(np.ones(6)), new)["pairs"] == 6


def test_what_is_not_a_contender_is_not_judged(shops, frame_of):
    for cells in ({"algorithm": "reference"}, {"identification": "not-identified"}, {"verdict": "unreliable"}):
        old, new = (shops(values, **cells) for values in (np.ones(6), 1 - DROPS))
        assert compare(frame_of(*old), frame_of(*new)).counts == {"worse within": 1}


def test_verdicts_that_changed_are_counted(shops, frame_of):
    found = compare(frame_of(*shops(np.ones(6))), frame_of(*shops(np.ones(6), verdict="weak")))
    assert found.verdict_changes == {"trusted -> weak": 1} and not found.regressed
    assert found.to_dict()["verdict_changes"] == {"trusted -> weak": 1}


def test_only_some_rows(shops, frame_of):
    old = shops(np.ones(6)) + shops(np.ones(6), "cql") + shops(np.ones(6), estimator="snips")
    new = shops(1 - DROPS) + shops(np.ones(6), "cql") + shops(1 - DROPS, estimator="snips")
    frames = frame_of(*old), frame_of(*new)
    assert len(compare(*frames).rows) == 3
    # The estimator is named too where the metric is asked for: rows that are valued by their truth.
    for only in (["estimator=truth"], ["metric=truth"]):
        assert compare(*frames, only=only).counts == {"worse beyond": 1, "identical": 1}
    assert compare(*frames, only=["algorithm=c*", "estimator=truth"]).counts == {"identical": 1}
    assert len(compare(*frames, only=["algorithm=cql", "algorithm=dqn"]).rows) == 3
    with pytest.raises(InputError, match=r"No row has the estimator 'truht'\. Did you mean 'truth'\?"):
        compare(*frames, only=["estimator=truht"])
    with pytest.raises(InputError, match=r"Did you mean estimator=snips\?"):
        compare(*frames, only=["variant=snips"])
    with pytest.raises(UnknownNameError, match="Unknown column 'estimatr'"):
        compare(*frames, only=["estimatr=truth"])
    with pytest.raises(InputError, match="'truth' is not column=value"):
        compare(*frames, only=["truth"])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"split_hash": "77"}, "recommend-v1: the rows are of another split"),
        ({"dataset_sha256": "77"}, "recommend-v1: the rows are of other data"),
        ({"task": "recommend-v2"}, "recommend-v1 there and recommend-v2 here: another version of the task"),
    ],
)
def test_what_says_nothing_about_policies_is_refused_unless_it_is_allowed(shops, frame_of, cells, said):
    old, new = shops(np.ones(1)), [row | cells for row in shops(np.ones(1))]
    frames = frame_of(*old), frame_of(*new)
    with pytest.raises(InputError, match=said) as refused:
        compare(*frames)
    assert "--allow-different-data" in str(refused.value)
    assert compare(*frames, allow_different_data=True).rows is not None


def test_other_data_are_refused_where_no_run_has_a_partner_too(shops, frame_of):
    new = [row | {"seed": row["seed"] + 100} for row in shops(np.ones(2))]
    assert compare(frame_of(*shops(np.ones(2))), frame_of(*new)).counts == {"too few": 1}
    other = [row | {"dataset_sha256": "77"} for row in new]
    with pytest.raises(InputError, match="recommend-v1, recommend-v1, replicate 1: the rows are of other data"):
        compare(frame_of(*shops(np.ones(2))), frame_of(*other))


def test_runs_that_do_not_name_their_data_are_told(shops, frame_of):
    frames = [frame_of(*shops(np.ones(1), dataset_sha256=""))] * 2
    assert compare(*frames).unchecked == "old names no data; new names no data"
    assert compare(*frames, allow_different_data=True).unchecked == ""


def test_one_estimate_that_explodes_hides_no_drop_of_another_estimator(shops, frame_of):
    wild = shops(np.full(6, 1e12), "cql", estimator="fqe")
    found = compare(frame_of(*shops(np.ones(6)), *wild), frame_of(*shops(1 - DROPS), *wild))
    assert found.counts == {"worse beyond": 1, "identical": 1}


def test_runs_without_a_seed_are_refused(shops, frame_of):
    frames = frame_of(*shops(np.ones(6))), frame_of(*shops(np.ones(6), seed=None))
    with pytest.raises(InputError, match="new: 6 rows have no 'seed', so it is not known which runs are pairs"):
        compare(*frames)


def test_a_row_is_one_line_whatever_its_name(shops, frame_of):
    found = compare(*(frame_of(*shops(values, "a\nb")) for values in (np.ones(6), 1 - DROPS)))
    first, *_ = as_lines(found).splitlines()
    assert first.startswith("worse beyond   recommend-v1  a b mlp/greedy") and first.endswith("trusted")


def _folder(path, frame, config, commit="c0ffee", cpu="one"):
    path.mkdir()
    write_table(frame, RUNS, path / "runs.csv")
    manifest = {
        "config": config,
        "code": {"package": {"commit": commit, "files": None, "version": "0"}},
        "machine": {"cpu": cpu, "kernels": {}, "processor": "x", "gpu": None},
        "versions": {},
        "python": "3",
        "device": "cpu",
        "plugins": {},
    }
    write_json(manifest, path / "manifest.json")
    return path


@pytest.mark.parametrize(
    ("new", "wanted"),
    [({}, "not repeated"), ({"commit": "beef"}, "too few"), ({"cpu": "another"}, "too few")],
)
def test_one_commit_on_one_machine_must_give_the_same_bytes(shops, frame_of, tmp_path, new, wanted):
    old = _folder(tmp_path / "old", frame_of(*shops([1.0])), {})
    other = _folder(tmp_path / "new", frame_of(*shops([1.0 + 1e-15])), {}, **new)
    found = compare(old, other)
    assert found.counts == {wanted: 1} and found.regressed is (wanted == "not repeated")
    # Other settings may give other bytes.
    reset = _folder(tmp_path / "reset", frame_of(*shops([2.0], config_hash="33")), {}, **new)
    assert compare(old, reset).counts == {"too few": 1}


def test_folders_whose_suites_measure_otherwise_are_refused_and_other_settings_are_told(shops, frame_of, tmp_path):
    old = _folder(tmp_path / "old", frame_of(*shops(np.ones(5))), {"q": "auto", "confidence": 0.95, "steps": 10})
    new = _folder(tmp_path / "new", frame_of(*shops(np.ones(5))), {"q": "linear", "confidence": 0.9, "steps": 20})
    with pytest.raises(InputError, match=r"`q` is auto there and linear here; the suite's `confidence` is 0\.95"):
        compare(old, new)
    assert "settings that differ: steps 10 -> 20" in compare(old, new, allow_different_data=True).notes


def test_packed_runs_are_runs(shops, frame_of, tmp_path):
    import gzip

    old = _folder(tmp_path / "old", frame_of(*shops(np.ones(6))), {})
    new = _folder(tmp_path / "new", frame_of(*shops(1 - DROPS)), {}, commit="beef")
    (new / "runs.csv.gz").write_bytes(gzip.compress((new / "runs.csv").read_bytes()))
    (new / "runs.csv").unlink()
    found = compare(old, new)
    assert found.paired and found.counts == {"worse beyond": 1}
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["paired"] is True
