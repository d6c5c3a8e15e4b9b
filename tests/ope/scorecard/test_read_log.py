"""Tables of logged decisions: what is read, and what is refused with the column and the line."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.ope import propensity
from rlbench_rec.ope.scorecard import read_log
from rlbench_rec.ope.scorecard.column_values import Values
from rlbench_rec.ope.scorecard.row_file import TableFile

HEAD = "reward,propensity,target_propensity"


def write(tmp_path, text: str, name: str = "log.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def refusal(path, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_log(path, *arguments, **options)
    return str(caught.value)


def test_the_three_columns_are_enough(tmp_path):
    read = read_log(write(tmp_path, f"{HEAD}\n1,0.5,0.25\n0,0.25,1\n"))
    np.testing.assert_array_equal(read.log.rewards, [1, 0])
    np.testing.assert_array_equal(read.log.importance_weights, [0.5, 4])
    assert read.log.one_step and read.log.propensity_source == "logged" and read.notes == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_bom_quotes_blank_lines_and_words_for_truth(tmp_path, delimiter):
    text = f'\ufeff"reward",propensity,target_propensity,"a{delimiter}b"\n\ntrue,0.5,1e-3,"x\ny"\nfalse,0.5,1,z\n\n'
    read = read_log(write(tmp_path, text.replace(",", delimiter)))
    np.testing.assert_array_equal(read.log.rewards, [1, 0])
    np.testing.assert_array_equal(read.log.target_propensities, [1e-3, 1])


def test_parquet_folders_and_gzip_say_the_same_as_csv(tmp_path):
    text = f"{HEAD},user\n1,0.5,0.25,9007199254740993\n0,0.25,1,9007199254740992\n"
    plain = read_log(write(tmp_path, text))
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "parts").mkdir()
    frame = pd.DataFrame(
        {
            "reward": [True, False],
            "propensity": np.float32([0.5, 0.25]),
            "target_propensity": [0.25, 1.0],
            "user": [9007199254740993, 9007199254740992],
        }
    )
    frame[:1].to_parquet(tmp_path / "parts" / "a.parquet")
    frame[1:].to_parquet(tmp_path / "parts" / "b.parquet")
    for path in (tmp_path / "log.csv.gz", tmp_path / "parts"):
        other = read_log(path)
        np.testing.assert_array_equal(other.log.importance_weights, plain.log.importance_weights)
        np.testing.assert_array_equal(other.log.rewards, plain.log.rewards)
    # Two users, though their numbers are one as floats.
    assert plain.log.clusters.tolist() == other.log.clusters.tolist() == [0, 1]


def test_sessions_in_any_row_order_with_numbers_or_times_as_steps(tmp_path):
    rows = ["1,0.5,1,a,2024-01-01 10:00:00,NA", "2,0.5,1,b,2024-01-01 00:00:00,u", "4,0.5,1,a,2024-01-01T09:00:00,NA"]
    read = read_log(write(tmp_path, "\n".join([f"{HEAD},episode,step,user", *rows])), gamma=0.5)
    np.testing.assert_array_equal(read.log.rewards, [4, 1, 2])
    np.testing.assert_array_equal(read.log.episode_starts, [0, 2])
    assert read.log.clusters.tolist() == [1, 0] and read.log.gamma == 0.5
    left_out = read_log(tmp_path / "log.csv", {"episode": "none", "user": "none"})
    assert left_out.log.one_step and left_out.log.clusters is None


def test_optional_columns_metrics_and_other_names(tmp_path):
    text = "r,p,e,qq,vv,unsupported_mass,clicks\n1,0.5,0.5,0.1,0.2,0.05,3\n"
    columns = {"reward": "r", "propensity": "p", "target_propensity": "e", "q": "qq", "v": "vv"}
    read = read_log(write(tmp_path, text), columns, metrics=["clicks"], reward_range=(0, 1))
    assert (read.log.q_logged[0], read.log.v_target[0], read.log.metrics[0, 0]) == (0.1, 0.2, 3)
    assert read.log.unsupported_mass[0] == 0.05 and read.columns["q"] == "qq" and read.metrics == ("clicks",)


def test_a_probability_in_single_precision_may_end_above_1(tmp_path):
    assert read_log(write(tmp_path, f"{HEAD}\n1,1.0000001,1.0000001\n")).log.propensities[0] == 1


def test_likely_columns_are_asked_about_but_not_taken(tmp_path):
    read = read_log(write(tmp_path, f"{HEAD},user_id,session_id\n1,1,1,7,8\n"))
    assert len(read.notes) == 2 and "--user user_id" in read.notes[1] and "--episode session_id" in read.notes[0]
    assert read.log.clusters is None
    read = read_log(write(tmp_path, f"{HEAD},step\n1,1,1,0\n"))
    assert "no episode" in read.notes[0]


@pytest.mark.parametrize(
    ("text", "column", "line", "words"),
    [
        (f"{HEAD}\n1,0.5,1\n\n1,1.5,1\n1,2,1\n", "propensity", 4, "2 values are outside (0, 1]"),
        (f"{HEAD}\n1,0.5,1\n1,50,1\n", "propensity", 3, "Percent"),
        (f"{HEAD}\n1,-0.5,1\n1,-1.5,1\n", "propensity", 2, "logarithms"),
        (f"{HEAD}\n1,0,1\n", "propensity", 2, "*logged* action"),
        (f"{HEAD}\n1,0.5,1\n,0.5,1\n", "reward", 3, "Where nothing was earned, write 0."),
        (f"{HEAD}\n1,0.5,1\nNaN,0.5,1\n", "reward", 3, "missing"),
        (f"{HEAD}\n1,0.5,inf\n", "target_propensity", 2, "not a finite number"),
        (f'{HEAD},note\n1,0.5,1,"two\nlines"\nabc,0.5,1,x\n', "reward", 4, "'abc'"),
        (f"{HEAD}\n1,0.5,-0.1\n", "target_propensity", 2, "outside [0, 1]"),
        (f"{HEAD}\n1,0.5,1.1\n", "target_propensity", 2, "outside [0, 1]"),
        (f"{HEAD},episode,step\n1,1,1,a,1\n1,1,1,b,1\n1,1,1,a,1\n", "step", 4, "repeat within its 'episode'"),
        (f"{HEAD},episode,step\n1,1,1,a,1\n1,1,1,,2\n", "episode", 3, "missing"),
        (f"{HEAD},episode,step\n1,1,1,a,soon\n", "step", 2, "neither a number nor a time"),
        (f"{HEAD},episode,user\n1,1,1,a,u\n1,1,1,a,w\n", "user", 3, "another than elsewhere"),
        ("reward;propensity;target_propensity\n1;0,5;1\n", "propensity", 2, "decimals with a point"),
    ],
)
def test_a_bad_value_is_named_by_column_and_line(tmp_path, text, column, line, words):
    message = refusal(write(tmp_path, text))
    assert f"log.csv, column '{column}'" in message and f"line {line} " in f"{message.replace('.', ' ')} "
    assert words in message


def test_a_reward_beyond_its_range_is_named_by_line_whatever_the_order_of_rows(tmp_path):
    text = f"{HEAD},episode,step\n1,1,1,b,2\n0,1,1,b,1\n-1,1,1,a,1\n"
    with pytest.raises(InputError, match=r"column 'reward': a value is outside the reward range \[0, 1\], in line 4"):
        read_log(write(tmp_path, text), reward_range=(0, 1))
    assert read_log(write(tmp_path, text), reward_range=(-1, 1)).log.reward_range == (-1, 1)


def test_a_bad_row_of_parquet_is_named_by_its_number(tmp_path):
    frame = pd.DataFrame({"reward": [1.0, None], "propensity": [0.5, 0.5], "target_propensity": [1.0, 1.0]})
    frame.to_parquet(tmp_path / "log.parquet")
    assert "column 'reward': a value is missing or not a finite number, in row 1 (the first is 0)" in refusal(
        tmp_path / "log.parquet"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (f"{HEAD}\n", "no rows"),
        ("reward,pscore,target_propensity\n1,1,1\n", "Is it --propensity pscore?"),
        ("reward,propensity\n1,1\n", "There is no column 'target_propensity'"),
        ("1,0.5,0.5\n0,0.5,0.5\n", "The first line must hold the names"),
        (f"{HEAD}\n1,0.5,1\n1,0.5,1,7\n", "Line 3 has 4 cells where the header has 3"),
        (f"{HEAD}\n1,0.5,1\n1,0.5\n", "Line 3 has 2 cells where the header has 3"),
        ("PK\x03\x04", "zip or Excel"),
        ("PAR1", "cannot be read as Parquet"),
    ],
)
def test_a_bad_file_is_told(tmp_path, text, words):
    assert words in refusal(write(tmp_path, text))


def test_bad_names(tmp_path):
    path = write(tmp_path, f"{HEAD}\n1,0.5,1\n")
    assert "There is no column 'clicks'" in refusal(path, metrics=["clicks"])
    assert "There is no column 'x'" in refusal(path, {"q": "x", "v": "y"})
    assert "q and v belong together" in refusal(path, {"q": "reward"})
    assert "no part 'rewards'" in refusal(path, {"rewards": "reward"})
    assert "UTF-8" in refusal(write(tmp_path, "", "x.csv").write_bytes(b"reward;\xe9\n1;2\n") and tmp_path / "x.csv")
    with pytest.raises(MissingFileError):
        read_log(tmp_path / "nowhere.csv")


def test_propensities_of_a_thinned_table_of_sessions(tmp_path, monkeypatch):
    """Rows of a session, or of a user, are in one fold; the model is that of the whole log."""
    rng = np.random.default_rng(0)
    n = 3_000
    action = rng.random(n) < 0.8
    kept = ~action | (rng.random(n) < 0.25)
    frame = pd.DataFrame(
        {
            "reward": 1.0,
            "action": np.where(action, "b", "a"),
            "segment": rng.random(n),
            "episode": np.arange(n) // 3,
            "user": np.where(np.arange(n) // 3 % 2 == 0, "", (np.arange(n) // 30).astype(str)),
            "weight": np.where(action, 4.0, 1.0),
            "target_propensity": 0.5,
        }
    )[kept]
    frame["weight"] = frame.groupby("episode")["weight"].transform("first")
    seen = []
    whole = propensity.estimate_propensities

    def spy(*given, users, **settings):
        seen.append(users)
        return whole(*given, users=users, **settings)

    monkeypatch.setattr(propensity, "estimate_propensities", spy)
    frame.to_csv(tmp_path / "log.csv", index=False)
    read = read_log(tmp_path / "log.csv", {"weight": "weight"}, features=["segment"])
    (units,) = seen
    assert len(set(zip(frame["episode"], units, strict=True))) == frame["episode"].nunique()
    named = frame["user"] != ""
    assert len(set(zip(frame["user"][named], units[named], strict=True))) == frame["user"][named].nunique()
    assert len(np.unique(units)) == frame["user"][named].nunique() + frame["episode"][~named].nunique()
    assert np.array_equal(read.log.episode_weights, frame.groupby("episode", sort=False)["weight"].first())


def test_propensities_are_estimated_from_features(tmp_path):
    rng = np.random.default_rng(0)
    segment = rng.integers(0, 2, 2_000)
    chance = np.where(segment == 1, 0.8, 0.3)
    action = rng.random(2_000) < chance
    frame = pd.DataFrame(
        {
            "reward": action * 1.0,
            "action": np.where(action, "b", "a"),
            "segment": np.where(segment == 1, "new", "old"),
            "user": rng.integers(0, 400, 2_000),
            "target_propensity": 0.5,
        }
    )
    frame.to_csv(tmp_path / "log.csv", index=False)
    read = read_log(tmp_path / "log.csv", features=["segment"])
    assert read.log.propensity_source == "estimated" and read.log.calibration_error < 0.05
    np.testing.assert_allclose(read.log.propensities, np.where(action, chance, 1 - chance), atol=0.05)
    assert read.propensities.log_loss < read.propensities.baseline_log_loss
    frame["segment"] = np.arange(2_000).astype(str) + "x"
    frame.to_csv(tmp_path / "log.csv", index=False)
    assert "2,000 different names" in refusal(tmp_path / "log.csv", features=["segment"])


@pytest.mark.parametrize(
    ("names", "columns"), [(["x", "y"], 2), (["t", "m", "f"], 3), (["yes", "no"], 1), (["1", "2"], 1)]
)
def test_names_of_which_some_are_words_for_truth_are_names(tmp_path, names, columns):
    frame = pd.DataFrame({"segment": [names[k % len(names)] for k in range(60)]})
    frame.to_parquet(tmp_path / "log.parquet")
    values = Values(TableFile(tmp_path / "log.parquet"), pa.Table.from_pandas(frame))
    assert values.feature("segment").shape == (60, columns)


def test_policies_that_differ_in_single_precision_alone_are_the_same(tmp_path):
    rng = np.random.default_rng(0)
    chances = rng.random(500)
    frame = pd.DataFrame({"reward": rng.random(500), "propensity": chances, "target_propensity": np.float32(chances)})
    frame.to_parquet(tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet").log
    assert (log.ratios == 1).all()
    frame["target_propensity"] = np.minimum(chances * (1 + 1e-5), 1.0)
    frame.to_parquet(tmp_path / "log.parquet")
    assert (read_log(tmp_path / "log.parquet").log.ratios > 1).mean() > 0.99


@pytest.mark.parametrize("twin", ["Reward", " reward", "re\u200bward", "RE_WARD"])
def test_a_column_of_nearly_the_same_name_is_named(tmp_path, twin):
    names = ["reward", "propensity", "target_propensity", twin]
    table = pa.table([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [9.0, 9.0]], names=names)
    pq.write_table(table, tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet")
    assert read.log.rewards.tolist() == [1, 0] and read.notes == (
        f"There is a column '{twin}' too; 'reward' is the one that is read.",
    )


@pytest.mark.parametrize("user", ["User", "USER_ID", "userId", "User ID", "uid"])
def test_likely_columns_are_asked_about_in_any_letters(tmp_path, user):
    (tmp_path / "log.csv").write_text(f"Reward,PROPENSITY,Target Propensity,{user}\n1,0.5,0.5,a\n")
    columns = {"reward": "Reward", "propensity": "PROPENSITY", "target_propensity": "Target Propensity"}
    assert f"--user {user}" in " ".join(read_log(tmp_path / "log.csv", columns).notes)
    for part, name in columns.items():
        given = {other: taken for other, taken in columns.items() if other != part}
        with pytest.raises(InputError, match=f"Is it --{part.replace('_', '-')} {name}"):
            read_log(tmp_path / "log.csv", given)


@pytest.mark.parametrize("mark", [":", "::", " ", "\x01"])
def test_cells_parted_by_something_else(tmp_path, mark):
    (tmp_path / "log.csv").write_text("reward,propensity,target_propensity\n1,0.5,0.5\n".replace(",", mark))
    with pytest.raises(InputError, match="Its header holds one name: cells must be separated by"):
        read_log(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("50%", "Write 0.5 for 50%"),
        ('"0,5"', "Write decimals with a point"),
        ('"1,234.5"', "no mark between thousands"),
        ("3 EUR", "Write a number without a unit"),
    ],
)
def test_numbers_with_something_around_them(tmp_path, cell, words):
    (tmp_path / "log.csv").write_text(f"reward,propensity,target_propensity\n{cell},0.5,0.5\n")
    with pytest.raises(InputError, match=words):
        read_log(tmp_path / "log.csv")


def test_switches_are_truth(tmp_path):
    (tmp_path / "log.csv").write_text("reward,propensity,target_propensity\nOn,0.5,0.5\noff,0.5,0.5\n")
    assert read_log(tmp_path / "log.csv").log.rewards.tolist() == [1, 0]
