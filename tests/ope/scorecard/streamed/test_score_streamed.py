"""A log that is read in parts has the scorecard of a log that is read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import Report, guardrail, read_log, record, score, score_streamed

from .conftest import shop_log, write_parts

ALONE = {"user": "none", "episode": "none", "step": "none", "decision": "none"}
USERS = {"episode": "none", "step": "none", "decision": "none"}
CASES = {
    "rows by themselves": (ALONE, {}),
    "users": (USERS, {}),
    "users and decisions": ({"episode": "none", "step": "none"}, {}),
    "sessions": ({"user": "none", "decision": "none", "step": "none"}, {"gamma": 0.9}),
    "sessions, decisions and users": ({}, {"gamma": 0.9}),
    "decisions": ({"user": "none", "episode": "none", "step": "none"}, {}),
    "importance weights": (USERS | {"weights": "ratio"}, {}),
    "a thinned log": ({"weight": "kept", "q": "none", "v": "none"}, {}),
    "a mixture": (USERS | {"q": None, "v": None}, {"form": "mixed-0.3"}),
    "a known range": (ALONE, {"reward_range": (0.0, 2.0)}),
}


def rails() -> dict:
    return dict(map(guardrail, ("revenue:5%", "reward:0.01")))


def both(path: Path, columns: Mapping[str, str | None], **options) -> tuple[Report, Report]:
    """The scorecards of a log that is read whole, and in parts of some 700 rows."""
    columns, goal = dict(columns), {"guardrails": rails(), "min_lift": 0.001}
    whole = score(read_log(path, columns, metrics=["revenue"], **options), interval="normal", **goal)
    return whole, score_streamed(path, columns, metrics=["revenue"], rows=700, **goal, **options)


def assert_same(found: object, expected: object, where: str = "") -> None:
    """Equal but for the last digits of numbers; those that are differences of larger ones, by these."""
    if isinstance(expected, dict):
        assert isinstance(found, dict) and found.keys() == expected.keys(), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for number, pair in enumerate(zip(found, expected, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), where
    else:
        assert found == expected, where


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_figure_is_that_of_the_whole_log(parts, case, seed):
    columns, options = CASES[case]
    whole, in_parts = both(parts(shop_log(3_000, seed)), columns, **options)
    expected, found = record(whole), record(in_parts)
    for each in (expected, found):
        # z of a sum of weights near its expectation, p of either, and what parts do not look at.
        for rail in each["guardrails"]:
            rail["p_holds"], rail["p_broken"] = float(f"{rail['p_holds']:.9g}"), float(f"{rail['p_broken']:.9g}")
        del each["confounding"]
        each["log"]["notes"] = [note for note in each["log"]["notes"] if "read in parts" not in note]
    assert_same(found, expected)
    assert in_parts.bands == () and np.isnan(in_parts.breaking_factor)


def test_a_trusted_lift_is_found_and_its_sign_decides(parts):
    folder = parts(shop_log(20_000))
    whole, in_parts = both(folder, USERS)
    assert in_parts.decision == whole.decision and in_parts.decision.outcome == "better"
    cost = score_streamed(folder, USERS, lower_is_better=True, rows=4_000)
    assert cost.decision.exit_code == 1
    assert score_streamed(folder, USERS, min_lift=9.0, rows=4_000).decision.exit_code == 3


def test_policies_that_do_not_differ_have_a_lift_of_0_and_no_error(parts):
    frame = shop_log().assign(target_propensity=lambda log: log.propensity)
    lift = score_streamed(parts(frame), USERS, ["snips"], rows=1_000).reward.scores[0].lift
    assert (lift.value, lift.std_error, lift.ci_low, lift.ci_high) == (0, 0, 0, 0)


def test_the_size_of_the_parts_changes_nothing_but_rounding(parts):
    folder = parts(shop_log())
    one, several = (record(score_streamed(folder, rows=rows)) for rows in (10**9, 700))
    assert_same(several, one)


def test_one_file_folders_named_by_day_and_categories(tmp_path):
    frame = shop_log().assign(user=lambda log: log.user.astype("category"))
    frame.to_parquet(tmp_path / "log.parquet", index=False)
    for day, of_day in frame.groupby(frame.step % 2):
        write_parts(of_day, tmp_path / f"day={day}")
    (tmp_path / "days").mkdir()
    for day in (0, 1):
        (tmp_path / f"day={day}").rename(tmp_path / "days" / f"day={day}")
    one = score_streamed(tmp_path / "log.parquet", USERS, rows=1_000)
    days = score_streamed(tmp_path / "days", USERS | {"user": "day"}, rows=1_000)
    assert one.table.size.users == score(read_log(tmp_path / "log.parquet", USERS), interval="normal").log.n_units
    assert days.table.size.users == 2
    assert days.reward.behaviour.value == pytest.approx(one.reward.behaviour.value, rel=1e-12)


def test_temporary_files_vanish_also_when_it_is_interrupted(parts, tmp_path):
    folder, seen = parts(shop_log()), []

    def interrupt(what: str, done: int, total: int) -> None:
        seen.append(sum(path.is_file() for path in tmp_path.rglob(".*/*")))
        if what == "parts":
            raise KeyboardInterrupt

    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        score_streamed(folder, rows=1_000, scratch=tmp_path / "out.json", progress=interrupt)
    assert max(seen) > 0 and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("columns", "options", "expected"),
    [
        ({}, {"estimators": ["magic"]}, "'magic' needs the whole log at once"),
        ({}, {"estimators": ["ips-clip:slope"]}, "is chosen from the whole log"),
        ({"scores": "a", "base": "b", "action": "step"}, {"form": "constrained-0.5"}, "lists over all actions"),
        ({}, {"metrics": ["revenue"], "guardrails": {"reward/revenue": None}}, "a ratio needs the whole log"),
        ({}, {"metrics": ["reward"]}, "metrics: It is the reward already"),
        ({}, {"min_lift": -1.0}, "min_lift: -1; it must be 0 or more"),
        ({}, {"rows": 0}, "rows: 0; 1 or more are needed"),
        ({"weights": "ratio"}, {"propensity_source": "estimated"}, "Fitted weights move together"),
    ],
)
def test_what_needs_the_whole_log_is_refused(parts, columns, options, expected):
    with pytest.raises(InputError, match=expected):
        score_streamed(parts(shop_log(600).assign(a=1, b=1)), columns, **options)


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes(tmp_path, monkeypatch):
    """Its workers are in other folders than this process."""
    ray = pytest.importorskip("ray")
    monkeypatch.chdir(tmp_path)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        folder = write_parts(shop_log(), Path("log"))
        for columns in (ALONE, {}):
            options = {"metrics": ["revenue"], "rows": 1_500, "scratch": "out.json"}
            one = json.dumps(record(score_streamed(folder, columns, **options)))
            assert json.dumps(record(score_streamed(folder, columns, ray="local", **options))) == one
        shop_log(10).assign(reward=np.nan).to_parquet(folder / "z.parquet", index=False)
        with pytest.raises(InputError, match=r"the first in z.parquet, row 0"):
            score_streamed(folder, ALONE, ray="local", rows=1_500)
    finally:
        ray.shutdown()
