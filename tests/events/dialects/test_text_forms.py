"""Delimited text in the forms of everyday exports: each is one line of a card."""

from __future__ import annotations

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError

NAMES = ["time", "user", "item", "what", "price"]
ROWS = [["1", "1", "7", "view", "1.5"], ["2", "1", "8", "buy", "2"], ["3", "2", "9", "view", ""]]


def text(delimiter: str, *, before: str = "", around: str = "", after: str = "", header_after: str = "") -> str:
    """The same three rows; `before` and `around` stand at fields, `after` and `header_after` at the end of lines."""
    lines = [delimiter.join(NAMES) + header_after]
    lines += [delimiter.join(f"{before}{around}{field}{around}" for field in row) + after for row in ROWS]
    return "\n".join(lines) + "\n"


def check_base(log: events.EventLog) -> None:
    assert log.report == events.LoadReport(3, 3)
    frame = log.to_pandas()
    assert frame["item_id"].tolist() == [7, 8, 9] and frame["timestamp"].tolist() == [1000, 2000, 3000]
    assert frame["price"].fillna(-1).tolist() == [1.5, 2.0, -1.0]
    assert log.counts == {"view": 2, "purchase": 1}


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "::", "||", "\x01", "\x02", "^|^", " | ", "¦", "'", "%"])
@pytest.mark.parametrize("around", ["", '"'])
def test_delimiters(shop, delimiter, around):
    escaped = delimiter if delimiter.isprintable() else f"\\u{ord(delimiter):04x}"
    check_base(events.load(shop(text(delimiter, around=around), f'delimiter = "{escaped}"\n')))


def test_a_long_delimiter_in_a_quoted_field(shop):
    log = events.load(shop('time::user::item::what::price::"n::b"\n1::1::7::view::2::"a::b"\n', 'delimiter = "::"\n'))
    assert log.report == events.LoadReport(1, 1)


def test_other_quotes(shop):
    check_base(events.load(shop(text(",", around="'"), 'quote = "\'"\n')))
    log = events.load(shop(f"{','.join(NAMES)}\n1,1,7,view,'1,5\n2,1,'8',view,\n", 'quote = "\'"\n'))
    assert log.report == events.LoadReport(2, 1, {"malformed": 1})


def test_quotes_that_mean_nothing(shop):
    rows = 'time\tuser\titem\twhat\tprice\ttitle\n1\t1\t7\tview\t2\t27" screen\n2\t1\t8\tview\t2\t"raw\n'
    assert events.load(shop(rows, 'delimiter = "\\t"\n')).report == events.LoadReport(2, 1, {"malformed": 1})
    assert events.load(shop(rows, 'delimiter = "\\t"\nquote = ""\n')).report == events.LoadReport(2, 2)


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (r'1,1,7,view,2,"27\" monitor, black"', 1),
        (r'1,1,7,view,2,"a\\"', 1),
        (r"1,1,7,view,2,red\, blue", 1),
        (r"1,1,7,view,\N,\N", 1),
        (r"1,1,\N,view,2,", 0),
        (r"1,1,7,view,2,open" + "\\", 0),
        (r'1,1,7,view,2,"open\"', 0),
    ],
)
def test_escapes_of_spark_hive_and_mysql(shop, row, kept):
    card = shop(",".join([*NAMES, "title"]) + f"\n{row}\n1,1,7,view,2,x\n", 'escape = "\\\\"\nmissing = ["\\\\N"]\n')
    assert events.load(card).report == events.LoadReport(2, 1 + kept, {} if kept else {"malformed": 1})


def test_comments_are_set_aside_wherever_they_stand(shop):
    header, *rows = text(",").splitlines(keepends=True)
    lines = ["# made by 'the shop\"\n", header, rows[0], "#,1,2,3,4\n", rows[1], "#\n", rows[2], '# "end']
    log = events.load(shop("".join(lines), 'comment = "#"\n'))
    assert log.report == events.LoadReport(7, 3, {"comment": 4})
    assert pd.read_parquet(log.quarantine)[["line", "reason", "text"]].to_numpy().tolist() == [
        [1, "comment", "# made by 'the shop\""],
        [4, "comment", "#,1,2,3,4"],
        [6, "comment", "#"],
        [8, "comment", '# "end'],
    ]
    assert log.to_pandas()["item_id"].tolist() == [7, 8, 9]


def test_a_preamble_and_then_comments(shop):
    card = shop('Report of "May\n\nsep=,\n-- by hand\n' + text(",") + "-- end\n", 'skip_lines = 3\ncomment = "-- "\n')
    log = events.load(card)
    assert log.report == events.LoadReport(5, 3, {"comment": 2})
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [4, 9]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_line_with_which_excel_names_the_delimiter(shop, mark):
    check_base(events.load(shop(mark + b"sep=;\n" + text(";").encode(), 'skip_lines = 1\ndelimiter = ";"\n')))


def test_lines_before_the_first_row_of_a_file_without_a_header(shop):
    rows = text(",").split("\n", 1)[1]
    card = shop("Export\n\n" + rows, f"skip_lines = 2\nheader = false\nnames = {NAMES}\n")
    check_base(events.load(card))


@pytest.mark.parametrize("content", ["", "a\nb\n", "a\nb\n# c\n", "a\nb\n\n1,2\n"])
def test_nothing_after_the_lines_that_are_skipped(shop, content):
    with pytest.raises(InputError, match=r"log\.csv: .*first line after 2 skipped ones"):
        events.load(shop(content, 'skip_lines = 2\ncomment = "#"\n'))


def test_a_preamble_longer_than_a_block(shop, monkeypatch):
    from rlbench_rec.events.read import text_files

    monkeypatch.setattr(text_files, "CHUNK_BYTES", 10)
    check_base(events.load(shop("a long line of words\n" * 9 + text(","), "skip_lines = 9\n")))


@pytest.mark.parametrize("before", [" ", "  ", "\t", "\u00a0", "\u3000"])
@pytest.mark.parametrize("around", ["", '"'])
def test_blanks_around_fields(shop, before, around):
    check_base(events.load(shop(text(",", before=before, around=around, after=" "), "trim = true\n")))


def test_blanks_in_fields_of_a_fixed_width(shop):
    check_base(events.load(shop(text(",", around=" ").replace("buy", "buy      "), "trim = true\n")))
    padded = ",".join(NAMES) + '\n1,1,"7   ","view  ",2\n2,1,8,buy\n'
    assert events.load(shop(padded, "trim = true\n")).report == events.LoadReport(2, 1, {"malformed": 1})


def test_blanks_around_tabs(shop):
    check_base(events.load(shop(text("\t", before=" ", around='"'), 'trim = true\ndelimiter = "\\t"\n')))


@pytest.mark.parametrize(("after", "header_after"), [(";", ""), (";;", ";;"), ("; ;", ";"), ("", ";"), (";", ";")])
def test_trailing_delimiters(shop, after, header_after):
    card = shop(text(";", after=after, header_after=header_after), 'delimiter = ";"\ntrailing_delimiter = true\n')
    check_base(events.load(card))


def test_what_stands_after_a_trailing_delimiter_is_not_lost(shop):
    card = shop(text(",") + "4,2,9,view,1,x\n5,2,9,view\n", "trailing_delimiter = true\n")
    assert events.load(card).report == events.LoadReport(5, 3, {"malformed": 2})


def test_names_in_place_of_those_in_the_header(shop):
    rows = text(",").split("\n", 1)[1]
    check_base(events.load(shop("0,1,2,3,4\n" + rows, f"names = {NAMES}\n")))
    by_number = '{ timestamp = "0", user = "1", item = "2", event = "3", price = "4" }'
    check_base(events.load(shop("0,1,2,3,4\n" + rows, columns=by_number)))
    with pytest.raises(InputError, match=r"log\.csv:1: The header has 5 columns, and the card's names are 6"):
        events.load(shop("0,1,2,3,4\n" + rows, f"names = {[*NAMES, 'more']}\n"))


def test_names_that_occur_twice_and_names_that_are_blank(shop):
    twice = "time,user,item,what,price,price, \n1,1,7,view,1,2,9\n"
    with pytest.raises(InputError, match=r"The column 'price' occurs twice.*names = \[\.\.\.\]"):
        events.load(shop(twice))
    assert events.load(shop(twice, f"names = {[*NAMES, 'old', 'note']}\n")).to_pandas()["price"].tolist() == [1.0]
    by_place = '{ timestamp = "time", user = "user", item = "item", event = "what", price = "column_7" }'
    assert events.load(shop(twice, columns=by_place)).to_pandas()["price"].tolist() == [9.0]


def test_everything_together(shop):
    content = "\ufeffsep=||\r% exported 5 €\rtime||user||item||what||price||titel||\r"
    content += "1||1|| 7||view||1.5||'5'' || €'||\r% more\r2||1||8||buy||||'open||\r"
    keys = 'encoding = "utf-16"\nskip_lines = 1\ncomment = "%"\ndelimiter = "||"\nquote = "\'"\ntrim = true\n'
    log = events.load(shop(content.encode("utf-16-be"), keys + "trailing_delimiter = true\n"))
    assert log.report == events.LoadReport(4, 1, {"comment": 2, "malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == [7]


def test_side_tables_are_in_the_encoding_of_the_log_and_have_a_header_of_their_own(shop, tmp_path):
    lookup = 'lookups = [{ pattern = "side.txt", key = { item = "Artikel" }, into = "category", value = "Größe" }]\n'
    types = 'id_types = { category = "string" }\n'
    (tmp_path / "side.txt").write_bytes("Artikel,Größe\n7,groß\n".encode("cp1252"))
    log = events.load(
        shop("Bericht\n" + text(","), f'encoding = "cp1252"\nskip_lines = 1\nnames = {NAMES}\n{lookup}{types}')
    )
    assert log.to_pandas()["category"].tolist()[0] == "groß"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('delimiter = ""', "delimiter"),
        ('delimiter = "\\n"', "delimiter cannot hold the end of a line"),
        ('delimiter = "a\\u0000"', "delimiter cannot hold the end of a line"),
        ("quote = \"''\"", "quote"),
        ('quote = ","', "quote and delimiter need characters of their own"),
        ('delimiter = "::"\nescape = ":"', "escape and delimiter need characters of their own"),
        ('escape = "\\""', "leave escape out"),
        (
            'lookups = [{ pattern = "s.txt", key = { item = "i" }, into = "price", value = "p", delimiter = "\\"" }]',
            "quote and delimiter need characters of their own",
        ),
        ("skip_lines = -1", "skip_lines"),
        ('dialect = "jsonl"\ntrim = true', "trim is for dialect = 'delimited'"),
        ('dialect = "parquet"\nencoding = "gbk"', "encoding is for text files"),
    ],
)
def test_cards_that_cannot_be_meant(shop, keys, message):
    with pytest.raises(InputError, match=message):
        events.load(shop(text(","), keys + "\n"))
