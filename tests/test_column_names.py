"""One table of what columns are called, for event logs and for logged decisions."""

from __future__ import annotations

import pytest

from rlbench_rec import events
from rlbench_rec.baselines.recommendation_file import KINDS as RECOMMENDATIONS
from rlbench_rec.column_names import COLUMN_NAMES, likely_columns, plain
from rlbench_rec.events.infer import draft
from rlbench_rec.events.infer.roles import ROLES as EVENT_ROLES
from rlbench_rec.ope.scorecard import read_log
from rlbench_rec.ope.scorecard.column_roles import ROLES as DECISION_ROLES


def test_names_are_plain_and_each_stands_once_in_its_row():
    for kind, names in COLUMN_NAMES.items():
        assert [plain(name) for name in names.split()] == list(dict.fromkeys(names.split())), kind


def test_every_kind_is_read_by_a_room_and_every_room_reads_kinds_that_are_there():
    kinds = [kind for names in EVENT_ROLES.values() for kind in names]
    kinds += [kind for role in DECISION_ROLES.values() for kind in role.kinds]
    kinds += RECOMMENDATIONS
    assert set(kinds) == set(COLUMN_NAMES)


def test_what_is_taken_unasked_is_among_the_names():
    for part, role in DECISION_ROLES.items():
        assert not role.default or not role.kinds or likely_columns(role.kinds, [role.default]), part


@pytest.mark.parametrize("text", ["user_id", "User ID", "USER-ID", " userId ", "user.id"])
def test_case_blanks_and_punctuation_do_not_count(text):
    assert plain(text) == "userid"


def test_the_likeliest_comes_first_and_strangers_are_left_out():
    assert likely_columns(("user",), ["uid", "device", "Visitor", "user_id"]) == ["user_id", "Visitor", "uid"]
    assert likely_columns(("step", "time"), ["ts", "t"]) == ["t", "ts"] and likely_columns(("step",), ["ts"]) == []


@pytest.mark.parametrize(
    ("part", "column"), [("user", "cookie_id"), ("user", "Visitor"), ("episode", "user_session"), ("weight", "weights")]
)
def test_decisions_are_asked_about_by_the_names_that_events_have(tmp_path, part, column):
    path = tmp_path / "log.csv"
    path.write_text(f"reward,propensity,target_propensity,{column}\n1,0.5,0.5,1\n")
    assert f"Is '{column}' the {part}?" in " ".join(read_log(path).notes)


def test_a_day_is_not_a_place_in_a_session(tmp_path):
    """Two decisions of a user on one day may look alike; two of one moment are suspicious."""
    for column, suspicious in (("date", False), ("created_at", True)):
        path = tmp_path / f"{column}.csv"
        rows = "1,0.5,0.5,7,2025-03-01\n" * 2 + "0,0.5,0.5,8,2025-03-01\n"
        path.write_text(f"reward,propensity,target_propensity,user,{column}\n{rows}")
        assert ("written twice" in " ".join(read_log(path).notes)) == suspicious


@pytest.mark.parametrize(
    ("column", "value", "role"),
    [
        ("behaviour_propensity", "0.5", "propensity"),
        ("trajectory_id", "a", "session"),
        ("event_ts", "1700000000", "timestamp"),
    ],
)
def test_events_are_drafted_by_the_names_that_decisions_have(tmp_path, column, value, role):
    cells = {"timestamp": "1700000000", "item": "1", "event": "view", "user": "9"}
    cells = {name: text for name, text in cells.items() if name != role} | {column: value}
    (tmp_path / "log.csv").write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    made = draft(tmp_path / "log.csv")
    if role == "propensity":
        # What licenses a claim is asked.
        assert made.questions[0].answers == (f"propensity={column}", "propensity=none")
        made = draft(tmp_path / "log.csv", answers=[f"propensity={column}"])
    assert made.columns[role][0] == column and events.load(made.path).n_rows == 1
