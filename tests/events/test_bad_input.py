"""Whatever a file holds: read = kept + set aside, with line numbers, or one clear error."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError, MissingFileError, OutputError

HEADER = "time,user,item,what,price\n"
GOOD = "1,1,7,view,1.5\n"


def quarantine(log) -> list[tuple[int, str]]:
    return [tuple(row) for row in pd.read_parquet(log.quarantine)[["line", "reason"]].to_numpy()]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "malformed"),
        (",", "malformed"),
        ("1,1,7,view", "malformed"),
        ("1,1,7,view,1.5,", "malformed"),
        ("1,1,7,view,1.5,6", "malformed"),
        ("x,1,7,view,1.5", "malformed"),
        ("1.0.0,1,7,view,1.5", "malformed"),
        ("1e300,1,7,view,1.5", "malformed"),
        ("99999999999999999999,1,7,view,1.5", "malformed"),
        (",1,7,view,1.5", "malformed"),
        ("1,1,,view,1.5", "malformed"),
        ("1,1,7.0,view,1.5", "malformed"),
        ("1,1, 7,view,1.5", "malformed"),
        ("1,1,1e2,view,1.5", "malformed"),
        ("1,1,9223372036854775808,view,1.5", "malformed"),
        ("1,x,7,view,1.5", "malformed"),
        ("1,1,7,view,cheap", "malformed"),
        ("1,1,7,view,nan", "malformed"),
        ("1,1,7,view,-1", "malformed"),
        ('1,1,7,"view,1.5', "malformed"),
        ('1,1,7,"view"x,1.5', "malformed"),
        ('"', "malformed"),
        ("1,1,7,\x00,1.5", "unknown_event"),
        ("1,1,7,VIEW,1.5", "unknown_event"),
        ("1,1,7,,1.5", "unknown_event"),
        ("1,,7,view,1.5", "missing_user"),
    ],
)
def test_a_row_of_nonsense_is_set_aside_with_its_line_and_reason(shop, row, reason):
    log = events.load(shop(HEADER + GOOD + row + "\n" + GOOD))
    assert log.report == events.LoadReport(3, 2, {reason: 1})
    assert quarantine(log) == [(3, reason)]
    assert pd.read_parquet(log.quarantine)["text"].tolist() == [row]


@pytest.mark.parametrize(
    "row",
    [
        '1,1,"7",view,1.5',
        '1,1,7,"view","1.5"',
        "1,-1,-7,view,",
        "-1,1,7,view,0",
        "1,1,0007,view,1e2",
        "1,1,7,buy,",
    ],
)
def test_odd_but_sound_rows_are_kept(shop, row):
    log = events.load(shop(HEADER + row + "\n"))
    assert log.report == events.LoadReport(1, 1, {})


def test_a_stray_quote_swallows_no_other_row(shop):
    log = events.load(shop(HEADER + GOOD + '1,1,7,"view,1.5\n' + GOOD * 1000))
    assert log.report == events.LoadReport(1002, 1001, {"malformed": 1})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_byte_order_marks_and_a_missing_last_line_end_change_nothing(shop, end, mark, last):
    text = (HEADER + GOOD + "2,1,8,buy,2.5\n" + "3,1,9,view,").replace("\n", end) + (end if last else "")
    log = events.load(shop(mark + text.encode()))
    assert log.report == events.LoadReport(3, 3, {})
    frame = log.to_pandas()
    assert frame["item_id"].tolist() == [7, 8, 9]
    assert frame["price"].tolist()[:2] == [1.5, 2.5]


def test_bytes_that_are_no_utf8_spoil_their_own_line_alone(shop):
    log = events.load(shop((HEADER + GOOD).encode() + b"1,1,7,vi\xffew,1.5\n" + GOOD.encode()))
    assert quarantine(log) == [(3, "malformed")]
    assert log.n_rows == 2


def test_blank_lines_are_accounted_for(shop):
    log = events.load(shop(HEADER + "\n" + GOOD + "\n\n" + GOOD + "\n"))
    assert log.report == events.LoadReport(6, 2, {"malformed": 4})
    assert [line for line, _ in quarantine(log)] == [2, 4, 5, 7]


def test_mixed_line_ends_and_lone_carriage_returns(shop):
    log = events.load(shop(HEADER + "1,1,7,view,1.5\r\n" + GOOD + "1,1,7\r,view,1.5\n"))
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})


def test_columns_are_found_by_name_in_any_order_beside_others(shop):
    card = shop("price,,item,colour,what,user,time\n1.5,0,7,red,view,1,1\n")
    assert events.load(card).to_pandas().iloc[0][["item_id", "user_id", "timestamp", "price"]].tolist() == [
        7,
        1,
        1000,
        1.5,
    ]


def test_ids_are_exact_beyond_what_a_float_holds(shop):
    ids = [2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
    log = events.load(shop(HEADER + "".join(f"{i},{10 + i},{n},view,\n" for i, n in enumerate(ids))))
    assert log.to_pandas()["item_id"].tolist() == ids
    assert log.n_items == 4


def test_text_ids_are_kept_as_they_are(shop):
    card = shop(HEADER + "1,1,007,view,\n1,1,sku-9,view,\n", more='id_types = { item = "string" }\n')
    assert events.load(card).to_pandas()["item_id"].tolist() == ["007", "sku-9"]


def test_words_for_missing(shop):
    card = shop(HEADER + "1,NA,7,view,NULL\n2,3,7,view,NULL\n", more='missing = ["NA", "NULL"]\n')
    log = events.load(card)
    assert log.report == events.LoadReport(2, 1, {"missing_user": 1})
    assert log.to_pandas()["price"].isna().all()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2019-10-01 00:00:00 UTC", 1569888000000),
        ("2019-10-01 00:00:00+00:00", 1569888000000),
        ("2019-10-01T02:00:00.5+02:00", 1569888000500),
        ("2019-10-01T02:00:00+02", 1569888000000),
        ("2019-10-01T00:00:00Z", 1569888000000),
        ("2019-10-01 02:00:00", 1569888000000),
        ("2019-10-01", 1569880800000),
    ],
)
def test_iso_times_without_an_offset_are_in_the_cards_zone(shop, text, milliseconds):
    card = shop(HEADER + f"{text},1,7,view,\n", time_unit='"iso"\ntime_zone = "Europe/Berlin"')
    assert events.load(card).to_pandas()["timestamp"].tolist() == [milliseconds]


@pytest.mark.parametrize("text", ["infinity", "2019-13-01", "2019-10-01 25:00:00", "yesterday", "1569888000"])
def test_times_that_are_none_are_malformed(shop, text):
    card = shop(HEADER + f"{text},1,7,view,\n2019-10-01,1,7,view,\n", time_unit='"iso"')
    assert events.load(card).report == events.LoadReport(2, 1, {"malformed": 1})


def test_rows_of_a_session_that_is_given(shop):
    # Session 5 has the earliest event though its first row comes later; ties keep the order of the file.
    log = HEADER + "20,9,1,view,\n10,5,2,view,\n20,5,3,view,\n20,9,4,view,\n10,8,5,view,\n,5,6,view,\n"
    columns = '{ timestamp = "time", item = "item", event = "what", session = "user" }'
    frame = events.load(shop(log, columns=columns, time_unit='"s"\nsession = "given"')).to_pandas()
    assert frame["session_id"].tolist() == [5, 5, 8, 9, 9]
    assert frame["item_id"].tolist() == [2, 3, 5, 1, 4]


def test_context_columns_keep_names_that_mean_something_to_the_reader(shop):
    text = "time,user,item,what,price,line,reason,my text\n1,1,7,view,,3.5,new,b\n2,1,7,view,,x,new,b\n"
    card = shop(text, more='context = { line = "number", "rea*" = "category", "my text" = "category" }\n')
    log = events.load(card)
    assert log.report == events.LoadReport(2, 1, {"malformed": 1})
    assert log.context_columns == ("line", "reason", "my text")
    assert log.to_pandas()[["line", "reason", "my text"]].to_numpy().tolist() == [[3.5, "new", "b"]]


@pytest.mark.parametrize(
    ("context", "message"),
    [("colour", "no column 'colour'"), ("col*", r"No column matches 'col\*'"), ("price", "already used")],
)
def test_context_columns_that_cannot_be(shop, context, message):
    with pytest.raises(InputError, match=message):
        events.load(shop(HEADER + GOOD, more=f'context = {{ "{context}" = "number" }}\n'))


def test_a_uniform_policy_over_a_known_catalogue_has_its_propensity(shop):
    log = events.load(shop(HEADER + GOOD, more="items = 8\n", propensity='"uniform"'))
    assert log.to_pandas()["propensity"].tolist() == [1 / 8]
    assert log.catalogue == tuple(range(8))


def test_other_delimiters(shop):
    text = (HEADER + GOOD).replace(",", "\t")
    assert events.load(shop(text, more='delimiter = "\\t"\n')).n_rows == 1
    with pytest.raises(InputError, match=r"no column 'user'.*delimiter"):
        events.load(shop(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n" + GOOD, "empty"),
        (HEADER, "No row can be used: there are none"),
        (HEADER + "rubbish\n" * 3, "No row can be used: 3 malformed.*line 2.*rubbish"),
        (GOOD * 2, "no column 'user'.*Is there a header"),
        (HEADER.replace("item", "thing") + GOOD, "no column 'item'.*thing"),
        (HEADER.replace("price", "item") + GOOD, "'item' occurs twice"),
        ('time,"user,item,what,price\n' + GOOD, "quote that is never closed"),
    ],
)
def test_files_that_cannot_be_used_say_why(shop, text, message):
    with pytest.raises(InputError, match=message) as caught:
        events.load(shop(text))
    assert "log.csv" in str(caught.value)


def test_a_file_without_line_ends_does_not_fill_the_memory(shop, monkeypatch):
    from rlbench_rec.events.read import text_files

    monkeypatch.setattr(text_files, "CHUNK_BYTES", 100)
    monkeypatch.setattr(text_files, "LONGEST_LINE", 400)
    assert events.load(shop(HEADER + "x" * 300 + "\n" + GOOD)).report.set_aside == {"malformed": 1}
    with pytest.raises(InputError, match=r"log\.csv: A line is longer"):
        events.load(shop(HEADER + GOOD + "x" * 1000))


def test_lines_are_whole_whatever_the_size_of_the_pieces_read(shop, monkeypatch):
    from rlbench_rec.events.read import text_files

    text = HEADER + GOOD + '2,1,"8",view,\n' + "\n" + "3,1,9,víew,\n" + GOOD
    whole = events.load(shop(text))
    for size in (1, 2, 3, 7, 50):
        monkeypatch.setattr(text_files, "CHUNK_BYTES", size)
        pieces = events.load(shop(text))
        assert pieces.report == whole.report
        assert pieces.to_arrow().equals(whole.to_arrow())
        assert quarantine(pieces) == quarantine(whole) == [(4, "malformed"), (5, "unknown_event")]


def test_not_parquet(shop):
    with pytest.raises(InputError, match="Not a Parquet file"):
        events.load(shop(HEADER + GOOD, more='dialect = "parquet"\n'))


def test_parquet_rows_go_through_the_same_account(shop, tmp_path):
    card = shop("", more='dialect = "parquet"\n', files='[{ pattern = "*.parquet" }]')
    frame = pd.DataFrame({"time": [1, 2, 3], "user": [1, 1, 1], "item": [2**53 + 1, 7, 8], "what": ["view", "?", None]})
    frame.assign(price=[0.1, 0.2, 0.3]).to_parquet(tmp_path / "log.parquet")
    log = events.load(card)
    assert log.report == events.LoadReport(3, 1, {"unknown_event": 2})
    assert quarantine(log) == [(2, "unknown_event"), (3, "unknown_event")]
    assert log.to_pandas()["item_id"].tolist() == [2**53 + 1]
    content = (tmp_path / "log.parquet").read_bytes()
    (tmp_path / "log.parquet").write_bytes(content[:4] + bytes(60) + content[64:])
    with pytest.raises(InputError, match=r"log\.parquet"):
        events.load(card)


@pytest.mark.parametrize("limit", ["lots", "2", "-1GB", "2GB'; DROP TABLE staged; --"])
def test_a_memory_limit_that_is_none(shop, limit):
    with pytest.raises(InputError, match="not an amount of memory"):
        events.load(shop(HEADER + GOOD), memory_limit=limit)


def test_an_output_folder_that_cannot_be_made(shop, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        events.load(shop(HEADER + GOOD), out=tmp_path / "taken")
    (tmp_path / "out" / "events.parquet").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be written"):
        events.load(shop(HEADER + GOOD), out=tmp_path / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(shop, tmp_path):
    card = shop(HEADER + GOOD)
    (tmp_path / "log.csv").chmod(0)
    with pytest.raises(MissingFileError, match="cannot be read"):
        events.load(card)


def test_an_unknown_column_is_answered_with_those_there_are(shop):
    log = events.load(shop(HEADER + GOOD))
    assert list(log.to_pandas(["item_id"])) == ["item_id"]
    with pytest.raises(InputError, match=r"no column 'colour'.*item_id"):
        log.to_pandas(["colour"])


def test_names_that_could_be_taken_for_sql(shop):
    text = HEADER.replace("item", "it'em").replace("what", 'w")h') + "1,1,7,o'view,1.5\n"
    columns = """{ timestamp = "time", item = "it'em", event = 'w")h', user = "user" }"""
    card = shop(text.replace('w")h', '"w"")h"'), columns=columns, events="""{ "o'view" = "view" }""")
    assert events.load(card).counts == {"view": 1}


def test_a_log_that_is_refused_leaves_no_folder(shop, tmp_path):
    with pytest.raises(InputError):
        events.load(shop(""), out=tmp_path / "new" / "log")
    assert not (tmp_path / "new").exists()
