"""A log that holds decisions several times says so, and counts each once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log


@pytest.fixture
def frame():
    """600 decisions with an id, a user and a time each."""
    rng = np.random.default_rng(0)
    logging, evaluated = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, 600, p=logging)
    return pd.DataFrame(
        {
            "decision_id": [f"d{at:04}" for at in range(600)],
            "ts": pd.Timestamp("2025-03-01") + pd.to_timedelta(np.arange(600), unit="min"),
            "user": rng.integers(0, 90, 600),
            "item": items,
            "reward": (rng.random(600) < 0.3).astype(float),
            "propensity": logging[items],
            "target_propensity": evaluated[items],
        }
    )


def read(tmp_path, frame, *arguments, suffix=".csv", **options):
    path = tmp_path / f"log{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    return read_log(path, *arguments, **options)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["decision_id", "event_id", "EventId", "requestId", "Impression ID", "key"])
def test_decisions_that_repeat_are_counted_once_and_said(tmp_path, frame, suffix, name):
    frame = frame.rename(columns={"decision_id": name})
    columns = {"decision": name} if name == "key" else {}
    many = pd.concat([frame, frame.sample(frac=1.0, random_state=0), frame[:100]])
    once, often = (read(tmp_path, each, columns, suffix=suffix) for each in (frame, many))
    assert ope.lift(once.log, n_resamples=200) == ope.lift(often.log, n_resamples=200)
    assert not once.notes and "700 rows" in often.notes[0] and f"'{name}'" in often.notes[0]
    kept = read(tmp_path, many, {"decision": "none"}, suffix=suffix)
    assert kept.log.n_rows == 1_300


def test_rows_that_disagree_are_refused_with_column_and_line(tmp_path, frame):
    many = pd.concat([frame, frame[:3].assign(reward=[0.0, 1.0, 0.5])])
    bad = int(np.argmax(many["reward"][600:].to_numpy() != frame["reward"][:3].to_numpy())) + 602
    with pytest.raises(
        InputError, match=f"column 'reward': .* unlike an earlier one of the same 'decision_id', .* line {bad}"
    ):
        read(tmp_path, many)
    # What is not read may differ: a time of delivery, say.
    assert read(tmp_path, pd.concat([frame, frame.assign(ts="later")])).log.n_rows == 600


def test_a_bad_value_behind_a_repeat_is_named_by_its_line_in_the_file(tmp_path, frame):
    many = pd.concat([frame[:10], frame[:10], frame[10:20].assign(reward=np.nan)])
    with pytest.raises(InputError, match=r"column 'reward': 10 values .* line 22"):
        read(tmp_path, many)


def test_rows_without_an_id_are_decisions_of_their_own(tmp_path, frame):
    frame.loc[:99, "decision_id"] = [None, "NULL"] * 50
    found = read(tmp_path, pd.concat([frame, frame]))
    assert found.log.n_rows == 700 and "200 rows have no 'decision_id'" in found.notes[0]


def test_positions_of_one_event_are_no_repeats(tmp_path, frame):
    slates = frame.rename(columns={"decision_id": "request_id"}).assign(request_id=np.arange(600) // 3)
    found = read(tmp_path, slates)
    assert found.log.n_rows == 600
    assert (
        found.notes[0].startswith("400 rows repeat the 'request_id' of an earlier one with other")
        and "--episode" in found.notes[0]
    )
    assert not read(tmp_path, slates, {"decision": "none"}).notes
    with pytest.raises(InputError, match="Where a decision has several rows"):
        read(tmp_path, slates, {"decision": "request_id"})


def test_an_id_that_is_delivered_twice_at_other_times(tmp_path, frame):
    frame = frame.rename(columns={"decision_id": "event_id"})
    many = pd.concat([frame, frame[:300].assign(ts="later"), frame[100:150]])
    once, often = (read(tmp_path, each) for each in (frame, many))
    assert ope.lift(once.log, n_resamples=100) == ope.lift(often.log, n_resamples=100)
    assert often.notes == (
        "350 rows repeat the 'event_id' of an earlier one with the same values; each is counted once.",
    )


@pytest.mark.parametrize("change", [{"user": 1_000}, {"reward": 2.0}])
def test_an_id_that_repeats_with_other_values_is_asked_about(tmp_path, frame, change):
    many = pd.concat([frame, frame[:100].assign(**change), frame[100:150]]).rename(columns={"decision_id": "uuid"})
    found = read(tmp_path, many)
    assert found.log.n_rows == 700 and "50 rows equal an earlier one" in found.notes[0]
    assert (
        "100 rows repeat the 'uuid' of an earlier one with other" in found.notes[1]
        and "--decision uuid" in found.notes[1]
    )


def test_copies_without_an_id_are_named_but_kept(tmp_path, frame):
    many = pd.concat([frame, frame[:50]]).drop(columns="decision_id")
    found = read(tmp_path, many)
    assert found.log.n_rows == 650
    assert "50 rows equal an earlier one in every column" in found.notes[0] and "--decision" in found.notes[0]
    assert not read(tmp_path, many.drop(columns="ts")).notes


def test_sessions_that_are_there_twice(tmp_path, frame):
    frame = frame.assign(episode=np.arange(600) // 3, step=np.tile([0, 1, 2], 200), user=np.arange(600) // 3)
    once, often = (read(tmp_path, each) for each in (frame, pd.concat([frame, frame])))
    assert often.log.n_episodes == once.log.n_episodes == 200
    with pytest.raises(InputError, match=r"a repeat within its 'episode'.* --decision"):
        read(tmp_path, pd.concat([frame, frame]).drop(columns="decision_id"))


@pytest.mark.parametrize("times", [2, 3])
def test_a_table_that_is_wholly_doubled_is_named(tmp_path, frame, times):
    frame = frame.drop(columns=["decision_id", "ts", "user"]).assign(x=np.arange(600) % 50)
    assert not read(tmp_path, frame).notes
    many = read(tmp_path, pd.concat([frame] * times))
    assert many.log.n_rows == 600 * times and f"Every row occurs {times} times" in many.notes[0]
    assert not read(tmp_path, pd.concat([frame] * times), {"decision": "none"}).notes
    assert not read(tmp_path, pd.concat([frame] * times)[:-1]).notes
