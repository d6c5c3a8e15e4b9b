"""Nothing is lost: on any bytes, read = kept + set aside, and the account names every line once."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rlbench_rec import events
from rlbench_rec.errors import InputError, RlbenchError
from studies.fuzz_events import play

FIELDS = st.sampled_from(
    ["1", "2", "9007199254740993", "pv", "buy", "1511544070", "1511600000", "", '"', '"a,b"', "é", "x"]
)
ROWS = st.one_of(
    st.builds("{},{},{},{},{}".format, *[st.sampled_from(["1", "2"])] * 3, st.just("pv"), st.just("1511544070")),
    st.lists(FIELDS, max_size=7).map(",".join),
)
LINES = st.lists(
    st.tuples(ROWS.map(str.encode) | st.binary(max_size=30), st.sampled_from([b"\n", b"\r\n", b"\n\n"])), max_size=12
)


def physical_lines(content: bytes) -> int:
    return content.count(b"\n") + (bool(content) and not content.endswith(b"\n"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.binary(max_size=12))
@example([(b"1,2,3,pv,1511544070", b"\n")], b"")
@example([(b"1,2,3,pv,1511544070", b"\n"), (b"\xef\xbb\xbf", b"\n")], b'"')
def test_any_bytes_are_read_to_the_last_line(lines, tail):
    content = b"".join(row + end for row, end in lines) + tail
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "UserBehavior.csv"
        path.write_bytes(content)
        try:
            log = events.load("taobao", path)
        except RlbenchError as error:
            assert isinstance(error, InputError) and "UserBehavior.csv" in str(error)
            return
        assert log.report.rows_read == physical_lines(content)
        assert log.report.rows_kept == len(log.to_arrow()) > 0
        quarantine = pd.read_parquet(log.quarantine)
        assert quarantine["reason"].value_counts().to_dict() == log.report.set_aside
        assert quarantine["line"].is_unique and quarantine["line"].between(1, log.report.rows_read).all()


@given(rows=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_sessions_by_gap_are_those_of_a_plain_loop(rows):
    """Users 1 to 3, times in steps of 1,000 s, so that the gap of 1,800 s lies between one step and two."""
    start = 1511600000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "UserBehavior.csv"
        path.write_text("".join(f"{user},{item},1,pv,{start + 1000 * step}\n" for user, step, item in rows))
        frame = events.load("taobao", path).to_pandas(["session_id", "user_id", "timestamp", "item_id"])
    sessions: list[list[tuple[int, int, int, int]]] = []
    for user in (1, 2, 3):
        last = None
        ordered = sorted((step, line, item) for line, (who, step, item) in enumerate(rows) if who == user)
        for step, line, item in ordered:
            if last is None or step - last > 1:
                sessions.append([])
            sessions[-1].append((step, line, user, item))
            last = step
    sessions.sort(key=lambda session: session[0][:2])
    expected = [
        [number, user, (start + 1000 * step) * 1000, item]
        for number, session in enumerate(sessions)
        for step, _, user, item in session
    ]
    assert frame.to_numpy().tolist() == expected


def test_an_account_that_does_not_balance_cannot_be_made():
    with pytest.raises(AssertionError, match="does not balance"):
        events.LoadReport(3, 1, {"malformed": 1})


# The peak of this program alone: getrusage would count the memory of the process that started it.
MEASURE = """
import sys
from studies.fuzz_events import play
from rlbench_rec import events
log = events.load("taobao", sys.argv[1], memory_limit=sys.argv[2])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(log.n_rows, log.n_sessions, peak)
"""


@pytest.fixture(scope="module")
def two_hundred_thousand_rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "UserBehavior.csv"
    with path.open("w") as stream:
        for i in range(200_000):
            print(
                i * 7919 % 50_021,
                i * 104_729 % 900_001,
                i % 977,
                "pv",
                1511600000 + i * 31 % 600_000,
                sep=",",
                file=stream,
            )
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's account of memory")
def test_the_memory_limit_is_kept_and_changes_nothing(two_hundred_thousand_rows):
    command = [sys.executable, "-c", MEASURE, str(two_hundred_thousand_rows)]
    results = {}
    for limit in ("80MB", "2GB"):
        out = subprocess.run([*command, limit], capture_output=True, text=True, check=True).stdout.split()
        results[limit] = tuple(int(word) for word in out)
    assert results["80MB"][:2] == results["2GB"][:2] == (200_000, results["2GB"][1])
    # Beyond the limit: Python with pyarrow and DuckDB, and the pieces of the file on their way in.
    assert results["80MB"][2] < 80_000 + 330_000


def test_a_limit_too_low_for_anything_says_so(two_hundred_thousand_rows):
    with pytest.raises(InputError, match=r"memory_limit 5MB.*Give more"):
        events.load("taobao", two_hundred_thousand_rows, memory_limit="5MB")


def test_spoilt_files_load_or_say_why_not():
    """A few seconds of `studies/fuzz_events.py`, which plays on for as long as one likes."""
    outcomes = {play(7, number) for number in range(40)}
    used = {"loaded", "loaded whole", "drafted and loaded", "drafted with questions"}
    assert {"loaded", "loaded whole", "drafted with questions"} <= outcomes <= used | {"InputError", "MissingFileError"}
