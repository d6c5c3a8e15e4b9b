"""Times in a table: steps in order to the nanosecond, and days by the clock that is meant."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log

NOW = 1_740_323_877_490_449_559


@pytest.fixture
def sessions():
    """200 sessions of three decisions a nanosecond apart, rows shuffled; the reward is the place in the session."""
    rng = np.random.default_rng(0)
    step = np.tile([0, 1, 2], 200)
    frame = pd.DataFrame(
        {
            "episode": np.repeat(np.arange(200), 3),
            "step": NOW + step,
            "reward": step.astype(float),
            "propensity": 0.5,
            "target_propensity": rng.choice([0.4, 0.6], 600),
        }
    )
    return frame.sample(frac=1.0, random_state=1).reset_index(drop=True)


STEPS = {
    "int64": lambda step: step,
    "uint64": lambda step: step.astype("uint64"),
    "a nullable Int64": lambda step: step.astype("Int64"),
    "text": lambda step: step.astype(str),
    "text with blanks and signs": lambda step: " +" + step.astype(str),
    "decimal seconds": lambda step: (step // 10**9).astype(str) + "." + (step % 10**9).astype(str).str.zfill(9),
    "decimals": lambda step: step.map(lambda one: decimal.Decimal(one) / 10**9),
    "ISO text": lambda step: pd.to_datetime(step).astype(str) + "Z",
    "times": lambda step: pd.to_datetime(step),
    "times of a zone": lambda step: pd.to_datetime(step).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    "durations": lambda step: pd.to_timedelta(step),
}


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [(kind, suffix) for kind in STEPS for suffix in (".csv", ".parquet") if (kind, suffix) != ("durations", ".csv")],
)
def test_nanoseconds_stay_apart(tmp_path, sessions, kind, suffix):
    path = tmp_path / f"log{suffix}"
    sessions["step"] = STEPS[kind](sessions["step"])
    sessions.to_csv(path, index=False) if suffix == ".csv" else sessions.to_parquet(path)
    log = read_log(path).log
    assert log.rewards.reshape(200, 3).tolist() == [[0, 1, 2]] * 200
    assert ope.estimate(log, "snips", interval="none").n_episodes == 200


def test_floats_in_which_they_run_together_are_refused(tmp_path, sessions):
    sessions["step"] = sessions["step"].astype(float)
    sessions.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(InputError, match="nanoseconds run together: store whole numbers"):
        read_log(tmp_path / "log.parquet")


@pytest.mark.parametrize(
    ("value", "words"), [(None, "missing"), ("NULL", "missing"), ("soon", "neither a number nor a time")]
)
def test_a_step_must_be_there(tmp_path, sessions, value, words):
    sessions["step"] = sessions["step"].astype(object)
    sessions.loc[4, "step"] = value
    sessions.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(InputError, match=f"column 'step': a value is {words}, in line 6"):
        read_log(tmp_path / "log.csv")
    sessions["step"] = pd.Series([None, *range(599)], dtype="Int64")
    sessions.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(InputError, match="column 'step': a value is missing, in row 0"):
        read_log(tmp_path / "log.parquet")


def write(tmp_path, times, suffix=".csv"):
    frame = pd.DataFrame({"time": times, "reward": 1.0, "propensity": 0.5, "target_propensity": 0.5})
    path = tmp_path / f"log{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    return path


LATE, EARLY = "2025-03-01T23:30:00", "2025-03-02T00:30:00"


@pytest.mark.parametrize(
    ("times", "timezone", "days", "words"),
    [
        ([LATE, EARLY], None, [1, 2], "as written"),
        ([LATE + "Z", EARLY + "+00:00"], None, [1, 2], "of UTC"),
        ([LATE + "-05:00", EARLY + "-05:00"], None, [1, 2], "-05:00"),
        ([LATE + "+0200", EARLY + "+01"], None, [1, 2], "+01, +0200"),
        ([LATE + "-05:00", EARLY + "-05:00"], "UTC", [2, 2], "the clock of UTC"),
        ([LATE + "Z", EARLY + "Z"], "Europe/Berlin", [2, 2], "the clock of Europe/Berlin"),
        ([LATE + "Z", EARLY + "Z"], "-01:00", [1, 1], "the clock of -01:00"),
        ([LATE + "Z", EARLY + "Z"], "UTC+5:30", [2, 2], "UTC+5:30"),
        ([LATE, EARLY], "+02:00", [2, 2], "without an offset are taken as UTC"),
        (["2025-03-01 23:30:00.123456789+02", "20250302T003000Z"], None, [1, 2], "+02, UTC"),
        (["2025-03-01", "2025-03-02"], None, [1, 2], None),
    ],
)
def test_days_by_the_clock_that_is_meant(tmp_path, times, timezone, days, words):
    read = read_log(write(tmp_path, times), by="time", timezone=timezone)
    assert read.slices.tolist() == [f"2025-03-0{day}" for day in days] and read.days == len(set(days))
    told = [note for note in read.notes if note.startswith("Days of 'time'")]
    assert words in told[0] if words else not told


def test_days_of_parquet_are_those_of_its_zone(tmp_path):
    times = pd.DatetimeIndex([LATE, EARLY])
    naive = read_log(write(tmp_path, times, ".parquet"), by="time")
    assert naive.slices.tolist() == ["2025-03-01", "2025-03-02"] and "as written" in naive.notes[0]
    shop = times.tz_localize("America/New_York")
    own = read_log(write(tmp_path, shop, ".parquet"), by="time")
    assert own.slices.tolist() == ["2025-03-01", "2025-03-02"] and "America/New_York" in own.notes[0]
    moved = read_log(write(tmp_path, shop, ".parquet"), by="time", timezone="UTC")
    assert moved.slices.tolist() == ["2025-03-02", "2025-03-02"] and moved.days == 1
    dates = read_log(write(tmp_path, times.date, ".parquet"), by="time")
    assert dates.slices.tolist() == ["2025-03-01", "2025-03-02"] and not dates.notes and dates.days == 2


def test_a_clock_change_belongs_to_its_day(tmp_path):
    # Berlin's clock goes from 02:00 to 03:00: 23:30 UTC is 00:30 before and 01:30 after.
    times = ["2025-03-29T22:30:00Z", "2025-03-29T23:30:00Z", "2025-03-30T21:30:00Z", "2025-03-30T22:30:00Z"]
    read = read_log(write(tmp_path, times), by="time", timezone="Europe/Berlin")
    assert read.slices.tolist() == ["2025-03-29", "2025-03-30", "2025-03-30", "2025-03-31"]


@pytest.mark.parametrize(
    ("times", "timezone", "words"),
    [
        ([LATE, EARLY], "Mars/Olympus", "There is no time zone 'Mars/Olympus'"),
        ([LATE, EARLY], "+99:00", "There is no time zone"),
        ([LATE, EARLY], "../etc/passwd", "There is no time zone"),
        (["2025-03-01", "2025-03-02"], "UTC", "These are dates"),
        (["phone", "desk"], "UTC", "These are not times"),
        ([1, 2], "UTC", "These are not times"),
    ],
)
def test_time_zones_that_cannot_be_used(tmp_path, times, timezone, words):
    with pytest.raises(InputError, match=words):
        read_log(write(tmp_path, times), by="time", timezone=timezone)


def test_a_time_zone_without_times_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing is sliced"):
        read_log(write(tmp_path, [LATE]), timezone="UTC")


def test_large_whole_numbers_are_slices_of_their_own(tmp_path):
    big = [9007199254740993, 9007199254740992]
    for suffix in (".csv", ".parquet"):
        assert read_log(write(tmp_path, big, suffix), by="time").slices.tolist() == big


@pytest.mark.parametrize("ending", [" UTC", " GMT", "UTC", " utc"])
def test_times_that_say_utc_in_letters(tmp_path, ending):
    times = [f"2025-03-0{day} 23:30:00.5{ending}" for day in (1, 1, 2)]
    frame = pd.DataFrame({"reward": 1.0, "propensity": 0.5, "target_propensity": 0.5, "time": times})
    frame.to_csv(tmp_path / "log.csv", index=False)
    read = read_log(tmp_path / "log.csv", by="time")
    assert read.slices.tolist() == ["2025-03-01", "2025-03-01", "2025-03-02"] and "of UTC" in read.notes[0]
    moved = read_log(tmp_path / "log.csv", by="time", timezone="Europe/Berlin")
    assert moved.slices.tolist() == ["2025-03-02", "2025-03-02", "2025-03-03"]
    frame.assign(episode=[1, 1, 2], step=times[::2] + times[:1]).to_csv(tmp_path / "log.csv", index=False)
    assert read_log(tmp_path / "log.csv").log.n_episodes == 2


LABELS = {
    "months": (["2025-03", "2025-04"], ["2025-03", "2025-04"]),
    "padded numbers": (["01", "02"], ["01", "02"]),
    "numbers": (["10", "9"], [10, 9]),
    "negative and broken": (["-1.5", "2"], [-1.5, 2.0]),
    "truth": (["true", "false"], ["true", "false"]),
    "yes and no": (["yes", "no"], ["yes", "no"]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_slices_are_called_what_the_table_calls_them(tmp_path, kind):
    written, labels = LABELS[kind]
    frame = pd.DataFrame({"reward": 1.0, "propensity": 0.5, "target_propensity": 0.5, "seg": written})
    frame.to_csv(tmp_path / "log.csv", index=False)
    read = read_log(tmp_path / "log.csv", by="seg")
    assert read.slices.tolist() == labels and read.days is None
    frame.assign(seg=[True, False]).to_parquet(tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet", by="seg").slices.tolist() == ["True", "False"]


@pytest.mark.parametrize("options", [{"by": "seg", "timezone": "UTC"}, {"columns": {"episode": "seg", "step": "time"}}])
def test_other_times_are_told_how_to_be_written(tmp_path, options):
    frame = pd.DataFrame({"reward": 1.0, "propensity": 0.5, "target_propensity": 0.5, "seg": ["a", "a"]})
    frame.assign(time=["03/01/2025 10:00", "03/02/2025 10:00"]).to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(InputError, match="Write times as 2025-03-01T10:00:00Z"):
        read_log(tmp_path / "log.csv", **options)
