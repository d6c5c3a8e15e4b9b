"""How a text file is written: each kind of export is opened with the right names, rows and texts."""

from __future__ import annotations

import zipfile

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.infer.file_sample import look_into

NAMES = ["time", "user", "item", "event", "price"]
ROWS = [
    [str(1700000000 + 7 * i), f"u{i % 4}", f"S{100 + i % 6}", ("view", "cart", "order")[i % 3], f"{9 + i % 5}.5"]
    for i in range(24)
]


def lines(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


TABLE = lines([NAMES, *ROWS])
SEMICOLONS = lines([NAMES, *ROWS], ";")
BODY = lines(ROWS)
NUMBERED = [[str(i), *row] for i, row in enumerate(ROWS, 1)]
COLUMNS = [f"column_{i}" for i in range(1, 6)]
TYPED = ["time:float", "user:token", "item:token", "event:token", "price:float"]
QUOTED = "".join(f'{time}, "{user}", "{item}", "{event}", {price}\n' for time, user, item, event, price in ROWS)
TRAILING = {"trailing_delimiter": True}
IN_REMARK = {"comment": "#", "header": False, "names": NAMES}
COMES_BACK = {"comment": ",".join(NAMES), "header": False, "names": NAMES}
WITH_ROW_NAMES = ["column_1", *NAMES]
KINDS: dict[str, tuple[str, dict[str, object], list[str]]] = {
    "plain": (TABLE, {}, NAMES),
    "sep line": (f"sep=;\r\n{SEMICOLONS}", {"delimiter": ";", "skip_lines": 1}, NAMES),
    "sep line behind a mark": (f'\ufeff"sep=;"\n{SEMICOLONS}', {"delimiter": ";", "skip_lines": 1}, NAMES),
    "preamble": ("Report: all, of 2024\nBy: Doe, Jane\n\n" + TABLE, {"skip_lines": 3}, NAMES),
    "preamble of a spreadsheet": (f"Report;;;;\n;;;;\n{SEMICOLONS}", {"delimiter": ";", "skip_lines": 2}, NAMES),
    "remarks": ("# made today\n" + TABLE[:300] + TABLE[300:].replace("\n", "\n# half\n", 1), {"comment": "#"}, NAMES),
    "names in a remark": ("# made today\n#" + TABLE, IN_REMARK, NAMES),
    "header that comes back": (lines([NAMES, *ROWS[:9], NAMES, *ROWS[9:]]), COMES_BACK, NAMES),
    "trailing delimiters everywhere": (TABLE.replace("\n", ",,\n"), TRAILING, NAMES),
    "trailing delimiters in rows": (lines([NAMES]) + BODY.replace("\n", ",\n"), TRAILING, NAMES),
    "trailing delimiters in the header": (",".join(NAMES) + ",,\n" + BODY, TRAILING, NAMES),
    "trailing delimiters in some rows": (TABLE.replace("view,9.5\n", "view,9.5,\n"), TRAILING, NAMES),
    "blanks": (TABLE.replace(",", " , "), {"trim": True}, NAMES),
    "blanks before quotes": (lines([NAMES]) + QUOTED, {"trim": True}, NAMES),
    "no header": (BODY, {"header": False, "names": COLUMNS}, COLUMNS),
    "header of numbers": ("0,1,2,3,4\n" + BODY, {}, ["0", "1", "2", "3", "4"]),
    "names of rows by R": (
        lines([NAMES, *NUMBERED]),
        {"skip_lines": 1, "header": False, "names": WITH_ROW_NAMES},
        WITH_ROW_NAMES,
    ),
    "index of pandas": (lines([["", *NAMES], *NUMBERED]), {}, WITH_ROW_NAMES),
    "types in names": (lines([TYPED, *ROWS], "\t"), {"delimiter": "\t"}, TYPED),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(tmp_path, rows_read, kind):
    text, layout, names = KINDS[kind]
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode())
    sample = look_into(path)
    assert sample.questions == [] and sample.names == names and sample.layout == layout
    texts = [list(row) for row in zip(*sample.columns.values(), strict=True)]
    assert [row for row in rows_read(sample, path) if row is not None] == texts
    assert [row[-5:] for row in texts] == ROWS


def test_a_repeated_name_gets_a_number_and_is_said_to_hold_the_same_or_not(tmp_path):
    for last, what in (("9", "hold the same"), ("8", "differ")):
        (tmp_path / "log.csv").write_text(f"time,item,price,event,price\n1700000000,3,9,view,{last}\n" * 1)
        sample = look_into(tmp_path / "log.csv")
        assert sample.layout == {"names": ["time", "item", "price", "event", "price_2"]}
        assert sample.notes == [f"The name 'price' stands over 2 columns; price, price_2 {what}."]
        assert len(sample.questions) == (what == "differ")
    (question,) = sample.questions
    assert question.answers == ("names=time,item,price,event,price_2", "names=time,item,price_2,event,price")
    names = question.answers[1].removeprefix("names=").split(",")
    sample = look_into(tmp_path / "log.csv", {"names": names})
    assert sample.questions == [] and sample.columns["price"] == ["8"]


def test_texts_with_line_ends_are_counted(tmp_path):
    body = "".join(
        f'{1700000000 + i},{i},view,"one\ntwo, three"\n' if i % 5 == 0 else f"{i},{i},view,x\n" for i in range(20)
    )
    (tmp_path / "log.csv").write_text("time,item,event,note\n" + body)
    sample = look_into(tmp_path / "log.csv")
    assert sample.layout == {} and sample.rows == 16
    assert any(note.startswith("4 quoted fields hold the end of a line") for note in sample.notes)
    assert any(note.startswith("8 lines of 24 are malformed: not 4 fields") for note in sample.notes)


def test_backslashes(tmp_path, rows_read):
    body = "".join(f'{i},"{i}\\" tube, black",C:\\d,view,\\N\n' for i in range(9))
    path = tmp_path / "log.csv"
    path.write_text("time,title,file,event,price\n" + body)
    sample = look_into(path)
    assert sample.layout == {"escape": "\\"} and sample.columns["title"][3] == '3" tube, black'
    assert sample.columns["price"] == ["\\N"] * 9
    assert rows_read(sample, path)[3] == [sample.columns[name][3] for name in sample.names]


def test_backslashes_that_escape_nothing_stay(tmp_path):
    (tmp_path / "log.csv").write_text("time,file,event\n" + "".join(f'{i},"C:\\a\\{i}\\",view\n' for i in range(9)))
    sample = look_into(tmp_path / "log.csv")
    assert sample.layout == {} and sample.columns["file"][1] == "C:\\a\\1\\"


def test_what_the_user_says_is_not_guessed(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b|c,d\n" * 3 + "e,f|g,h\n")
    assert look_into(path, {"delimiter": "|", "header": True}).names == ["a,b", "c,d"]
    sample = look_into(path, {"header": False, "names": ["x", "y", "z"]})
    assert sample.layout == {"header": False, "names": ["x", "y", "z"]} and sample.rows == 4
    assert look_into(path, {"skip_lines": 2, "header": False}).rows == 2
    with pytest.raises(InputError, match="has 3 columns, and 2 names"):
        look_into(path, {"names": ["x", "y"]})
    with pytest.raises(InputError, match="Few of its lines have the delimiter ';'"):
        look_into(path, {"delimiter": ";"})
    with pytest.raises(InputError, match="not an encoding"):
        look_into(path, {"encoding": "klingon"})


def test_words_alone_are_a_question(tmp_path):
    (tmp_path / "log.csv").write_text("alpha,beta,gamma\n" + "ann,hat,in\nbob,cap,out\n" * 5)
    (question,) = look_into(tmp_path / "log.csv").questions
    assert question.key == "header" and question.answers == ("header=true", "header=false")
    assert look_into(tmp_path / "log.csv", {"header": False}).questions == []


def test_a_word_that_stands_below_too_is_not_a_name(tmp_path):
    (tmp_path / "log.csv").write_text("ua,shoe,click\nub,hat,view\nua,shoe,click\nuc,coat,click\n" * 3)
    sample = look_into(tmp_path / "log.csv")
    assert sample.layout["header"] is False and sample.rows == 12 and sample.questions == []


def test_decimal_commas_are_no_delimiter(tmp_path):
    (tmp_path / "log.csv").write_text("".join(f"2024-01-{i + 10};{i},50;{i},25;view\n" for i in range(9)))
    sample = look_into(tmp_path / "log.csv")
    assert sample.layout["delimiter"] == ";" and sample.columns["column_2"][2] == "2,50"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04\0\0[Content_Types].xml xl/workbook.xml", r"Excel workbook \(.xlsx\).*CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, r"Excel workbook \(.xls\)"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (b"one\ntwo\nthree\n", "No delimiter"),
        (b"time,item\n", "no row"),
    ],
)  # fmt: skip
def test_what_is_not_a_log_is_named(tmp_path, content, message):
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        look_into(tmp_path / "log.csv")


@pytest.mark.parametrize(
    "types",
    [
        "DateTime64(3)\tUInt64\tLowCardinality(Nullable(String))",
        "timestamp without time zone\tBIGINT\tvarchar(20)",
        "DateTime\tInt32\tEnum8('view' = 1)",
    ],
)
@pytest.mark.parametrize("remark", ["", "# exported today\n"])
def test_a_line_of_types_below_the_header_is_not_a_row(tmp_path, rows_read, types, remark):
    path = tmp_path / "log.tsv"
    body = "".join(f"2024-01-01 10:00:{i:02}\t{i}\tview\n" for i in range(30))
    path.write_text(f"{remark}time\titem\tevent\n{types}\n{body}")
    sample = look_into(path)
    assert sample.names == ["time", "item", "event"] and sample.rows == 30
    assert sample.columns["item"][0] == "0" and any("holds types" in note for note in sample.notes)
    assert next(row for row in rows_read(sample, path) if row) == ["2024-01-01 10:00:00", "0", "view"]


def test_a_first_row_with_a_word_that_is_also_a_type_is_a_row(tmp_path):
    (tmp_path / "log.csv").write_text("item,text\n" + "7,date\n8,text\n" * 9)
    assert look_into(tmp_path / "log.csv").rows == 18


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_zero_byte_in_a_few_rows_is_part_of_its_field(tmp_path, encoding):
    body = [f"{1700000000 + i},{i},Größe" for i in range(40)]
    body[9] += "\0"
    (tmp_path / "log.csv").write_bytes("\n".join(["time,item,size", *body, ""]).encode(encoding))
    sample = look_into(tmp_path / "log.csv")
    assert sample.rows == 40 and sample.columns["size"][9] == "Größe\0"
    assert any("1 line holds a zero byte" in note for note in sample.notes)


@pytest.mark.parametrize("content", [b"time,it\0em\n1,2\n", b"time,item\n" + b"1,\0\0\n" * 40])
def test_many_zero_bytes_or_one_in_the_header_are_no_text(tmp_path, content):
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(InputError, match="not a text file"):
        look_into(tmp_path / "log.csv")


@pytest.mark.parametrize("item", ["<script>alert({})</script>", "[[{}](/x)]", "/a/(b)/{}()/"])
def test_markup_in_every_row_is_not_a_rival_of_the_delimiter(tmp_path, item):
    rows = "".join(f"1700000{i:03},{item.format(i)},view,{i % 7}\n" for i in range(60))
    (tmp_path / "log.csv").write_text("time,item,event,user\n" + rows)
    sample = look_into(tmp_path / "log.csv")
    assert sample.questions == [] and sample.names == ["time", "item", "event", "user"]


def test_of_a_long_file_all_of_its_length_is_seen_and_can_be_written(tmp_path):
    lines_of = 200_000
    path = tmp_path / "log.txt"
    text = "".join(
        f"{1700000000 + i};{i % 99};{'order' if i > 0.97 * lines_of else 'view'};Größe\n" for i in range(lines_of)
    )
    path.write_bytes(b"about\n\ntime;item;event;size\n" + text.encode("cp1252"))
    sample = look_into(path)
    assert not sample.whole and set(sample.columns["event"]) == {"view", "order"}
    (tmp_path / "scratch").mkdir()
    small = sample.for_the_reader(tmp_path / "scratch")
    again = look_into(small)
    assert small.name == "log.txt" and again.layout == sample.layout and small.stat().st_size < path.stat().st_size


def test_a_cut_letter_is_one_malformed_line(tmp_path):
    body = [f"{i},shoe,Größe".encode() for i in range(40)]
    body[7] = body[7][:-2]
    (tmp_path / "log.csv").write_bytes(b"time,item,size\n" + b"\n".join(body))
    sample = look_into(tmp_path / "log.csv")
    assert "encoding" not in sample.layout and sample.rows == 39
    assert any("not UTF-8" in note for note in sample.notes)


def test_quotes_that_mean_nothing_are_part_of_texts(tmp_path, rows_read):
    path = tmp_path / "log.tsv"
    path.write_text("time\titem\ttitle\n" + "".join(f'{i}\t{i}\t"Big" tube of {i}"\n' for i in range(9)))
    sample = look_into(path)
    assert sample.layout == {"delimiter": "\t", "quote": ""} and sample.columns["title"][3] == '"Big" tube of 3"'
    assert rows_read(sample, path)[3] == ["3", "3", '"Big" tube of 3"']


def test_of_an_archive_the_file_that_it_is_called_after_or_the_only_one_is_read(tmp_path):
    for name, members in (("log.csv.zip", ["log.csv", "other.csv"]), ("one.zip", ["x/log.csv"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.writestr(member, TABLE)
        assert look_into(tmp_path / name).rows == len(ROWS)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("b.csv", TABLE)
    with pytest.raises(InputError, match=r"holds 2 files\. Unpack it, and give the folder, or one of a\.csv, b\.csv"):
        look_into(tmp_path / "two.zip")
